"""What comes beside the rooms."""

import pytest

from tests.homeserver.sync.sliding.clients import SlidingClient
from tests.people import JsonObject, Person, Server


@pytest.fixture(params=[False, True], ids=["older", "merged"])
def merged(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def shared_room(owner: Person, *others: Person, **options: object) -> str:
    room = owner.creates_room(preset="public_chat", **options)
    for other in others:
        other.joins(room)
    return room


def whisper(sender: Person, to: Person, number: int) -> None:
    messages = {to.user_id: {to.device_id: {"number": number}}}
    sender.put(f"/v3/sendToDevice/m.test/{sender.server.number()}", {"messages": messages})


def numbers(section: JsonObject) -> list[int]:
    return [event["content"]["number"] for event in section.get("events", [])]


def test_messages_to_the_device_stay_until_they_are_acknowledged(
    server: Server, merged: bool
) -> None:
    alice, bob = server.people("alice", "bob")
    for number in range(5):
        whisper(bob, alice, number)
    client = SlidingClient(alice, merged=merged).enables("to_device", limit=3)
    first = client.syncs().extension("to_device")
    assert numbers(first) == [0, 1, 2]
    assert numbers(client.syncs().extension("to_device")) == [0, 1, 2]
    client.enables("to_device", limit=3, since=first["next_batch"])

    second = client.takes(client.starts()).extension("to_device")

    assert numbers(second) == [3, 4]
    client.enables("to_device", since=second["next_batch"])
    assert numbers(client.syncs().extension("to_device")) == []
    anew = SlidingClient(alice, "anew", merged).enables("to_device")
    assert numbers(anew.syncs().extension("to_device")) == []


def test_a_message_to_the_device_wakes(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    client = SlidingClient(alice, merged=merged).enables("to_device")
    since = client.syncs().extension("to_device")["next_batch"]
    waiting = client.enables("to_device", since=since).starts()
    assert not waiting.is_answered

    whisper(bob, alice, 7)

    assert numbers(client.takes(waiting).extension("to_device")) == [7]


def test_the_encryption_connection_learns_whose_devices_changed(
    server: Server, merged: bool
) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    room = shared_room(alice, bob)
    alice.sets(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    client = SlidingClient(alice, "encryption", merged).enables("e2ee", "to_device")
    first = client.syncs()
    assert first.extension("e2ee")["device_one_time_keys_count"] == {"signed_curve25519": 0}
    assert first.extension("e2ee")["device_unused_fallback_key_types"] == []
    assert first.rooms == {}

    carol.joins(room)
    bob.logs_in()

    lists = client.syncs().extension("e2ee")["device_lists"]
    assert lists == {"changed": [bob.user_id, carol.user_id], "left": []}
    carol.leaves(room)
    assert client.syncs().extension("e2ee")["device_lists"]["left"] == [carol.user_id]
    alice.leaves(room)
    assert client.syncs().extension("e2ee")["device_lists"]["left"] == [bob.user_id]


def test_a_message_does_not_wake_the_encryption_connection(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice, bob)
    alice.sets(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    client = SlidingClient(alice, "encryption", merged).enables("e2ee")
    client.syncs()
    waiting = client.starts()

    bob.sends(room, "hi")

    assert not waiting.is_answered


def test_account_data_comes_whole_then_as_it_changes(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    seen, unseen = alice.creates_room(), alice.creates_room()
    alice.sends(seen, "up")
    user = f"/v3/user/{alice.user_id}"
    alice.put(f"{user}/account_data/org.test", {"n": 1})
    for room in (seen, unseen):
        alice.put(f"{user}/rooms/{room}/tags/u.tag", {})
    client = SlidingClient(alice, merged=merged).looks_at([0, 0]).enables("account_data")

    first = client.syncs().extension("account_data")

    assert {"m.push_rules", "org.test"} <= {data["type"] for data in first["global"]}
    assert list(first["rooms"]) == [seen]
    assert client.syncs().extension("account_data") == {}
    alice.put(f"{user}/account_data/org.test", {"n": 2})
    second = client.takes(client.starts()).extension("account_data")
    assert second == {"global": [{"type": "org.test", "content": {"n": 2}}]}
    alice.put(f"{user}/rooms/{seen}/account_data/org.test", {"n": 3})
    third = client.syncs().extension("account_data")
    assert third == {"rooms": {seen: [{"type": "org.test", "content": {"n": 3}}]}}


def test_account_data_of_a_room_out_of_view_comes_when_it_is_seen(
    server: Server, merged: bool
) -> None:
    alice = server.person("alice")
    room, other = alice.creates_room(), alice.creates_room()
    client = SlidingClient(alice, merged=merged).looks_at([0, 9]).enables("account_data")
    client.syncs()
    alice.sends(other, "up")
    client.looks_at([0, 0]).syncs()
    data = f"/v3/user/{alice.user_id}/rooms/{room}/account_data/org.test"
    alice.put(data, {"n": 1})
    assert client.syncs().extension("account_data") == {}

    found = client.looks_at([0, 9]).syncs().extension("account_data")

    assert found == {"rooms": {room: [{"type": "org.test", "content": {"n": 1}}]}}


def test_receipts_come_with_what_is_shown(server: Server, merged: bool) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    room = shared_room(alice, bob, carol)
    old, new = alice.sends(room, "old"), alice.sends(room, "new")
    alice.post(f"/v3/rooms/{room}/receipt/m.read.private/{old}")
    bob.post(f"/v3/rooms/{room}/receipt/m.read/{new}")
    carol.post(f"/v3/rooms/{room}/receipt/m.read/{old}")
    client = SlidingClient(alice, merged=merged).looks_at([0, 9], timeline_limit=1)
    client.enables("receipts")

    first = client.syncs().extension("receipts")["rooms"][room]

    assert first["type"] == "m.receipt"
    assert set(first["content"][old]) == {"m.read.private"}
    assert set(first["content"][new]["m.read"]) == {bob.user_id}
    assert client.syncs().extension("receipts") == {}
    carol.post(f"/v3/rooms/{room}/receipt/m.read/{new}")
    bob.post(f"/v3/rooms/{room}/receipt/m.read.private/{new}")
    later = client.takes(client.starts()).extension("receipts")["rooms"][room]
    assert later["content"] == {new: {"m.read": later["content"][new]["m.read"]}}
    assert set(later["content"][new]["m.read"]) == {carol.user_id}


def test_typing_comes_and_goes(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice, bob)
    client = SlidingClient(alice, merged=merged).looks_at([0, 9]).enables("typing")
    assert client.syncs().extension("typing") == {}
    waiting = client.starts()
    path = f"/v3/rooms/{room}/typing/{bob.user_id}"
    bob.put(path, {"typing": True, "timeout": 30_000})

    event = client.takes(waiting).extension("typing")["rooms"][room]

    assert event == {"type": "m.typing", "content": {"user_ids": [bob.user_id]}}
    bob.put(path, {"typing": False})
    event = client.syncs().extension("typing")["rooms"][room]
    assert event["content"] == {"user_ids": []}


def test_the_newer_names_carry_bare_content(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice, bob)
    event = alice.sends(room, "hi")
    bob.post(f"/v3/rooms/{room}/receipt/m.read/{event}")
    bob.put(f"/v3/rooms/{room}/typing/{bob.user_id}", {"typing": True, "timeout": 30_000})
    typing, receipts = "org.matrix.msc4508.typing", "org.matrix.msc4551.receipts"
    client = SlidingClient(alice, merged=True).looks_at([0, 9]).enables(typing, receipts)

    answer = client.syncs()

    assert answer.extension(typing)["rooms"][room] == {"user_ids": [bob.user_id]}
    assert set(answer.extension(receipts)["rooms"][room]) == {event}


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({}, {"listed", "opened"}),
        ({"lists": ["*"], "rooms": ["*"]}, {"listed", "opened"}),
        ({"lists": []}, {"opened"}),
        ({"rooms": []}, {"listed"}),
        ({"lists": ["all"], "rooms": []}, {"listed"}),
        ({"lists": ["other"], "rooms": []}, set()),
        ({"lists": [], "rooms": ["!elsewhere:test"]}, set()),
    ],
)
def test_an_extension_has_a_scope(server: Server, scope: JsonObject, expected: set[str]) -> None:
    alice, bob = server.people("alice", "bob")
    opened, listed = shared_room(alice, bob), shared_room(alice, bob)
    names = {opened: "opened", listed: "listed"}
    client = SlidingClient(alice).looks_at([0, 0]).opens(opened).enables("typing", **scope)
    client.syncs()
    for room in names:
        bob.put(f"/v3/rooms/{room}/typing/{bob.user_id}", {"typing": True, "timeout": 30_000})

    found = client.syncs().extension("typing").get("rooms", {})

    assert {names[room] for room in found} == expected


def test_an_extension_can_be_enabled_later(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    alice.put(f"/v3/user/{alice.user_id}/rooms/{room}/tags/u.tag", {})
    client = SlidingClient(alice, merged=merged).looks_at([0, 9])
    client.syncs()

    found = client.enables("account_data").syncs().extension("account_data")

    assert "m.push_rules" in {data["type"] for data in found["global"]}
    assert list(found["rooms"]) == [room]


def test_who_was_banned_hears_nobody_type(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice, bob)
    client = SlidingClient(bob, merged=merged).looks_at([0, 9]).enables("typing", "receipts")
    client.syncs()
    alice.post(f"/v3/rooms/{room}/ban", {"user_id": bob.user_id})
    client.syncs()
    alice.put(f"/v3/rooms/{room}/typing/{alice.user_id}", {"typing": True, "timeout": 30_000})
    event = alice.sends(room, "hi")
    alice.post(f"/v3/rooms/{room}/receipt/m.read/{event}")

    assert client.syncs().body["extensions"] == {}
