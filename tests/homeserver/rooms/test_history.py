"""Which messages somebody may read: by the room's setting then, and by what they were then."""

import pytest

from homeserver.rooms.history import Spell, known_upto, membership_at, start_of_stay
from tests.people import Person, Refused, Server

SETTINGS = ("world_readable", "shared", "invited", "joined")


def said_at_each_time(alice: Person, bob: Person, setting: str) -> tuple[str, dict[str, str]]:
    """A room in which something was said before bob was invited, before he joined, and so on."""
    room = alice.creates_room(
        initial_state=[
            {"type": "m.room.history_visibility", "content": {"history_visibility": setting}}
        ]
    )
    said = {"before": alice.sends(room, "before")}
    alice.invites(room, bob)
    said["invited"] = alice.sends(room, "invited")
    bob.joins(room)
    said["joined"] = alice.sends(room, "joined")
    bob.leaves(room)
    said["gone"] = alice.sends(room, "gone")
    return room, said


def reads(person: Person, room: str, said: dict[str, str]) -> set[str]:
    """The times of whose messages the person may read each by itself."""
    return {time for time, event_id in said.items() if may_read(person, room, event_id)}


def may_read(person: Person, room: str, event_id: str) -> bool:
    try:
        return bool(person.get(f"/v3/rooms/{room}/event/{event_id}"))
    except Refused as refused:
        assert refused.status == 404
        return False


WHILE_GONE = {
    "world_readable": {"before", "invited", "joined", "gone"},
    "shared": {"before", "invited", "joined"},
    "invited": {"invited", "joined"},
    "joined": {"joined"},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_somebody_who_left_reads_what_they_could_read_inside(server: Server, setting: str) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    room, said = said_at_each_time(alice, bob, setting)

    assert reads(bob, room, said) == WHILE_GONE[setting]
    assert reads(alice, room, said) == set(said)
    stranger_reads = set(said) if setting == "world_readable" else set()
    assert reads(mallory, room, said) == stranger_reads


@pytest.mark.parametrize("setting", SETTINGS)
def test_who_comes_back_reads_on(server: Server, setting: str) -> None:
    alice, bob = server.people("alice", "bob")
    room, said = said_at_each_time(alice, bob, setting)
    alice.invites(room, bob)
    bob.joins(room)

    also = {"gone"} if setting in ("world_readable", "shared") else set[str]()

    assert reads(bob, room, said) == WHILE_GONE[setting] | also
    chunk = bob.get(f"/v3/rooms/{room}/messages", dir="f", limit=100)["chunk"]
    paged = {event["event_id"] for event in chunk}
    assert {time for time, event_id in said.items() if event_id in paged} == (
        WHILE_GONE[setting] | also
    )


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_sync_tells_a_newcomer_no_more_than_they_may_read(server: Server, setting: str) -> None:
    alice, bob = server.people("alice", "bob")
    room, said = said_at_each_time(alice, bob, setting)
    alice.invites(room, bob)
    bob.joins(room)

    told = set(bob.syncs(filter={"room": {"timeline": {"limit": 100}}}).timeline(room))

    assert {time for time, event_id in said.items() if event_id in told} == reads(bob, room, said)


def test_a_changed_setting_holds_from_then_on(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    said = {"shared": alice.sends(room, "shared")}
    alice.sets(room, "m.room.history_visibility", {"history_visibility": "joined"})
    said["joined"] = alice.sends(room, "joined")
    bob.joins(room)

    assert reads(bob, room, said) == {"shared"}


def test_somebody_with_only_an_invite_reads_nothing(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(invite=[bob.user_id])
    said = alice.sends(room, "secret")

    assert not may_read(bob, room, said)


STAYS = [Spell(50, "join"), Spell(40, "invite"), Spell(30, "leave"), Spell(10, "join")]


@pytest.mark.parametrize(
    ("since", "place"), [(5, 0), (10, 10), (20, 20), (30, 30), (45, 30), (50, 50), (90, 90)]
)
def test_a_room_is_known_up_to_where_one_left_it(since: int, place: int) -> None:
    assert known_upto(STAYS, since) == place


def test_strangers_know_nothing_of_a_room() -> None:
    assert known_upto([Spell(10, "invite")], 20) == 0
    assert known_upto([], 20) == 0


def test_memberships_follow_each_other() -> None:
    places = (5, 10, 29, 30, 45, 60)
    assert [membership_at(STAYS, place) for place in places] == [
        "leave",
        "join",
        "join",
        "leave",
        "invite",
        "join",
    ]
    assert start_of_stay(STAYS) == 50
    assert start_of_stay(STAYS[1:]) is None
    assert start_of_stay([Spell(9, "join"), Spell(7, "join"), Spell(3, "leave")]) == 7
