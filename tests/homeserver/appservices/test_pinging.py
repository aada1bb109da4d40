"""A service finds out whether it can be reached."""

import json

import pytest

from homeserver.http.response import Response, json_response
from tests.homeserver.appservices.bridge import Bridge, World
from tests.internet import Speaker
from tests.people import Exchange, Person, Refused

pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)

PING = "/_matrix/app/v1/ping"


def pings(world: World, person: Person, id: str = "irc", seconds: float = 0) -> Exchange:
    exchange = person.ask("POST", f"/v1/appservice/{id}/ping", {"transaction_id": "meow"})
    world.settles(seconds)
    return exchange


def test_a_ping_goes_there_and_back(world: World, bridge: Bridge) -> None:
    bridge.answers[PING] = lambda _: json_response({})

    answer = pings(world, world.bot(bridge)).json()
    old = "/unstable/fi.mau.msc2659/appservice/irc/ping"
    exchange = world.bot(bridge).ask("POST", old, {})
    world.settles()

    assert answer == exchange.json() == {"duration_ms": 0}
    first, second = bridge.requests
    assert json.loads(first.body) == {"transaction_id": "meow"}
    assert json.loads(second.body) == {}
    assert first.headers[b"authorization"] == b"Bearer hs-secret"


def test_only_the_service_itself_may_ping(world: World, bridge: Bridge) -> None:
    alice = world.server.person("alice")

    for person, id in ((alice, "irc"), (world.bot(bridge), "other")):
        with pytest.raises(Refused) as refused:
            pings(world, person, id).json()
        assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")


def test_a_wrong_answer_is_shown(world: World, bridge: Bridge) -> None:
    bridge.answers[PING] = lambda _: Response(b"go away", 403)

    with pytest.raises(Refused) as refused:
        pings(world, world.bot(bridge)).json()

    assert (refused.value.status, refused.value.errcode) == (502, "M_BAD_STATUS")
    assert (refused.value.body["status"], refused.value.body["body"]) == (403, "go away")


def test_a_service_that_cannot_be_reached_is_told_so(world: World, bridge: Bridge) -> None:
    bot = world.bot(bridge)
    world.internet.unlisten("127.0.0.1", 9000)
    with pytest.raises(Refused) as gone:
        pings(world, bot).json()
    world.internet.listen("127.0.0.1", 9000, Speaker(b""))
    with pytest.raises(Refused) as hangs:
        pings(world, bot, seconds=31).json()

    assert (gone.value.status, gone.value.errcode) == (502, "M_CONNECTION_FAILED")
    assert (hangs.value.status, hangs.value.errcode) == (504, "M_CONNECTION_TIMEOUT")


def test_a_service_without_an_address_cannot_be_pinged(world: World) -> None:
    quiet = world.adds(url=None)
    world.starts()

    with pytest.raises(Refused) as refused:
        pings(world, world.bot(quiet)).json()

    assert (refused.value.status, refused.value.errcode) == (400, "M_URL_NOT_SET")


def test_a_ping_ends_the_wait(world: World, bridge: Bridge) -> None:
    alice, bot = world.server.person("alice"), world.bot(bridge)
    room = alice.creates_room(preset="public_chat")
    bot.joins(room)
    bridge.status = 500
    alice.sends(room, "hello")
    for _ in range(100):
        world.settles(10)
    bridge.status = 200
    bridge.answers[PING] = lambda _: json_response({})
    world.settles(4)

    pings(world, bot)
    world.settles()

    assert bridge.texts() == ["hello"]
