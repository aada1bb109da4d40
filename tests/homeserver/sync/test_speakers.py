"""Lazy loading: the members that a client needs, and no more."""

import pytest

from tests.people import JsonObject, Person, Server, Sync

Talk = tuple[Person, Person, Person, str]
LAZY: JsonObject = {"room": {"state": {"lazy_load_members": True}}}


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    room = alice.creates_room(preset="public_chat", name="The room")
    for person in (bob, mallory):
        person.joins(room)
    for n in range(12):
        alice.sends(room, str(n))
    return alice, bob, mallory, room


def members(sync: Sync, room: str, key: str = "state") -> list[str]:
    events = sync.room(room)[key]["events"]
    return sorted(e["state_key"] for e in events if e["type"] == "m.room.member")


def test_a_first_sync_tells_only_who_speaks_and_oneself(talk: Talk) -> None:
    alice, bob, _, room = talk

    sync = bob.syncs(filter=LAZY)

    assert members(sync, room) == [alice.user_id, bob.user_id]
    assert "m.room.name" in {event["type"] for event in sync.room(room)["state"]["events"]}


def test_who_speaks_for_the_first_time_is_told_once(talk: Talk) -> None:
    _, bob, mallory, room = talk
    bob.syncs(filter=LAZY)
    mallory.sends(room, "hello")
    assert members(bob.syncs(filter=LAZY), room) == [mallory.user_id]

    mallory.sends(room, "again")
    assert members(bob.syncs(filter=LAZY), room) == []


def test_members_are_repeated_if_asked_for(talk: Talk) -> None:
    _, bob, mallory, room = talk
    wish = {"lazy_load_members": True, "include_redundant_members": True}
    bob.syncs(filter=LAZY)
    for _ in range(2):
        mallory.sends(room, "hello")
        sync = bob.syncs(filter={"room": {"state": wish}})
        assert members(sync, room) == [mallory.user_id]


def test_a_member_whose_answer_was_lost_is_told_again(talk: Talk) -> None:
    _, bob, mallory, room = talk
    since = bob.syncs(filter=LAZY).body["next_batch"]
    mallory.sends(room, "hello")

    for _ in range(2):
        assert members(bob.syncs(filter=LAZY, since=since), room) == [mallory.user_id]


def test_each_device_is_told_for_itself(talk: Talk) -> None:
    _, bob, mallory, room = talk
    phone = bob.logs_in()
    for device in (bob, phone):
        device.syncs(filter=LAZY)
    mallory.sends(room, "hello")

    for device in (bob, phone):
        assert members(device.syncs(filter=LAZY), room) == [mallory.user_id]


def test_a_device_that_begins_anew_is_told_anew(talk: Talk) -> None:
    alice, bob, _, room = talk
    for _ in range(2):
        assert alice.user_id in members(bob.syncs(filter=LAZY, since=""), room)


def test_a_changed_member_is_told_as_they_were_before(talk: Talk) -> None:
    _, bob, mallory, room = talk
    bob.syncs(filter=LAZY)
    mallory.sends(room, "as mallory")
    mallory.put(f"/v3/profile/{mallory.user_id}/displayname", {"displayname": "Mal"})

    sync = bob.syncs(filter=LAZY)

    (member,) = sync.room(room)["state"]["events"]
    assert member["content"]["displayname"] == "mallory"
    assert sync.events(room)[-1]["content"]["displayname"] == "Mal"


def test_changes_of_membership_within_a_gap_are_told(talk: Talk) -> None:
    alice, bob, mallory, room = talk
    bob.syncs(filter=LAZY)
    mallory.leaves(room)
    for n in range(12):
        alice.sends(room, str(n))

    sync = bob.syncs(filter=LAZY)

    assert members(sync, room) == [mallory.user_id]


def test_the_state_after_names_who_came_in_the_timeline(talk: Talk) -> None:
    alice, bob, mallory, room = talk
    first = bob.syncs(filter=LAZY, use_state_after=True)
    assert members(first, room, "state_after") == [alice.user_id, bob.user_id]
    alice.post(f"/v3/rooms/{room}/kick", {"user_id": mallory.user_id})

    sync = bob.syncs(filter=LAZY, use_state_after=True)
    assert members(sync, room, "state_after") == [mallory.user_id]

    sync = bob.syncs(filter=LAZY, use_state_after=True, since="")
    assert members(sync, room, "state_after") == [alice.user_id, bob.user_id, mallory.user_id]


def test_those_who_give_a_room_its_name_are_told(talk: Talk) -> None:
    alice, bob, mallory, _ = talk
    nameless = alice.creates_room(preset="public_chat")
    for person in (bob, mallory):
        person.joins(nameless)
    for n in range(12):
        alice.sends(nameless, str(n))

    sync = bob.syncs(filter=LAZY)

    assert sync.room(nameless)["summary"]["m.heroes"] == [alice.user_id, mallory.user_id]
    assert members(sync, nameless) == [alice.user_id, bob.user_id, mallory.user_id]


def test_a_large_room_is_told_in_a_few_members(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(preset="public_chat", name="Large")
    crowd = [Person(server, f"p{n}") for n in range(40)]
    for person in crowd:
        person.registers()
        person.joins(room)
    for n in range(12):
        crowd[n % 2].sends(room, str(n))

    sync = alice.syncs(filter=LAZY)

    assert members(sync, room) == sorted([alice.user_id, crowd[0].user_id, crowd[1].user_id])
    assert sync.room(room)["summary"]["m.joined_member_count"] == 41
