"""Who gets the key of a room, when there is a new one, and who can read on."""

import pytest
from attrs import evolve

from e2ee.errors import (
    IdentityChanged,
    MissingRoomKey,
    NotInEncryptedRoom,
    RoomKeyWithheld,
)
from e2ee.happenings import Decrypted, Trust
from e2ee.ratchets.by_libolm import Libolm
from e2ee.ratchets.by_vodozemac import Vodozemac
from e2ee.ratchets.ratchet import Ratchets
from e2ee.sharing import ShareWith
from tests.e2ee.simulation import ROOM, Person, SimulatedServer, encrypted_room, people, until_quiet


def sessions(server: SimulatedServer) -> list[str]:
    """Of the encrypted messages in the room, in order."""
    return [
        event["content"]["session_id"]
        for _, _, event in server.timeline
        if event["type"] == "m.room.encrypted"
    ]


@pytest.mark.parametrize("ours", [Vodozemac(), Libolm()], ids=lambda one: one.name)
@pytest.mark.parametrize("theirs", [Vodozemac(), Libolm()], ids=lambda one: one.name)
def test_members_read_one_another_and_the_server_reads_nothing(
    ours: Ratchets, theirs: Ratchets
) -> None:
    server = SimulatedServer()
    alice = Person(server, "@alice:test", "A", ours).settles()
    bob = Person(server, "@bob:test", "B", theirs).settles()
    encrypted_room(server, "@alice:test", "@bob:test")
    until_quiet(alice, bob)

    alice.says("hello bob")
    until_quiet(alice, bob)
    bob.says("hello alice")
    until_quiet(alice, bob)

    assert bob.read() == alice.read() == ["hello bob", "hello alice"]
    assert not bob.unread() + alice.unread()
    assert "hello" not in str(server.timeline)


def test_a_conversation_survives_restarts_of_both() -> None:
    _, (alice, bob) = people("alice", "bob")
    alice.says("one")
    alice.restarts()
    alice.says("two")
    bob.restarts()
    until_quiet(alice, bob)
    bob.says("three")
    until_quiet(alice, bob)
    assert bob.read() == alice.read() == ["one", "two", "three"]


def test_a_room_that_is_not_known_to_be_encrypted_gets_no_ciphertext() -> None:
    _, (alice,) = people("alice")
    with pytest.raises(NotInEncryptedRoom):
        alice.machine.encrypt("!plain:test", "m.room.message", {}, 0)


def test_encryption_once_on_stays_on_and_rules_do_not_get_laxer() -> None:
    server, (alice, bob) = people("alice", "bob")
    server.state(ROOM, "@alice:test", "m.room.encryption", "", {})
    lax = {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 100_000}
    server.state(ROOM, "@alice:test", "m.room.encryption", "", lax)
    until_quiet(alice, bob)
    for number in range(101):
        alice.says(str(number))
    assert len(set(sessions(server))) == 2


def test_a_new_key_after_so_many_messages() -> None:
    server = SimulatedServer()
    alice, bob = Person(server, "@alice:test", "A"), Person(server, "@bob:test", "B")
    encrypted_room(server, "@alice:test", "@bob:test", rotation_period_msgs=3)
    until_quiet(alice, bob)
    for number in range(7):
        alice.says(str(number))
    until_quiet(alice, bob)
    used = sessions(server)
    assert [used.count(one) for one in dict.fromkeys(used)] == [3, 3, 1]
    assert bob.read() == [str(number) for number in range(7)]


@pytest.mark.parametrize("jump_ms", [8 * 24 * 3600 * 1000, -60_000])
def test_a_new_key_after_so_long_or_if_the_clock_was_wrong(jump_ms: int) -> None:
    server, (alice, bob) = people("alice", "bob")
    alice.says("one")
    server.now_ms += jump_ms
    alice.says("two")
    until_quiet(alice, bob)
    assert len(set(sessions(server))) == 2
    assert bob.read() == ["one", "two"]


def test_whoever_leaves_reads_no_further() -> None:
    server, (alice, bob, carol) = people("alice", "bob", "carol")
    alice.says("all of us")
    until_quiet(alice, bob, carol)
    server.membership(ROOM, "@carol:test", "leave")
    until_quiet(alice, bob, carol)
    alice.says("without carol")
    until_quiet(alice, bob, carol)
    assert bob.read() == ["all of us", "without carol"]
    assert carol.read() == ["all of us"]

    _, _, event = server.timeline[-1]
    carol.heard += carol.machine.receive_event(ROOM, event, server.now_ms)
    assert isinstance(carol.unread()[-1].error, MissingRoomKey)


def test_whoever_may_have_come_and_gone_in_a_gap_of_sync_costs_a_new_key() -> None:
    server, (alice, _) = people("alice", "bob")
    alice.says("one")
    member = {"membership": "invite"}
    event = {"type": "m.room.member", "state_key": "@eve:test", "content": member}
    timeline = {"events": [event], "limited": True}
    alice.machine.receive_sync({"rooms": {"join": {ROOM: {"timeline": timeline}}}}, server.now_ms)
    alice.says("two")
    assert len(set(sessions(server))) == 2


def test_a_removed_device_costs_a_new_key_and_a_new_device_reads_from_then_on() -> None:
    server, (alice, bob) = people("alice", "bob")
    laptop = Person(server, "@bob:test", "LAPTOP").settles()
    until_quiet(alice, bob)
    alice.says("one")
    until_quiet(alice, bob, laptop)
    assert laptop.read() == ["one"]
    server.remove_device("@bob:test", "LAPTOP")
    until_quiet(alice, bob)
    alice.says("two")
    phone = Person(server, "@bob:test", "PHONE").settles()
    until_quiet(alice, bob)
    alice.says("three")
    until_quiet(alice, bob, phone)
    assert len(set(sessions(server))) == 2
    assert bob.read() == ["one", "two", "three"]
    assert phone.read() == ["three"]
    assert len(phone.unread()) == 2


def test_the_invited_get_keys_unless_history_is_for_members_only() -> None:
    server, (alice, bob) = people("alice", "bob")
    carol = Person(server, "@carol:test", "C").settles()
    server.membership(ROOM, "@carol:test", "invite")
    until_quiet(alice, bob)
    alice.says("you are invited")
    server.state(
        ROOM, "@alice:test", "m.room.history_visibility", "", {"history_visibility": "joined"}
    )
    until_quiet(alice, bob)
    alice.says("members only")
    server.membership(ROOM, "@carol:test", "join")
    until_quiet(alice, bob, carol)
    assert carol.read() == ["you are invited"]
    assert len(set(sessions(server))) == 2


def test_unsigned_devices_of_people_with_an_identity_are_told_why_they_get_nothing() -> None:
    server, (alice, bob) = people("alice", "bob")
    bob.creates_identity()
    phone = Person(server, "@bob:test", "PHONE").settles()
    until_quiet(alice, bob, phone)
    alice.says("for signed devices")
    until_quiet(alice, bob, phone)
    assert bob.read() == ["for signed devices"]
    (unread,) = phone.unread()
    assert isinstance(unread.error, RoomKeyWithheld | MissingRoomKey)
    phone.heard += phone.machine.receive_event(ROOM, unread.event, server.now_ms)
    error = phone.unread()[-1].error
    assert isinstance(error, RoomKeyWithheld)
    assert (error.code, error.reason) == (
        "m.unverified",
        "The sender does not send to devices that are not verified.",
    )


def test_a_blocked_device_is_told_that_it_is_blocked() -> None:
    server, (alice, bob) = people("alice", "bob")
    alice.machine.follow(["@bob:test"])
    alice.settles()
    alice.machine.set_device_mark("@bob:test", "BOB", "blocked")
    alice.says("not for bob")
    until_quiet(alice, bob)
    assert bob.read() == []
    unread = bob.unread()[-1]
    bob.heard += bob.machine.receive_event(ROOM, unread.event, server.now_ms)
    error = bob.unread()[-1].error
    assert isinstance(error, RoomKeyWithheld)
    assert error.code == "m.blacklisted"

    alice.machine.set_device_mark("@bob:test", "BOB", None)
    alice.says("for bob again")
    until_quiet(alice, bob)
    assert bob.read() == ["for bob again"]


@pytest.mark.parametrize(
    ("policy", "unsigned", "signed"),
    [
        (ShareWith.EVERY_DEVICE, True, True),
        (ShareWith.IDENTIFIED, True, True),
        (ShareWith.CROSS_SIGNED, False, True),
        (ShareWith.VERIFIED, False, False),
    ],
)
def test_each_policy_shares_with_its_devices(
    policy: ShareWith, unsigned: bool, signed: bool
) -> None:
    server = SimulatedServer()
    alice = Person(server, "@alice:test", "A", share_with=policy).settles()
    bob = Person(server, "@bob:test", "B").settles().creates_identity()
    carol = Person(server, "@carol:test", "C").settles()
    encrypted_room(server, "@alice:test", "@bob:test", "@carol:test")
    until_quiet(alice, bob, carol)
    alice.says("hello")
    until_quiet(alice, bob, carol)
    assert (bool(carol.read()), bool(bob.read())) == (unsigned, signed)


def test_a_device_without_one_time_keys_is_told_and_gets_the_key_later() -> None:
    server, (alice, bob) = people("alice", "bob")
    device = server.devices["@bob:test"]["BOB"]
    kept = device.one_time, device.fallback
    device.one_time, device.fallback = {}, {}
    alice.says("unreadable for bob")
    device.one_time, device.fallback = kept
    until_quiet(alice, bob)
    assert bob.read() == []
    server.now_ms += 2 * 3600 * 1000
    alice.machine.rotate(ROOM)
    alice.says("readable")
    until_quiet(alice, bob)
    assert bob.read() == ["readable"]


def test_a_verified_person_with_a_new_identity_stops_the_conversation_until_acknowledged() -> None:
    _, (alice, bob) = people("alice", "bob")
    alice.creates_identity()
    bob.creates_identity()
    until_quiet(alice, bob)
    alice.says("hello")
    with alice.machine._records.step():
        alice.machine._parts.identity.sign_user("@bob:test")
    until_quiet(alice, bob)
    assert alice.machine.is_verified("@bob:test")
    alice.says("verified")
    until_quiet(alice, bob)

    bob.creates_identity()
    until_quiet(alice, bob)
    with pytest.raises(IdentityChanged):
        alice.says("to whom?")
    alice.machine.acknowledge_identity("@bob:test")
    alice.says("to whoever it is")
    until_quiet(alice, bob)
    assert bob.read() == ["hello", "verified", "to whoever it is"]


def test_the_trust_of_a_message_follows_the_identity_of_its_device() -> None:
    _, (alice, bob) = people("alice", "bob")
    alice.says("unsigned")
    until_quiet(alice, bob)
    alice.creates_identity()
    until_quiet(alice, bob)
    alice.says("signed")
    until_quiet(alice, bob)
    read = [one for one in bob.heard if isinstance(one, Decrypted)]
    assert [one.trust for one in read] == [Trust.UNSIGNED, Trust.CROSS_SIGNED]


def test_an_unreachable_server_does_not_hold_the_others_up() -> None:
    server, (alice, bob) = people("alice", "bob")
    server.membership(ROOM, "@carol:away", "join")
    server.unreachable.add("@carol:away")
    until_quiet(alice, bob)
    alice.says("without carol's devices")
    until_quiet(alice, bob)
    assert bob.read() == ["without carol's devices"]


def test_a_device_changes_its_ratchets_and_goes_on() -> None:
    """Device, sessions and room keys are taken over; only the own room key is a new one."""
    server, (alice, bob) = people("alice", "bob", ratchets=Libolm())
    alice.says("one")
    until_quiet(alice, bob)
    bob.says("two")
    until_quiet(alice, bob)
    keys = bob.machine._parts.own.keys()
    bob.options = evolve(bob.options, ratchets=Vodozemac())
    bob.restarts()
    assert bob.machine._parts.own.keys() == keys
    _, _, event = next(one for one in server.timeline if one[2]["type"] == "m.room.encrypted")
    assert bob.machine.decrypt(ROOM, event).event["content"]["body"] == "one"
    alice.machine.rotate(ROOM)
    alice.says("three")
    until_quiet(alice, bob)
    bob.says("four")
    until_quiet(alice, bob)
    assert alice.read() == bob.read() == ["one", "two", "three", "four"]

    bob.options = evolve(bob.options, ratchets=Libolm())
    bob.restarts()
    alice.machine.rotate(ROOM)
    alice.says("and back")
    until_quiet(alice, bob)
    assert bob.read()[-1] == "and back"


def test_a_device_that_lost_its_sessions_mends_them_once_an_hour() -> None:
    _, (alice, bob) = people("alice", "bob")
    alice.says("one")
    until_quiet(alice, bob)
    bob.says("two")
    until_quiet(alice, bob)
    with bob.machine._records.step():
        for lost in bob.machine._records.find("olm"):
            bob.machine._records.remove("olm", lost)
    for text in ("lost", "lost too"):
        alice.machine.rotate(ROOM)
        alice.says(text)
        bob.syncs()
        alice.syncs()
    claims = [one for one in bob.sent if one.path.endswith("/keys/claim")]
    assert len(claims) == 1
    alice.machine.rotate(ROOM)
    alice.says("found")
    until_quiet(alice, bob)
    assert bob.read()[-1] == "found"


def test_a_device_that_is_not_listed_yet_is_known_by_the_keys_it_brings() -> None:
    """MSC4147: the message says whose it is, before the server does."""
    server, (alice, bob) = people("alice", "bob")
    server.unreachable.add("@alice:test")
    alice.says("hello")
    bob.syncs()
    (read,) = bob.of(Decrypted)
    assert (read.trust, read.device_id) == (Trust.UNSIGNED, "ALICE")
