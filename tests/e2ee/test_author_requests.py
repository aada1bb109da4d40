"""A key that went astray is asked of whoever made it, and taken from nobody else."""

import pytest

from e2ee.author_requests import MAX_ASKED
from e2ee.errors import NotEncrypted
from e2ee.happenings import Decrypted, KeySource, ToDeviceRefused, Trust
from e2ee.sharing import MAX_AGAIN
from tests.e2ee.simulation import ROOM, Json, Person, SimulatedServer, people, until_quiet

ALICE, BOB = "@alice:test", "@bob:test"


def keys_go_astray(person: Person) -> None:
    """All that is on its way to somebody is lost."""
    for device in person.server.devices[person.me.user_id].values():
        device.inbox.clear()


def without_its_key() -> tuple[SimulatedServer, Person, Person, str]:
    """Bob has said two things, and Alice can read neither. The session's id."""
    server, (alice, bob) = people("alice", "bob")
    bob.says("first")
    keys_go_astray(alice)
    bob.says("second")
    until_quiet(alice, bob)
    assert alice.read() == [] and len(alice.unread()) == 2
    return server, alice, bob, alice.unread()[0].event["content"]["session_id"]


def test_the_author_gives_it_again_and_all_that_waited_is_read() -> None:
    _, alice, bob, session_id = without_its_key()
    for _ in range(3):
        alice.machine.ask_author_for_key(BOB, ROOM, session_id)
    until_quiet(alice, bob)
    assert alice.read() == ["first", "second"]
    read = alice.of(Decrypted)[0]
    assert (read.source, read.trust) == (KeySource.DIRECT, Trust.UNSIGNED)
    requests = [it for it in alice.sent if "m.room_key_request" in it.path]
    actions = [(it.body or {})["messages"][BOB]["*"]["action"] for it in requests]
    assert actions == ["request", "request_cancellation"]


def test_somebody_who_never_had_the_key_gets_nothing() -> None:
    server, _, bob, session_id = without_its_key()
    laptop = Person(server, ALICE, "LAPTOP").settles()
    mallory = Person(server, "@mallory:test", "MALLORY").settles()
    for stranger in (laptop, mallory):
        until_quiet(stranger, bob)
        stranger.machine.ask_author_for_key(BOB, ROOM, session_id)
        until_quiet(stranger, bob)
        assert session_id not in str([it.body for it in bob.sent if "sendToDevice" in it.path])
    assert laptop.read() == mallory.read() == []


def test_a_key_is_given_from_where_it_was_given_before() -> None:
    server, (alice, bob) = people("alice", "bob")
    bob.says("before she came")
    laptop = Person(server, ALICE, "LAPTOP").settles()
    until_quiet(alice, bob, laptop)
    bob.says("after she came")
    keys_go_astray(laptop)
    until_quiet(alice, bob, laptop)
    session_id = laptop.unread()[-1].event["content"]["session_id"]
    laptop.machine.ask_author_for_key(BOB, ROOM, session_id)
    until_quiet(laptop, bob)
    assert laptop.read() == ["after she came"]


def test_a_key_is_given_so_often_and_no_more() -> None:
    _, alice, bob, session_id = without_its_key()

    def asks(number: int) -> Json:
        body = {"algorithm": "m.megolm.v1.aes-sha2", "room_id": ROOM, "session_id": session_id}
        content = {"action": "request", "request_id": str(number), "body": body}
        content["requesting_device_id"] = alice.me.device_id
        return {"type": "m.room_key_request", "sender": ALICE, "content": content}

    before = len(bob.sent)
    for number in range(MAX_AGAIN + 5):
        bob.machine.receive_to_device([asks(number)], 0)
        bob.settles()
    given = [it for it in bob.sent[before:] if "sendToDevice/m.room.encrypted" in it.path]
    assert len(given) == MAX_AGAIN


def forwarded(by: Person, to: Person, session_id: str, maker: Person) -> Json:
    """What somebody says is the key of a session."""
    found = maker.machine._parts.keys.find(ROOM, session_id)
    assert found is not None
    key, session = found
    device = by.machine._parts.lists.device(to.me.user_id, to.me.device_id)
    assert device is not None
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "room_id": ROOM,
        "session_id": session_id,
        "session_key": session.export_at(0),
        "sender_key": key.sender_key,
        "sender_claimed_ed25519_key": key.claimed_ed25519,
        "forwarding_curve25519_key_chain": [],
    }
    with by.machine._records.step():
        sealed = by.machine._parts.sharing._channels.channel.encrypt(
            device, "m.forwarded_room_key", content
        )
    assert sealed is not None
    return {"type": "m.room.encrypted", "sender": by.me.user_id, "content": sealed}


def test_nobody_but_its_author_is_believed() -> None:
    _, (alice, bob, mallory) = people("alice", "bob", "mallory")
    mallory.says("hello")
    until_quiet(alice, bob, mallory)
    bob.says("secret")
    keys_go_astray(alice)
    until_quiet(alice, bob, mallory)
    session_id = alice.unread()[0].event["content"]["session_id"]
    alice.machine.ask_author_for_key(BOB, ROOM, session_id)
    event = forwarded(mallory, alice, session_id, mallory)
    (refused,) = alice.machine.receive_to_device([event], 0)
    assert isinstance(refused, ToDeviceRefused) and isinstance(refused.error, NotEncrypted)
    assert "secret" not in alice.read()


def test_what_we_wait_for_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("e2ee.author_requests.MAX_ASKED", 3)
    _, alice, _, _ = without_its_key()
    for number in range(10):
        alice.machine.ask_author_for_key(BOB, ROOM, f"session {number}")
    alice.settles()
    assert len([it for it in alice.sent if "m.room_key_request" in it.path]) == 3
    assert MAX_ASKED == 1_000
