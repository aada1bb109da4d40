"""What events rest upon, judged before it is kept."""

from homeserver.events.event import Event
from homeserver.rooms.incoming.outliers import after_their_auth_events, vet
from tests.homeserver.events.rooms import ALICE, CREATOR, Room


def by_id(*found: Event) -> dict[str, Event]:
    return {event.event_id: event for event in found}


def room_with_members() -> tuple[Room, list[Event]]:
    """A room that anybody may join, and the events by which three did what they did."""
    room = Room.of("10")
    create = room.event("m.room.create", room.create.content, "", prev_events=[])
    creator = room.event(
        "m.room.member",
        {"membership": "join"},
        CREATOR,
        auth_events=[create.event_id],
        prev_events=[create.event_id],
    )
    rules = room.event(
        "m.room.join_rules",
        {"join_rule": "public"},
        "",
        auth_events=[create.event_id, creator.event_id],
    )
    join = room.event(
        "m.room.member",
        {"membership": "join"},
        ALICE,
        sender=ALICE,
        auth_events=[create.event_id, rules.event_id],
    )
    return room, [create, creator, rules, join]


def test_events_come_after_what_they_rest_upon() -> None:
    _, found = room_with_members()

    ordered = after_their_auth_events(by_id(*reversed(found)))

    assert [e.event_id for e in ordered] == [e.event_id for e in found]


def test_allowed_events_are_kept_and_others_marked() -> None:
    room, found = room_with_members()
    create, creator, *_ = found
    bad = room.event(
        "m.room.name",
        {"name": "x"},
        "",
        sender=ALICE,
        auth_events=[create.event_id],
    )
    worse = room.event(
        "m.room.topic",
        {},
        "",
        auth_events=[create.event_id, creator.event_id, bad.event_id],
    )

    vetted = vet(by_id(*found, bad, worse), {})

    assert vetted.rejected == {bad.event_id, worse.event_id}
    assert len(vetted.events) == 6


def test_what_rests_on_events_that_nobody_has_is_left_out() -> None:
    room, found = room_with_members()
    loose = room.event("m.room.topic", {}, "", auth_events=["$nowhere"])

    assert loose not in vet(by_id(*found, loose), {}).events


def test_circles_of_events_come_to_an_end() -> None:
    room = Room.of("10")
    one = room.event("m.room.topic", {}, "", auth_events=["$two"])
    one = Event.from_pdu(one.pdu, room.version, "$one")
    two = room.event("m.room.topic", {}, "", auth_events=["$one"])
    two = Event.from_pdu(two.pdu, room.version, "$two")

    assert vet(by_id(one, two), {}).events == []
