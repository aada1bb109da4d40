"""A client shaped like Element X lives through a day, and through a restart of its server."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.clients.element_x import PROFILES, THREADS, ElementX, Refused, Session
from tests.clients.started_server import started_homeserver

ROOMS = 25


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_day_with_a_restart_in_between(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "sqlite":
        where = {"engine": "sqlite", "path": str(tmp_path / "homeserver.db")}
    else:
        where = {"engine": "postgresql", "dsn": request.getfixturevalue("postgres").new_database()}
    with started_homeserver(tmp_path, where) as server:
        alice = Session.registered(server.base_url, "alice")
        bob = Session.registered(server.base_url, "bob")
        rooms = [make_room(alice, bob, n) for n in range(ROOMS)]
        phone = ElementX(alice)
        the_list_grows(phone, rooms)
        keys_and_messages_arrive(phone, bob, rooms[0])
        an_opened_room_shows_its_history(phone, bob, rooms[3])
        what_is_beside_rooms_arrives(phone, bob, rooms[3])
        bob.says(rooms[4], "before the restart")
        whisper(bob, alice, "before the restart")
    with started_homeserver(tmp_path, where) as server:
        alice.base_url = bob.base_url = server.base_url
        bob.says(rooms[5], "after the restart")
        nothing_is_lost_or_told_twice(phone, rooms)
        a_forged_position_is_refused(phone)


def make_room(alice: Session, bob: Session, number: int) -> str:
    options = {"preset": "public_chat", "name": f"room {number}"}
    room_id = str(alice.ask("POST", "/v3/createRoom", options)["room_id"])
    bob.ask("POST", f"/v3/join/{quote(room_id)}", {})
    for n in range(3):
        bob.says(room_id, f"{number} {n}")
    return room_id


def the_list_grows(phone: ElementX, rooms: list[str]) -> None:
    flags = phone.session.ask("GET", "/versions")["unstable_features"]
    assert flags["org.matrix.simplified_msc3575"] is True
    first = phone.syncs_rooms(timeout_ms=30_000)
    assert set(first["rooms"]) == set(rooms[-20:])
    second = phone.syncs_rooms()
    assert set(second["rooms"]) == set(rooms[:-20])
    assert phone.rooms[rooms[0]]["name"] == "room 0"
    assert phone.texts[rooms[0]] == ["0 2"]
    assert phone.syncs_rooms()["rooms"] == {}


def whisper(sender: Session, to: Session, text: str) -> None:
    messages = {to.user_id: {to.device_id: {"text": text}}}
    path = f"/v3/sendToDevice/org.test/{quote(text)}"
    sender.ask("PUT", path, {"messages": messages})


def keys_and_messages_arrive(phone: ElementX, bob: Session, room_id: str) -> None:
    alice = phone.session
    state = f"/v3/rooms/{quote(room_id)}/state/m.room.encryption/"
    alice.ask("PUT", state, {"algorithm": "m.megolm.v1.aes-sha2"})
    phone.syncs_encryption(timeout_ms=30_000)
    assert phone.one_time_keys == {"signed_curve25519": 0}
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(phone.syncs_encryption, 20_000)
        whisper(bob, alice, "first")
        waiting.result()
    assert [message["content"]["text"] for message in phone.to_device] == ["first"]
    bob.another_device()
    phone.syncs_encryption()
    assert bob.user_id in phone.changed_devices


def an_opened_room_shows_its_history(phone: ElementX, bob: Session, room_id: str) -> None:
    phone.opened = room_id
    phone.syncs_rooms(timeout_ms=30_000)
    assert phone.texts[room_id] == ["3 0", "3 1", "3 2"]
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(phone.syncs_rooms, 20_000)
        bob.says(room_id, "are you there")
        waiting.result()
    assert phone.texts[room_id][-1] == "are you there"


def what_is_beside_rooms_arrives(phone: ElementX, bob: Session, room_id: str) -> None:
    alice, path = phone.session, f"/v3/rooms/{quote(room_id)}"
    bob.ask("PUT", f"{path}/typing/{quote(bob.user_id)}", {"typing": True, "timeout": 30_000})
    event_id = bob.says(room_id, "see this")
    bob.ask("POST", f"{path}/receipt/m.read/{quote(event_id)}", {})
    alice.ask("PUT", f"/v3/user/{quote(alice.user_id)}{path[3:]}/tags/m.favourite", {})
    subscription = f"/unstable/io.element.msc4306{path[3:]}/thread/{quote(event_id)}/subscription"
    alice.ask("PUT", subscription, {})
    status = f"/v3/profile/{quote(bob.user_id)}/m.status"
    bob.ask("PUT", status, {"m.status": {"text": "here"}})
    phone.syncs_rooms()
    assert phone.heard("typing")[-1]["rooms"][room_id]["content"]["user_ids"] == [bob.user_id]
    receipts = phone.heard("receipts")[-1]["rooms"][room_id]["content"]
    assert bob.user_id in receipts[event_id]["m.read"]
    tags = phone.heard("account_data")[-1]["rooms"][room_id]
    assert [data["type"] for data in tags] == ["m.tag"]
    assert event_id in phone.heard(THREADS)[-1]["subscribed"][room_id]
    users = phone.heard(PROFILES)[-1]["users"]
    assert users[bob.user_id] == {"updated": {"m.status": {"text": "here"}}}


def nothing_is_lost_or_told_twice(phone: ElementX, rooms: list[str]) -> None:
    answer = phone.syncs_rooms(timeout_ms=30_000)
    assert set(answer["rooms"]) == {rooms[4], rooms[5]}
    assert not any("initial" in entry for entry in answer["rooms"].values())
    assert phone.texts[rooms[4]][-1] == "before the restart"
    assert phone.texts[rooms[5]][-1] == "after the restart"
    phone.syncs_encryption()
    texts = [message["content"]["text"] for message in phone.to_device]
    assert texts == ["first", "before the restart"]
    phone.syncs_encryption()
    assert len(phone.to_device) == 2


def a_forged_position_is_refused(phone: ElementX) -> None:
    phone.list_pos = phone.encryption_pos
    with pytest.raises(Refused, match="M_UNKNOWN_POS"):
        phone.syncs_rooms()
    phone.list_pos = ""
    assert phone.syncs_rooms()["rooms"]
