"""Calls across homeservers: everybody sends to their own LiveKit, and listens at the others'."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve, frozen

from homeserver.calls.identities import newest
from homeserver.config.calls import Calls, LiveKit
from homeserver.config.network import Federation
from homeserver.config.settings import Settings
from homeserver.config.storage import SqliteDatabase
from tests.homeserver.calls.livekit import API_URL, KEY, SECRET, SERVICE, URL, FakeLiveKit
from tests.internet import Internet
from tests.linked_servers import LinkedServer, Network
from tests.people import JsonObject, Person, Refused

SLOT = "m.call#ROOM"
PATH = "/v1/rtc/livekit/get_token"


@frozen
class Servers:
    north: LinkedServer
    south: LinkedServer
    livekit: FakeLiveKit
    internet: Internet

    def asks(self, person: Person, path: str, body: JsonObject) -> JsonObject:
        asked = person.ask("POST", path, body)
        self.internet.settle()
        return asked.json()


@pytest.fixture
def servers(settings: Settings, internet: Internet, quick_path: Path) -> Iterator[Servers]:
    """Both have LiveKit; that of the tests stands for either."""
    network, livekit = Network(), FakeLiveKit(internet.clock)
    livekit.listen(internet)
    calls = Calls(livekit=LiveKit(url=URL, api_url=API_URL, key=KEY, secret=SECRET))
    started = []
    for name in ("north", "south"):
        own = evolve(
            settings,
            server_name=name,
            database=SqliteDatabase(path=quick_path / f"{name}.db"),
            signing_key_path=quick_path / f"{name}.key",
            federation=Federation(),
            calls=calls,
        )
        started.append(LinkedServer(own, internet))
        started[-1].link(network)
    yield Servers(started[0], started[1], livekit, internet)
    for server in started:
        server.stop()


@pytest.fixture
def people(servers: Servers) -> tuple[Person, Person, str]:
    """Alice of north and Bob of south in a room."""
    alice, bob = servers.north.person("alice"), servers.south.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}", {}, via="north")
    servers.internet.settle()
    return alice, bob, room


def body_of(room: str, server: str = "north", url: str = URL) -> JsonObject:
    asked = {"url": url, "room_id": room, "slot_id": SLOT, "member_id": "m1"}
    return {**asked, "server_name": server}


def test_a_member_elsewhere_may_listen_but_not_send(
    servers: Servers, people: tuple[Person, Person, str]
) -> None:
    _, bob, room = people

    grants = servers.livekit.lets_in(servers.asks(bob, PATH, body_of(room))["jwt"])

    seat = newest(room, SLOT, bob.user_id, "m1")
    assert servers.livekit.rooms == {seat.room: {seat.identity}}
    assert grants["canSubscribe"] and not grants["canPublish"]


def test_the_other_servers_reasons_reach_the_user(
    servers: Servers, people: tuple[Person, Person, str]
) -> None:
    alice, bob, room = people
    alice.post(f"/v3/rooms/{room}/ban", {"user_id": bob.user_id})
    servers.internet.settle()

    for who, body, status, errcode in (
        (alice, body_of(room, "south", "wss://elsewhere.test"), 400, "M_INVALID_PARAM"),
        (bob, body_of(room), 403, "M_FORBIDDEN"),
        (alice, body_of(room, "nowhere"), 502, "M_UNKNOWN"),
    ):
        with pytest.raises(Refused) as refused:
            servers.asks(who, PATH, body)
        assert (refused.value.status, refused.value.errcode) == (status, errcode)


def test_a_server_asks_only_for_its_own_users(
    servers: Servers, people: tuple[Person, Person, str]
) -> None:
    alice, _, room = people
    path = "/_matrix/federation/v1/rtc/livekit/get_token"
    wish = {**body_of(room), "user_id": alice.user_id}

    with pytest.raises(Exception, match="M_FORBIDDEN"):
        servers.south.asks("north", "POST", path, body=wish)


def test_an_openid_token_of_another_server_is_checked_there(
    servers: Servers, people: tuple[Person, Person, str]
) -> None:
    alice, bob, room = people
    servers.livekit.lets_in(servers.asks(alice, PATH, body_of(room))["jwt"])
    shown = bob.post(f"/v3/user/{bob.user_id}/openid/request_token")
    body = {"room": room, "device_id": bob.device_id, "openid_token": shown}

    token = servers.asks(servers.north.anonymous, SERVICE + "/sfu/get", body)["jwt"]
    assert servers.livekit.lets_in(token)["canPublish"]

    forged = {**shown, "access_token": "guess"}
    with pytest.raises(Refused) as refused:
        servers.asks(
            servers.north.anonymous, SERVICE + "/sfu/get", {**body, "openid_token": forged}
        )
    assert refused.value.errcode == "M_FORBIDDEN"
