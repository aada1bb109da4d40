"""Users and rooms that services make when somebody asks for them."""

from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest

from homeserver.http.request import Request
from homeserver.http.response import Response, json_response
from tests.homeserver.appservices.bridge import NOT_FOUND, Bridge, World
from tests.people import Person, Refused

pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)

USERS, ROOMS = "/_matrix/app/v1/users/", "/_matrix/app/v1/rooms/"


def makes_users(world: World, bridge: Bridge) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        user_id = unquote(request.path.removeprefix(USERS))
        world.ghost(bridge, user_id[1:].partition(":")[0])
        return json_response({})

    return answer


def asked(bridge: Bridge, start: str) -> list[str]:
    paths = (request.path for request in bridge.requests)
    return [unquote(path.removeprefix(start)) for path in paths if path.startswith(start)]


def finished(world: World, person: Person, method: str, path: str, body: object = None) -> object:
    """The answer to a request during which the bridge is asked."""
    exchange = person.ask(method, path, body)
    world.settles()
    return exchange.json()


def test_an_invite_lets_a_service_make_its_user(world: World, bridge: Bridge) -> None:
    alice = world.server.person("alice")
    room = alice.creates_room()
    bridge.answers[USERS] = makes_users(world, bridge)

    finished(world, alice, "POST", f"/v3/rooms/{room}/invite", {"user_id": "@_irc_new:test"})

    assert asked(bridge, USERS) == ["@_irc_new:test"]
    assert alice.state(room, "m.room.member", "@_irc_new:test")["membership"] == "invite"
    assert alice.get("/v3/profile/@_irc_new:test") == {"displayname": "_irc_new"}


def test_a_look_at_a_profile_lets_a_service_make_its_user(world: World, bridge: Bridge) -> None:
    alice = world.server.person("alice")
    bridge.answers[USERS] = makes_users(world, bridge)

    profile = finished(world, alice, "GET", "/v3/profile/@_irc_new:test")

    assert profile == {"displayname": "_irc_new"}


def test_a_user_whom_the_service_does_not_know_is_not_there(world: World, bridge: Bridge) -> None:
    alice = world.server.person("alice")
    room = alice.creates_room()

    for _ in range(3):
        with pytest.raises(Refused) as refused:
            finished(world, alice, "POST", f"/v3/rooms/{room}/invite", {"user_id": "@_irc_x:test"})
        assert refused.value.errcode == "M_NOT_FOUND"

    # The first answer holds for a while.
    assert asked(bridge, USERS) == ["@_irc_x:test"]


def test_a_service_is_not_asked_for_whom_it_invites_itself(world: World, bridge: Bridge) -> None:
    bot = world.bot(bridge)
    room = bot.creates_room()

    finished(world, bot, "POST", f"/v3/rooms/{room}/invite", {"user_id": "@_irc_x:test"})

    assert asked(bridge, USERS) == []


def test_nobody_is_asked_for_users_outside_of_every_namespace(world: World, bridge: Bridge) -> None:
    alice = world.server.person("alice")

    with pytest.raises(Refused) as refused:
        alice.get("/v3/profile/@nobody:test")

    assert refused.value.errcode == "M_NOT_FOUND"
    assert bridge.requests == []


def test_an_alias_lets_a_service_make_its_room(world: World, bridge: Bridge) -> None:
    alice, bot = world.server.person("alice"), world.bot(bridge)

    def make_room(request: Request) -> Response:
        bot.creates_room(preset="public_chat", room_alias_name="_irc_room")
        return json_response({})

    bridge.answers[ROOMS] = make_room
    answer = finished(world, alice, "POST", "/v3/join/" + quote("#_irc_room:test"), {})

    assert asked(bridge, ROOMS) == ["#_irc_room:test"]
    assert isinstance(answer, dict) and answer["room_id"] in alice.syncs().body["rooms"]["join"]


def test_an_alias_that_the_service_does_not_know_is_not_there(world: World, bridge: Bridge) -> None:
    alice = world.server.person("alice")

    with pytest.raises(Refused) as refused:
        finished(world, alice, "GET", "/v3/directory/room/" + quote("#_irc_room:test"))

    assert refused.value.errcode == "M_NOT_FOUND"


def test_a_service_that_does_not_answer_times_out_for_the_client(
    world: World, bridge: Bridge
) -> None:
    alice = world.server.person("alice")
    world.internet.unlisten("127.0.0.1", 9000)
    world.internet.swallows("127.0.0.1", 9000)
    exchange = alice.ask("GET", "/v3/directory/room/" + quote("#_irc_room:test"))

    world.settles(9)
    world.settles(9)

    # Application Service API, "Querying"; the list of the endpoint's answers leaves it out.
    assert exchange.raw()[0] == 408


def test_a_service_that_fails_does_not_keep_its_user_from_being_invited(
    world: World, bridge: Bridge
) -> None:
    alice = world.server.person("alice")
    room = alice.creates_room()
    bridge.answers[USERS] = lambda _: json_response({}, 500)

    finished(world, alice, "POST", f"/v3/rooms/{room}/invite", {"user_id": "@_irc_new:test"})
    world.settles()

    assert [event["state_key"] for event in bridge.events()] == ["@_irc_new:test"]
    bridge.answers[USERS] = lambda _: NOT_FOUND


def test_many_questions_at_once_do_not_pile_up(world: World, bridge: Bridge) -> None:
    alice = world.server.person("alice")
    world.internet.unlisten("127.0.0.1", 9000)
    world.internet.swallows("127.0.0.1", 9000)

    for number in range(200):
        alice.ask("GET", f"/v3/profile/@_irc_{number}:test")

    assert len(world.internet.calls) <= 51
