"""What is in an answer beside rooms: messages to the device, account data, presence."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.people import JsonObject, Person, Server, Sync

Talk = tuple[Server, Person, Person]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    alice.syncs()
    return server, alice, bob


def tells(sender: Person, receiver: Person, *numbers: int) -> None:
    for n in numbers:
        messages = {receiver.user_id: {receiver.device_id: {"n": n}}}
        txn = sender.server.number()
        sender.put(f"/v3/sendToDevice/org.example/{txn}", {"messages": messages})


def told(sync: Sync) -> list[int]:
    return [e["content"]["n"] for e in sync.body.get("to_device", {}).get("events", [])]


def account_data(sync: Sync) -> dict[str, JsonObject]:
    events = sync.body.get("account_data", {}).get("events", [])
    return {event["type"]: event["content"] for event in events}


def presence(sync: Sync) -> list[str]:
    return [event["sender"] for event in sync.body.get("presence", {}).get("events", [])]


def test_messages_to_a_device_come_once_they_are_acknowledged(talk: Talk) -> None:
    _, alice, bob = talk
    since = alice.since
    tells(bob, alice, 1, 2)

    assert told(alice.syncs(since=since)) == [1, 2]
    assert told(alice.syncs(since=since)) == [1, 2]
    acknowledged = alice.since
    tells(bob, alice, 3)
    assert told(alice.syncs()) == [3]
    # What has been acknowledged is gone, however old the token.
    alice.syncs(since=acknowledged)
    assert told(alice.syncs(since=since)) == [3]


def test_another_device_gets_none_of_it(talk: Talk) -> None:
    _, alice, bob = talk
    phone = alice.logs_in()
    tells(bob, phone, 1)

    assert told(alice.syncs()) == []
    assert told(phone.syncs()) == [1]


def test_hundreds_of_messages_come_in_portions(talk: Talk) -> None:
    _, alice, bob = talk
    room = alice.creates_room(preset="public_chat")
    alice.syncs()
    messages = {alice.user_id: {alice.device_id: {"n": 0}}}
    numbers = list(range(230))
    for n in numbers:
        messages[alice.user_id][alice.device_id] = {"n": n}
        bob.put(f"/v3/sendToDevice/org.example/{n}", {"messages": messages})
    sent = alice.sends(room, "behind all of them")

    first = alice.syncs()
    second = alice.syncs()

    assert told(first) == numbers[:200]
    assert told(second) == numbers[200:]
    assert (first.timeline(room), second.timeline(room)) == ([], [sent])
    assert not alice.syncs()


def test_a_change_of_membership_behind_many_messages_is_not_missed(talk: Talk) -> None:
    _, alice, bob = talk
    tells(bob, alice, *range(205))
    room = bob.creates_room(invite=[alice.user_id])

    sync = alice.syncs()
    invited = sync.invites() + alice.syncs().invites()

    assert invited == [room]


def test_a_first_sync_brings_all_account_data(talk: Talk) -> None:
    _, alice, _ = talk
    alice.put(f"/v3/user/{alice.user_id}/account_data/org.example", {"a": 1})

    found = account_data(alice.syncs(since=""))

    assert found["org.example"] == {"a": 1}
    assert "global" in found["m.push_rules"]


@pytest.mark.parametrize(
    ("wanted", "types"),
    [
        ({"types": ["org.*"]}, {"org.a", "org.b"}),
        ({"not_types": ["org.b"]}, {"org.a"}),
        ({"types": []}, set()),
    ],
)
def test_account_data_is_filtered(talk: Talk, wanted: Any, types: set[str]) -> None:
    _, alice, _ = talk
    for type in ("org.a", "org.b"):
        alice.put(f"/v3/user/{alice.user_id}/account_data/{type}", {"a": 1})

    assert set(account_data(alice.syncs(filter={"account_data": wanted}))) == types


def test_a_room_that_is_new_to_the_client_comes_with_its_account_data(talk: Talk) -> None:
    _, alice, bob = talk
    room = bob.creates_room(preset="public_chat")
    alice.put(f"/v3/user/{alice.user_id}/rooms/{room}/account_data/org.example", {"a": 1})
    alice.syncs()
    alice.joins(room)

    events = alice.syncs().room(room)["account_data"]["events"]

    assert events == [{"type": "org.example", "content": {"a": 1}}]
    assert alice.syncs().room(room) == {}


def test_presence_is_told_to_those_who_share_a_room(talk: Talk) -> None:
    server, alice, bob = talk
    mallory = server.person("mallory")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    alice.syncs()

    mallory.syncs()
    bob.syncs()

    assert presence(alice.syncs()) == [bob.user_id]
    assert presence(alice.syncs()) == []


def test_who_joins_is_told_who_is_there_and_they_of_who_came(talk: Talk) -> None:
    _, alice, bob = talk
    room = alice.creates_room(preset="public_chat")
    bob.syncs()
    alice.syncs()
    assert presence(alice.syncs()) == []

    bob.joins(room)

    assert alice.user_id in presence(bob.syncs())
    assert presence(alice.syncs()) == [bob.user_id]


def test_presence_is_filtered(talk: Talk) -> None:
    _, alice, bob = talk
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    alice.syncs()
    bob.syncs()

    assert presence(alice.syncs(filter={"presence": {"not_senders": [bob.user_id]}})) == []


def test_what_people_do_shows_in_their_presence(talk: Talk) -> None:
    server, alice, bob = talk
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.syncs()
    server.clock.advance(20)
    sent = bob.sends(room, "hello")

    (event,) = (
        e for e in alice.syncs(since="").body["presence"]["events"] if e["sender"] == bob.user_id
    )
    assert event["content"]["last_active_ago"] == 0

    things: tuple[Callable[[], object], ...] = (
        lambda: bob.post(f"/v3/rooms/{room}/receipt/m.read/{sent}"),
        lambda: bob.put(f"/v3/rooms/{room}/typing/{bob.user_id}", {"typing": True}),
        lambda: bob.redacts(room, sent),
        lambda: bob.sets(room, "m.room.member", {"membership": "join"}, bob.user_id),
        lambda: bob.post(f"/v3/rooms/{room}/read_markers", {"m.read": sent}),
    )
    for does in things:
        bob.syncs()
        server.clock.advance(5)
        does()
        found = bob.get(f"/v3/presence/{bob.user_id}/status")
        assert found["last_active_ago"] == 0


def test_who_logs_out_is_gone_at_once(talk: Talk) -> None:
    _, alice, bob = talk
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.syncs()
    assert alice.get(f"/v3/presence/{bob.user_id}/status")["presence"] == "online"

    bob.post("/v3/logout")

    assert alice.get(f"/v3/presence/{bob.user_id}/status")["presence"] == "offline"


def test_clients_are_told_that_there_are_no_keys_yet(talk: Talk) -> None:
    _, alice, _ = talk

    body = alice.syncs().body

    assert body["device_one_time_keys_count"] == {"signed_curve25519": 0}
    assert body["device_unused_fallback_key_types"] == []
