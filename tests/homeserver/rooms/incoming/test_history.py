"""Pages of history that this server never saw."""

from typing import Any

from tests.linked_servers import LinkedServer, Network
from tests.people import Person

Pair = list[LinkedServer]


def texts_back(person: Person, room: str, limit: int = 20) -> list[str]:
    """All that was said, newest first, page by page."""
    found: list[str] = []
    start: dict[str, Any] = {}
    for _ in range(30):
        page = person.get(f"/v3/rooms/{room}/messages", dir="b", limit=limit, **start)
        found += [e["content"]["body"] for e in page["chunk"] if e["type"] == "m.room.message"]
        if "end" not in page:
            return found
        start = {"from": page["end"]}
    raise AssertionError("there is no end of it")


def test_whoever_pages_back_sees_what_was_before_the_join(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    for number in range(150):
        if number % 50 == 0:
            alice.sets(room, "m.room.topic", {"topic": str(number)})
        alice.sends(room, f"old {number}")
    bob.post(f"/v3/join/{room}?via=a")
    alice.sends(room, "new")

    said = texts_back(bob, room)

    assert said == ["new", *(f"old {number}" for number in reversed(range(150)))]
    # The room's own state and its newest events stay what they were.
    assert a.state_of(room) == b.state_of(room)
    assert bob.syncs(since="").texts(room)[-1] == "new"


def test_history_is_hidden_from_those_who_may_not_see_it(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    alice.sends(room, "for all")
    alice.sets(room, "m.room.history_visibility", {"history_visibility": "joined"})
    alice.sends(room, "only for members")
    bob.post(f"/v3/join/{room}?via=a")
    alice.sends(room, "welcome")

    assert texts_back(bob, room) == ["welcome", "for all"]


def test_a_page_is_shown_also_when_nobody_can_be_asked(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    alice.sends(room, "old")
    bob.post(f"/v3/join/{room}?via=a")
    bob.sends(room, "mine")

    with network.cut("a", "b"):
        assert texts_back(bob, room) == ["mine"]


def test_a_long_absence_leaves_a_gap_that_is_filled_by_who_pages(
    pair: Pair, network: Network
) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    bob.leaves(room)
    for number in range(30):
        alice.sends(room, f"unheard {number}")
    b.person("filler").creates_room(), [b.person(f"p{n}") for n in range(3)]

    bob.post(f"/v3/join/{room}?via=a")
    alice.sends(room, "hello again")

    said = texts_back(bob, room)
    assert said[0] == "hello again"
    assert said[1:] == [f"unheard {n}" for n in reversed(range(30))][: len(said) - 1]
    assert len(said) > 10


def closest(person: Person, room: str, ts: int, direction: str) -> str:
    path = f"/v1/rooms/{room}/timestamp_to_event"
    return str(person.get(path, ts=ts, dir=direction)["event_id"])


def test_an_event_closest_to_a_time_is_asked_for_where_history_is_missing(
    pair: Pair, network: Network
) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    old, times = [], []
    for number in range(40):
        a.clock.advance(60)
        old.append(alice.sends(room, f"old {number}"))
        times.append(a.clock.now_ms())
    a.clock.advance(600)
    b.clock.advance(3000)
    bob.post(f"/v3/join/{room}?via=a")
    alice.sends(room, "new")

    assert closest(bob, room, times[20] - 1, "f") == old[20]
    assert closest(bob, room, times[10] + 1, "b") == old[10]
    context = bob.get(f"/v3/rooms/{room}/context/{old[20]}", limit=4)
    assert context["event"]["content"]["body"] == "old 20"
    network.asked.clear()
    assert closest(bob, room, times[20], "f") == old[20]
    assert not network.asked
    # What lies between is still to be had, in order.
    assert texts_back(bob, room) == ["new", *(f"old {n}" for n in reversed(range(40)))]


def test_a_time_is_answered_as_well_as_may_be_when_nobody_can_be_asked(
    pair: Pair, network: Network
) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    alice.sends(room, "old")
    for server in pair:
        server.clock.advance(60)
    bob.post(f"/v3/join/{room}?via=a")

    with network.cut("a", "b"):
        found = closest(bob, room, 1, "f")

    assert bob.get(f"/v3/rooms/{room}/event/{found}")["type"] == "m.room.member"
    assert bob.get(f"/v3/rooms/{room}/event/{found}")["sender"] == bob.user_id
