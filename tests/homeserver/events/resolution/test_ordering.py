"""The two orders of state resolution v2."""

from hypothesis import given
from hypothesis import strategies as st

from homeserver.events.event import Event
from homeserver.events.resolution.ordering import (
    mainline_order,
    reverse_topological_power_order,
)
from homeserver.events.resolution.sources import KnownEvents
from homeserver.events.room_versions import ROOM_VERSIONS
from tests.homeserver.events.room_of_branches import RoomOfBranches
from tests.homeserver.events.rooms_at_random import (
    RandomRoom,
    at_random,
    newer_versions,
    play,
    steps,
)


def new_room() -> RoomOfBranches:
    return RoomOfBranches(ROOM_VERSIONS["10"])


def in_power_order(room: RoomOfBranches, *events: Event) -> list[Event]:
    event_ids = {event.event_id for event in events}
    return reverse_topological_power_order(event_ids, KnownEvents(room))


def test_the_more_powerful_sender_comes_first() -> None:
    room = new_room()
    start = room.joins("bob", after=room.begins({"bob": 50}))
    by_bob = room.bans("carol", by="bob", after=start)
    by_alice = room.bans("dave", by="alice", after=by_bob)

    assert in_power_order(room, by_bob, by_alice) == [by_alice, by_bob]


def test_an_auth_event_comes_before_what_it_authorises_however_powerful_the_sender() -> None:
    room = new_room()
    start = room.joins("bob", after=room.begins({"bob": 50}))
    levels = room.sets_levels({"bob": 50, "carol": 10}, by="bob", after=start)
    ban = room.bans("carol", by="alice", after=levels)

    assert in_power_order(room, ban, levels) == [levels, ban]


def test_of_equal_senders_the_earlier_event_comes_first() -> None:
    room = new_room()
    start = room.begins()
    early = room.bans("carol", by="alice", after=start)
    late = room.bans("dave", by="alice", after=early)

    assert in_power_order(room, late, early) == [early, late]


def test_at_the_same_time_the_event_id_decides() -> None:
    room = new_room()
    start = room.begins()
    events = [room.bans(name, by="alice", after=start) for name in ("carol", "dave", "erin")]

    assert in_power_order(room, *events) == sorted(events, key=lambda event: event.event_id)


def test_events_that_cite_each_other_are_left_out() -> None:
    room = RoomOfBranches(ROOM_VERSIONS["2"])
    start = room.begins()
    first = room.bans("carol", by="alice", after=start)
    second = room.bans("dave", by="alice", after=start)
    first.auth_events += (second.event_id,)
    second.auth_events += (first.event_id,)

    assert in_power_order(room, first, second) == []


def test_events_under_older_power_levels_come_first_whatever_their_clock_says() -> None:
    room = new_room()
    start = room.joins("bob", after=room.begins())
    levels = room.sets_levels({"bob": 10}, by="alice", after=start)
    old = room.sends("alice", "m.room.topic", {}, after=[start], later_ms=9_000_000)
    new = room.sends("alice", "m.room.name", {}, after=[levels], later_ms=-9_000_000)

    ordered = mainline_order([new.event_id, old.event_id], levels, KnownEvents(room))

    assert ordered == [old, new]


def test_events_outside_the_mainline_come_first_of_all() -> None:
    room = new_room()
    start = room.joins("bob", after=room.begins({"bob": 100}))
    mainline = room.sets_levels({"bob": 100, "carol": 1}, by="alice", after=start)
    inside = room.sets_topic("inside", by="alice", after=mainline)
    before_any_levels = room.events[next(iter(room.events))]

    ordered = mainline_order(
        [inside.event_id, before_any_levels.event_id], mainline, KnownEvents(room)
    )

    assert ordered == [before_any_levels, inside]


def test_without_power_levels_the_clock_decides() -> None:
    room = new_room()
    start = room.begins()
    late = room.sends("alice", "m.room.topic", {}, after=[start], later_ms=10)
    early = room.sends("alice", "m.room.name", {}, after=[start], later_ms=5)

    ordered = mainline_order([late.event_id, early.event_id], None, KnownEvents(room))

    assert ordered == [early, late]


@at_random
@given(st.builds(play, newer_versions, steps()))
def test_every_event_has_its_place_after_those_it_cites(made: RandomRoom) -> None:
    ordered = reverse_topological_power_order(made.room.events.keys(), KnownEvents(made.room))

    places = {event.event_id: place for place, event in enumerate(ordered)}
    assert places.keys() == made.room.events.keys()
    for event in ordered:
        assert all(places[auth] < places[event.event_id] for auth in event.auth_events)
