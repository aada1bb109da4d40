"""Rooms that go on apart and come together again."""

from typing import Any

from homeserver.storage.cache import Cache
from tests.conftest import Link
from tests.linked_servers import LinkedServer, Network

Pair = list[LinkedServer]


def test_what_was_said_apart_is_heard_by_both_in_the_end(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    alice.syncs(), bob.syncs()

    with network.cut("a", "b"):
        alice.sends(room, "is anybody here?")
        bob.sends(room, "hello?")
    alice.sends(room, "I was away")
    bob.sends(room, "so was I")

    said = {"is anybody here?", "hello?", "I was away", "so was I"}
    assert set(alice.syncs().texts(room)) == said
    assert set(bob.syncs().texts(room)) == said
    assert a.head(room).extremities == b.head(room).extremities
    assert len(a.head(room).extremities) == 1


def test_conflicting_changes_are_resolved_alike_on_both_sides(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob, carol = a.person("alice"), *b.people("bob", "carol")
    levels = {"users": {"@alice:a": 100, "@bob:b": 50}}
    room = alice.creates_room(
        preset="public_chat", room_version="10", power_level_content_override=levels
    )
    bob.post(f"/v3/join/{room}?via=a")
    carol.joins(room)

    with network.cut("a", "b"):
        alice.sets(room, "m.room.topic", {"topic": "cats"})
        alice.sets(room, "m.room.power_levels", {**levels, "users": {"@alice:a": 100}})
        bob.sets(room, "m.room.topic", {"topic": "dogs"})
        bob.sets(room, "m.room.name", {"name": "Bob's"})
        bob.sends(room, "mine now")
    alice.sends(room, "back")
    bob.post(f"/v3/rooms/{room}/receipt/m.read/{alice.sends(room, 'still here')}")
    carol.sends(room, "finally")

    assert a.state_of(room) == b.state_of(room)
    assert a.head(room).extremities == b.head(room).extremities
    assert alice.state(room, "m.room.topic") == bob.state(room, "m.room.topic")
    # Bob had no power any more where the two sides met.
    assert alice.state(room, "m.room.topic")["topic"] == "cats"
    assert ("m.room.name", "") not in a.state_of(room)


def test_whoever_is_banned_on_one_side_is_banned_on_both(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob, carol = a.person("alice"), *b.people("bob", "carol")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    carol.joins(room)
    carol.syncs()

    with network.cut("a", "b"):
        alice.post(f"/v3/rooms/{room}/ban", {"user_id": carol.user_id})
        late = carol.sends(room, "what nobody wants to hear")
        bob.sends(room, "meanwhile")
    alice.sends(room, "order")
    bob.sends(room, "at last")

    assert a.state_of(room) == b.state_of(room)
    assert "@carol:b" not in b.head(room).members
    assert "what nobody wants to hear" not in alice.syncs().texts(room)
    # It is kept, as others may build on it, but nobody is shown it.
    assert a.find(late) is None or a.stored(late).place is None
    assert room in carol.syncs().body["rooms"]["leave"]


def test_three_servers_agree_after_a_partition(link: Link) -> None:
    a, b, c = link("a", "b", "c")
    network = a.sender.network
    alice, bob, carol = a.person("alice"), b.person("bob"), c.person("carol")
    levels = {"users": {"@alice:a": 100, "@bob:b": 50, "@carol:c": 50}}
    room = alice.creates_room(
        preset="public_chat", room_version="11", power_level_content_override=levels
    )
    bob.post(f"/v3/join/{room}?via=a")
    carol.post(f"/v3/join/{room}?via=b")

    with network.cut("a", "b"), network.cut("b", "c"):
        alice.sets(room, "m.room.topic", {"topic": "one"})
        bob.sets(room, "m.room.topic", {"topic": "two"})
        carol.sets(room, "m.room.name", {"name": "three"})
        bob.post(f"/v3/rooms/{room}/ban", {"user_id": "@stranger:d"})
    for person in (alice, bob, carol, alice):
        person.sends(room, "hello again")

    assert a.state_of(room) == b.state_of(room) == c.state_of(room)
    assert a.head(room).extremities == b.head(room).extremities == c.head(room).extremities


def test_memory_and_rows_say_the_same_of_a_forked_room(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    with network.cut("a", "b"):
        alice.post(f"/v3/rooms/{room}/ban", {"user_id": "@nobody:c"})
        bob.leaves(room)
    alice.sends(room, "on")

    for server in pair:
        kept = server.head(room)
        memory = server.database.memory
        caches: list[Cache[Any, Any]] = [memory.heads, memory.events, memory.rooms_of_users]
        for cache in caches:
            for key in list(cache._values):
                cache.drop(key, memory.commits)
        read = server.head(room)
        assert read is not kept
        for part in ("root", "depth", "newest", "counted", "state", "members", "servers"):
            assert getattr(read, part) == getattr(kept, part), part
        assert set(read.extremities) == set(kept.extremities)


def test_changes_that_a_fork_brings_are_told_to_clients(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob, carol = a.person("alice"), *b.people("bob", "carol")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")
    carol.joins(room)
    bob.syncs(), carol.syncs()

    with network.cut("a", "b"):
        alice.post(f"/v3/rooms/{room}/ban", {"user_id": carol.user_id})
        bob.sends(room, "meanwhile")
    carol.syncs()
    waiting = carol.starts_sync()
    assert not waiting.is_answered
    alice.sends(room, "hello")

    assert room in waiting.answer().body["rooms"]["leave"]
    joined = bob.get(f"/v3/rooms/{room}/joined_members")["joined"]
    assert set(joined) == {"@alice:a", "@bob:b"}


def test_many_branches_are_merged(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")

    for number in range(4):
        with network.cut("a", "b"):
            alice.sends(room, f"a{number}")
            bob.sends(room, f"b{number}")
        bob.sends(room, f"merge {number}")

    assert len(a.head(room).extremities) <= 2
    alice.sends(room, "all of it")
    assert len(a.head(room).extremities) == len(b.head(room).extremities) == 1
