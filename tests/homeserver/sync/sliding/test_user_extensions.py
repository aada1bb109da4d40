"""Threads that are followed, profiles, and events that stick."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.homeserver.sync.sliding.clients import SlidingClient
from tests.people import JsonObject, Person, Server

THREADS = "io.element.msc4308.thread_subscriptions"
PROFILES = "org.matrix.msc4262.profiles"
STICKY = "org.matrix.msc4354.sticky_events"


@pytest.fixture(params=[False, True], ids=["older", "merged"])
def merged(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def shared_room(owner: Person, *others: Person, **options: object) -> str:
    room = owner.creates_room(preset="public_chat", **options)
    for other in others:
        other.joins(room)
    return room


def subscription(room: str, root: str) -> str:
    return f"/unstable/io.element.msc4306/rooms/{room}/thread/{root}/subscription"


def test_threads_that_are_followed_are_told_and_the_rest_is_fetched(
    server: Server, merged: bool
) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    roots = [alice.sends(room, str(n)) for n in range(5)]
    for root in roots:
        alice.put(subscription(room, root), {})
    client = SlidingClient(alice, merged=merged).enables(THREADS, limit=2)

    first = client.syncs().extension(THREADS)

    assert set(first["subscribed"][room]) == set(roots[3:])
    rest = alice.get(
        "/unstable/io.element.msc4308/thread_subscriptions",
        dir="b",
        **{"from": first["prev_batch"]},
    )
    assert set(rest["subscribed"][room]) == set(roots[:3])
    before = client.pos
    waiting = client.starts()
    alice.delete(subscription(room, roots[0]))
    second = client.takes(waiting).extension(THREADS)
    assert list(second) == ["unsubscribed"]
    assert list(second["unsubscribed"][room]) == [roots[0]]
    assert client.syncs().extension(THREADS) == {}
    page = alice.get("/unstable/io.element.msc4308/thread_subscriptions", dir="b", to=before)
    assert page == {"subscribed": {}} | second


def status(person: Person, text: str | None) -> None:
    path = f"/v3/profile/{person.user_id}/m.status"
    if text is None:
        person.delete(path)
    else:
        person.put(path, {"m.status": {"text": text}})


def test_profiles_come_with_rooms_then_as_they_change(server: Server, merged: bool) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    room = shared_room(alice, bob)
    status(bob, "swimming")
    status(carol, "hidden")
    bob.sends(room, "hi")
    client = SlidingClient(alice, merged=merged).looks_at([0, 9])
    client.enables(PROFILES, fields=["m.status"])

    first = client.syncs().extension(PROFILES)

    assert first == {"users": {bob.user_id: {"updated": {"m.status": {"text": "swimming"}}}}}
    waiting = client.starts()
    status(bob, "drying")
    second = client.takes(waiting).extension(PROFILES)
    assert second["users"][bob.user_id] == {"updated": {"m.status": {"text": "drying"}}}
    status(bob, None)
    status(carol, "still hidden")
    third = client.syncs().extension(PROFILES)
    assert third == {"users": {bob.user_id: {"removed": ["m.status"]}}}
    bob.put(f"/v3/profile/{bob.user_id}/org.test", {"org.test": 1})
    assert client.syncs().extension(PROFILES) == {}
    bob.leaves(room)
    assert client.syncs().extension(PROFILES) == {"users": {bob.user_id: None}}


def test_profile_changes_outlive_a_restart(start_server: Callable[..., Server]) -> None:
    alice, bob = start_server().people("alice", "bob")
    shared_room(alice, bob)
    client = SlidingClient(alice).looks_at([0, 9]).enables(PROFILES)
    client.syncs()
    status(bob, "gone")

    alice.server = bob.server = start_server()

    users = client.syncs().extension(PROFILES)["users"]
    assert users == {bob.user_id: {"updated": {"m.status": {"text": "gone"}}}}


def sticks(person: Person, room: str, name: str) -> str:
    path = f"/v3/rooms/{room}/send/org.test/{person.server.number()}"
    query: dict[str, Any] = {"org.matrix.msc4354.sticky_duration_ms": 60_000}
    return str(person.put(path, {"msc4354_sticky_key": name}, **query)["event_id"])


def ids(section: JsonObject, room: str) -> list[str]:
    return [event["event_id"] for event in section.get("rooms", {}).get(room, {}).get("events", [])]


def test_sticky_events_come_in_order_and_none_is_lost(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice, bob)
    sent = [sticks(alice, room, str(n)) for n in range(5)]
    bob.sends(room, "after that")
    client = SlidingClient(bob, merged=merged).looks_at([0, 9], timeline_limit=1)
    first = client.enables(STICKY, limit=2).syncs().extension(STICKY)
    assert ids(first, room) == sent[:2]

    second = client.enables(STICKY, since=first["next_batch"]).syncs().extension(STICKY)

    assert ids(second, room) == sent[2:]
    client.enables(STICKY, since=second["next_batch"])
    assert client.syncs().extension(STICKY) == {}
    server.clock.advance(61)
    assert (
        SlidingClient(bob, "new", merged).looks_at().enables(STICKY).syncs().extension(STICKY) == {}
    )


def test_sticky_events_of_rooms_out_of_range_come_too(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    far, near = shared_room(alice, bob), shared_room(alice, bob)
    event = sticks(alice, far, "x")
    alice.sends(near, "up")
    client = SlidingClient(bob, merged=merged).looks_at([0, 0]).enables(STICKY)

    answer = client.syncs()

    assert set(answer.rooms) == {near}
    assert ids(answer.extension(STICKY), far) == [event]


def test_what_the_timeline_shows_is_not_shown_twice(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = shared_room(alice, bob)
    sticks(alice, room, "x")
    client = SlidingClient(bob, merged=merged).looks_at([0, 9]).enables(STICKY)

    assert ids(client.syncs().extension(STICKY), room) == []
