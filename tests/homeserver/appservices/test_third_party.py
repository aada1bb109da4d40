"""Networks behind bridges."""

import pytest

from homeserver.http.request import Request
from homeserver.http.response import Response, json_response
from tests.homeserver.appservices.bridge import World, query_of
from tests.people import JsonObject, Person, Refused

pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)

THIRD_PARTY = "/_matrix/app/v1/thirdparty"


def described(network: str) -> JsonObject:
    return {
        "user_fields": ["network", "nickname"],
        "location_fields": ["network", "channel"],
        "icon": "mxc://test/icon",
        "field_types": {"network": {"regexp": ".*", "placeholder": "irc.example.org"}},
        "instances": [{"desc": network, "network_id": network, "fields": {"network": network}}],
    }


def ask(world: World, person: Person, path: str, **query: str) -> object:
    exchange = person.ask("GET", path, **query)
    world.settles()
    return exchange.json()


def test_the_instances_of_a_network_are_those_of_all_its_bridges(world: World) -> None:
    first, second = world.adds(), world.adds(protocols=["irc"])
    alice = world.starts().person("alice")
    first.answers[THIRD_PARTY] = lambda _: json_response(described("libera"))
    second.answers[THIRD_PARTY] = lambda _: json_response(described("oftc"))

    protocols = ask(world, alice, "/v3/thirdparty/protocols")
    protocol = ask(world, alice, "/v3/thirdparty/protocol/irc")

    assert isinstance(protocols, dict) and isinstance(protocol, dict)
    assert protocols == {"irc": protocol}
    instances = protocol["instances"]
    assert [it["network_id"] for it in instances] == ["libera", "oftc"]
    assert [it["instance_id"] for it in instances] == ["irc|libera", "bridge1|oftc"]
    assert len(first.requests) == 1, "the description is remembered for a while"


def test_places_and_people_are_found_on_all_bridges(world: World) -> None:
    first, second, broken = (
        world.adds(),
        world.adds(protocols=["irc"]),
        world.adds(protocols=["irc"]),
    )
    alice = world.starts().person("alice")

    def location(alias: str) -> Response:
        return json_response([{"alias": alias, "protocol": "irc", "fields": {}}])

    first.answers[THIRD_PARTY] = lambda _: location("#one:test")
    second.answers[THIRD_PARTY] = lambda _: location("#two:test")
    broken.answers[THIRD_PARTY] = lambda _: Response(b"[{")

    found = ask(world, alice, "/v3/thirdparty/location/irc", channel="#matrix")
    of_alias = ask(world, alice, "/v3/thirdparty/location", alias="#one:test")

    assert isinstance(found, list)
    assert found == of_alias
    assert [it["alias"] for it in found] == ["#one:test", "#two:test"]
    by_fields, by_alias = first.requests
    assert query_of(by_fields) == {"channel": ["#matrix"]}
    assert query_of(by_alias) == {"alias": ["#one:test"]}


def test_users_are_found_too(world: World) -> None:
    bridge = world.adds()
    alice = world.starts().person("alice")
    user = {"userid": "@_irc_bob:test", "protocol": "irc", "fields": {"nickname": "bob"}}

    def answer(request: Request) -> Response:
        return json_response([user])

    bridge.answers[THIRD_PARTY] = answer

    assert ask(world, alice, "/v3/thirdparty/user/irc", nickname="bob") == [user]
    assert ask(world, alice, "/v3/thirdparty/user", userid="@_irc_bob:test") == [user]


def test_what_no_bridge_knows_is_not_there(world: World) -> None:
    bridge = world.adds()
    alice = world.starts().person("alice")
    bridge.answers[THIRD_PARTY] = lambda _: json_response({"icon": 7})

    for path in ("protocol/irc", "protocol/xmpp", "location/irc", "user/irc"):
        with pytest.raises(Refused) as refused:
            ask(world, alice, f"/v3/thirdparty/{path}")
        assert refused.value.errcode == "M_NOT_FOUND"
    assert ask(world, alice, "/v3/thirdparty/protocols") == {}
