"""A homeserver whose users have telephones, and the gateways that ring them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import define, evolve, field

from homeserver.config.push import Push
from homeserver.config.settings import Settings
from homeserver.http.request import Request
from homeserver.http.response import Response
from tests.internet import PUBLIC, Internet, Website
from tests.outcomes import outcome
from tests.people import JsonObject, Person, Server

HERE = "198.51.100.{}"
OK = Response(b'{"rejected": []}')

Town = Callable[..., "PushTown"]


@define(eq=False)
class Gateway:
    """Answers with `answer`, and remembers what it was told."""

    name: str
    address: str
    answer: Response = OK
    rejected: list[str] = field(factory=list)
    refused: list[str] = field(factory=list)
    refusal: int = 400
    requests: list[Request] = field(factory=list)

    @property
    def url(self) -> str:
        return f"https://{self.name}/_matrix/push/v1/notify"

    def hears(self, request: Request) -> Response:
        if any(pushkey.encode() in request.body for pushkey in self.refused):
            return Response(status=self.refusal)
        self.requests.append(request)
        if self.rejected:
            return Response(json.dumps({"rejected": self.rejected}).encode())
        return self.answer

    def told(self) -> list[JsonObject]:
        """What it was told since this was asked last."""
        told = [json.loads(request.body)["notification"] for request in self.requests]
        self.requests.clear()
        return told

    def events(self) -> list[str]:
        return [it["event_id"] for it in self.told() if "event_id" in it]


@define(eq=False)
class PushTown:
    server: Server
    internet: Internet
    _gateways: int = 0

    def people(self, *names: str) -> list[Person]:
        return self.server.people(*names)

    def pair(self, gateway: Gateway, **changes: Any) -> tuple[Person, Person, str]:
        """Two in a room, of whom the second has a telephone."""
        first, second = self.people("alice", "bob")
        room = a_room(first, second)
        second.post("/v3/pushers/set", pusher(gateway, **changes))
        return first, second, room

    def gateway(self, name: str = "push.example.org") -> Gateway:
        self._gateways += 1
        gateway = Gateway(name, HERE.format(self._gateways))
        self.internet.hosts[name] = [gateway.address]
        website = Website(gateway.hears)
        factory = website.factory(self.internet.clock)
        self.internet.listen(gateway.address, 443, factory, name)
        return gateway

    def passes(self, seconds: float = 0) -> None:
        self.internet.pass_time(seconds)

    def metric(self, name: str, **labels: str) -> float:
        return self.server.app.ground.metrics.registry.get_sample_value(name, labels) or 0.0


def pusher(gateway: Gateway, pushkey: str = "key", **changes: Any) -> JsonObject:
    data = {"url": gateway.url, **changes.pop("data", {})}
    return {
        "pushkey": pushkey,
        "kind": "http",
        "app_id": "org.example.app",
        "app_display_name": "App",
        "device_display_name": "Telephone",
        "lang": "en",
        "data": data,
        **changes,
    }


def a_room(*people: Person, **options: Any) -> str:
    """The first one makes it, the others join."""
    first, *others = people
    room = first.creates_room(preset="public_chat", **options)
    for other in others:
        other.joins(room)
    return room


@pytest.fixture
def town(settings: Settings, internet: Internet) -> Iterator[Town]:
    """Start a homeserver that notifies; again: start it anew on the same database."""
    running: list[Server] = []

    def start(**changes: Any) -> PushTown:
        for server in running:
            outcome(server.app.push.stop())
            server.stop()
        running.clear()
        push = Push(ip_range_allowlist=PUBLIC, custom_ca_paths=(internet.authority.path,))
        server = Server(evolve(settings, **{"push": push, **changes}), internet)
        running.append(server)
        outcome(server.app.push.start())
        return PushTown(server, internet)

    yield start
    for server in running:
        server.stop()
