"""Transactions reach their services, whole and in order, whatever happens in between."""

import pytest

from homeserver.http.response import Response, json_response
from tests.homeserver.appservices.bridge import Bridge, World, query_of
from tests.people import Person


@pytest.fixture
def talk(world: World, bridge: Bridge) -> tuple[Person, str]:
    """Alice, and a room in which she is with a ghost."""
    alice = world.server.person("alice")
    ghost = world.ghost(bridge, "_irc_bob")
    room = alice.creates_room(preset="public_chat")
    ghost.joins(room)
    world.settles()
    bridge.taken.clear()
    bridge.tried.clear()
    return alice, room


def test_a_service_gets_what_happens_around_its_users(
    world: World, bridge: Bridge, talk: tuple[Person, str]
) -> None:
    alice, room = talk

    event_id = alice.sends(room, "hello")
    world.settles()

    (transaction,) = bridge.taken
    (event,) = transaction.events
    assert (event["event_id"], event["room_id"]) == (event_id, room)
    assert event["content"]["body"] == "hello"
    assert event["unsigned"] == {"age": 0}
    assert bridge.requests[-1].headers[b"authorization"] == b"Bearer hs-secret"
    assert "access_token" not in query_of(bridge.requests[-1])


def test_a_service_gets_nothing_of_other_rooms(world: World, bridge: Bridge) -> None:
    alice = world.server.person("alice")
    room = alice.creates_room()

    alice.sends(room, "hello")
    world.settles()

    assert bridge.tried == []


def test_a_failing_service_gets_the_same_transaction_again(
    world: World, bridge: Bridge, talk: tuple[Person, str]
) -> None:
    alice, room = talk
    bridge.status = 500

    alice.sends(room, "one")
    world.settles()
    alice.sends(room, "two")
    for _ in range(5):
        world.settles(20)
    bridge.status = 200
    world.settles(60)

    first, *others = bridge.tried
    repeated = [it for it in others if it.txn_id == first.txn_id]
    assert len(repeated) >= 3
    assert {it.raw for it in repeated} == {first.raw}
    assert bridge.texts() == ["one", "two"]
    assert len({it.txn_id for it in bridge.taken}) == 2


def test_a_service_that_fails_is_let_be_longer_each_time(
    world: World, bridge: Bridge, talk: tuple[Person, str]
) -> None:
    alice, room = talk
    bridge.status = 502

    alice.sends(room, "one")
    for _ in range(3600):
        world.settles(1)

    assert 15 <= len(bridge.tried) <= 25
    bridge.status = 200
    world.settles(360)
    assert bridge.texts() == ["one"]


def test_what_was_missed_comes_after_a_restart(
    world: World, bridge: Bridge, talk: tuple[Person, str]
) -> None:
    alice, room = talk
    bridge.status = 503
    alice.sends(room, "one")
    world.settles()
    for number in range(250):
        alice.sends(room, str(number))
    first = bridge.tried[-1]

    world.dies()
    bridge.tried.clear()
    bridge.status = 200
    world.starts()
    for _ in range(5):
        world.settles(1)

    assert bridge.tried[0].txn_id == first.txn_id
    assert bridge.tried[0].raw == first.raw
    assert bridge.texts() == ["one", *map(str, range(250))]
    assert max(len(it.events) for it in bridge.taken) == 100
    Person(world.server, "alice", alice.token).sends(room, "after", "a new txn")
    world.settles()
    assert bridge.texts()[-1] == "after"


def test_a_restart_does_not_shorten_the_wait(
    world: World, bridge: Bridge, talk: tuple[Person, str]
) -> None:
    alice, room = talk
    bridge.status = 503
    alice.sends(room, "one")
    for _ in range(200):
        world.settles(5)
    tries = len(bridge.tried)

    world.dies()
    world.starts()
    world.settles(5)

    assert len(bridge.tried) <= tries + 1
    bridge.status = 200
    world.settles(400)
    assert bridge.texts() == ["one"]


def test_a_service_that_hangs_holds_up_nobody(
    world: World, bridge: Bridge, talk: tuple[Person, str]
) -> None:
    alice, room = talk
    world.internet.unlisten("127.0.0.1", 9000)
    world.internet.swallows("127.0.0.1", 9000)

    alice.sends(room, "one")
    alice.sends(room, "two")
    world.settles(120)
    world.listens(bridge)
    world.settles(120)

    assert bridge.texts() == ["one", "two"]


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_more_than_memory_holds_comes_from_the_database(
    world: World, bridge: Bridge, talk: tuple[Person, str]
) -> None:
    alice, room = talk
    bridge.status = 500
    for number in range(1100):
        alice.sends(room, str(number))
    world.settles()

    bridge.status = 200
    for _ in range(20):
        world.settles(30)

    assert bridge.texts() == list(map(str, range(1100)))


def test_a_service_that_asks_for_something_is_tried_at_once(
    world: World, bridge: Bridge, talk: tuple[Person, str]
) -> None:
    alice, room = talk
    bridge.status = 500
    alice.sends(room, "one")
    for _ in range(100):
        world.settles(10)
    bridge.status = 200
    world.settles(4)
    assert bridge.taken == []

    world.bot(bridge).get("/v3/account/whoami")
    world.settles()

    assert bridge.texts() == ["one"]


def test_a_service_without_an_address_gets_nothing(world: World) -> None:
    quiet = world.adds(url=None)
    server = world.starts()
    alice = server.person("alice")
    ghost = world.ghost(quiet, "_irc_bob")
    room = alice.creates_room(preset="public_chat")

    ghost.joins(room)
    alice.sends(room, "hello")
    world.settles(10)

    assert quiet.requests == []


def test_a_service_that_knows_only_old_paths_is_asked_there(
    world: World, bridge: Bridge, talk: tuple[Person, str]
) -> None:
    alice, room = talk
    bridge.answers["/_matrix/app/v1"] = lambda _: Response(b"no", 404)
    bridge.answers["/transactions/"] = lambda _: json_response({})
    bridge.requests.clear()

    alice.sends(room, "one")
    world.settles()
    alice.sends(room, "two")
    world.settles()

    first, *others = bridge.requests
    assert first.path.startswith("/_matrix/app/v1/transactions/")
    assert [it.path.startswith("/transactions/") for it in others] == [True, True]
    assert [query_of(it)["access_token"] for it in others] == [["hs-secret"]] * 2
