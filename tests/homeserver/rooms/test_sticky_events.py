"""Sticky events reach everybody in the room, until they expire."""

from collections.abc import Callable
from typing import Any

import pytest

from homeserver.events.building import Draft
from homeserver.storage.events import Standing
from homeserver.storage.outgoing import Kind, Outgoing
from tests.homeserver.rooms.incoming.test_receiving import forge
from tests.linked_servers import LinkedServer
from tests.people import Person, Refused, Server

TINY = {"room": {"timeline": {"limit": 1}}}


@pytest.fixture
def talk(server: Server) -> tuple[Person, Person, str]:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.syncs()
    return alice, bob, room


Talk = tuple[Person, Person, str]


def sticks(person: Person, room: str, name: str, seconds: int = 60) -> str:
    path = f"/v3/rooms/{room}/send/org.example.member/t{person.server.number()}"
    query = {"org.matrix.msc4354.sticky_duration_ms": seconds * 1000}
    return str(person.put(path, {"msc4354_sticky_key": name}, **query)["event_id"])


def sticky(person: Person, room: str, **query: Any) -> list[str]:
    found = person.syncs(**query).room(room).get("msc4354_sticky", {}).get("events", [])
    return [event["event_id"] for event in found]


def test_a_sticky_event_says_for_how_long_it_is_so(server: Server, talk: Talk) -> None:
    alice, bob, room = talk
    event_id = sticks(alice, room, "phone")
    server.clock.advance(20)

    (event,) = bob.syncs().events(room)

    assert event["msc4354_sticky"] == {"duration_ms": 60_000}
    assert event["unsigned"]["msc4354_sticky_duration_ttl_ms"] == 40_000
    server.clock.advance(50)
    later = bob.get(f"/v3/rooms/{room}/event/{event_id}")
    assert "msc4354_sticky_duration_ttl_ms" not in later["unsigned"]


def test_it_is_told_beside_a_timeline_that_leaves_it_out(talk: Talk) -> None:
    alice, bob, room = talk
    first = sticks(alice, room, "phone")
    second = sticks(alice, room, "laptop")
    alice.sends(room, "something else")

    found = bob.syncs(filter=TINY)

    assert found.texts(room) == ["something else"]
    shown = found.room(room)["msc4354_sticky"]["events"]
    assert [event["event_id"] for event in shown] == [first, second]
    assert sticky(bob, room) == []


def test_it_is_told_once(talk: Talk) -> None:
    alice, bob, room = talk
    event_id = sticks(alice, room, "phone")

    found = bob.syncs()

    assert found.timeline(room) == [event_id]
    assert "msc4354_sticky" not in found.room(room)
    alice.sends(room, "more")
    assert sticky(bob, room) == []


def test_who_comes_later_sees_what_is_still_sticky(server: Server, talk: Talk) -> None:
    alice, _, room = talk
    alice.sets(room, "m.room.history_visibility", {"history_visibility": "joined"})
    gone = sticks(alice, room, "old", 10)
    event_id = sticks(alice, room, "phone", 600)
    server.clock.advance(70)
    carol = server.person("carol")

    carol.joins(room)

    assert sticky(carol, room, filter=TINY) == [event_id]
    assert carol.get(f"/v3/rooms/{room}/event/{event_id}")["event_id"] == event_id
    with pytest.raises(Refused):
        carol.get(f"/v3/rooms/{room}/event/{gone}")


def test_redaction_and_ignoring_take_it_away(talk: Talk) -> None:
    alice, bob, room = talk
    event_id = sticks(alice, room, "phone")
    alice.redacts(room, event_id)
    alice.sends(room, "beside")
    assert sticky(bob, room, filter=TINY) == []

    sticks(alice, room, "laptop")
    alice.sends(room, "beside")
    ignored: dict[str, Any] = {"ignored_users": {alice.user_id: {}}}
    bob.put(f"/v3/user/{bob.user_id}/account_data/m.ignored_user_list", ignored)
    assert sticky(bob, room, filter=TINY) == []


def test_it_sticks_across_a_restart(start_server: Callable[..., Server]) -> None:
    alice = start_server().person("alice")
    room = alice.creates_room()
    event_id = sticks(alice, room, "phone", 600)
    alice.sends(room, "beside")

    alice.server = server = start_server()
    with pytest.raises(StopIteration):
        server.app.sending.sticky.start().send(None)

    assert sticky(alice, room, filter=TINY) == [event_id]


def test_the_time_is_bounded_and_state_cannot_stick(talk: Talk) -> None:
    alice, _, room = talk
    name = "org.matrix.msc4354.sticky_duration_ms"

    for path, duration in (
        (f"/v3/rooms/{room}/send/org.example/a", 3_600_001),
        (f"/v3/rooms/{room}/send/org.example/b", -1),
        (f"/v3/rooms/{room}/send/org.example/c", "x"),
        (f"/v3/rooms/{room}/state/org.example/d", 1000),
    ):
        with pytest.raises(Refused) as refused:
            alice.put(path, {}, **{name: duration})
        assert refused.value.status == 400


def test_a_delayed_event_sticks_from_when_it_is_sent(server: Server, talk: Talk) -> None:
    alice, bob, room = talk
    body = {"delay_ms": 10_000, "content": {"msc4354_sticky_key": "phone"}}
    path = f"/v3/rooms/{room}/delayed_event/org.example.member/t"
    alice.put(path, body, sticky_duration_ms=60_000)
    server.clock.advance(11)

    (event,) = bob.syncs().events(room)

    assert event["unsigned"]["msc4354_sticky_duration_ttl_ms"] == 60_000


def test_a_server_that_comes_later_gets_what_is_sticky(pair: list[LinkedServer]) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    event_id = sticks(alice, room, "phone")
    told: list[Outgoing] = []
    a.app.notifier.listen(Outgoing, told.append)

    bob.post(f"/v3/join/{room}?via=a")

    events = [change for change in told if change.news.kind == Kind.EVENT]
    position = a.stored(event_id).position
    assert [(it.news.subject, it.servers) for it in events] == [(position, frozenset(["b"]))]


def test_what_was_refused_at_first_is_let_in_once_it_is_right(pair: list[LinkedServer]) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    late = forge(b, room, "@bob:b", Draft("org.example.member", {}, sticky_ms=60_000))
    alice.post(f"/v3/rooms/{room}/kick", {"user_id": "@bob:b"})
    b.sends_pdus("a", late.pdu)
    assert a.stored(late.event_id).standing is Standing.SOFT_FAILED
    alice.syncs()

    bob.post(f"/v3/join/{room}?via=a")

    assert late.event_id in alice.syncs().timeline(room)
    alice.sends(room, "and on it goes")
    assert a.head(room).extremities == (a.head(room).extremities[0],)


def test_who_dates_it_into_the_future_gains_nothing(pair: list[LinkedServer]) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    draft = Draft("org.example.member", {}, sticky_ms=60_000)
    event = forge(b, room, "@bob:b", draft, origin_server_ts=a.clock.now_ms() + 10_000_000)

    b.sends_pdus("a", event.pdu)

    (shown,) = [it for it in alice.syncs().events(room) if it["event_id"] == event.event_id]
    assert shown["unsigned"]["msc4354_sticky_duration_ttl_ms"] == 60_000
