"""An application service of the tests: it takes note of what it gets, and does as it is told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import yaml
from attrs import define, evolve, field

from homeserver.config.settings import Settings
from homeserver.http.request import Request
from homeserver.http.response import Response, json_response
from tests.internet import Internet, Website
from tests.outcomes import outcome
from tests.people import Exchange, JsonObject, Person, Server

STEP_S = 5
ADDRESS, PORT = "127.0.0.1", 9000
TRANSACTIONS = "/_matrix/app/v1/transactions/"
NOT_FOUND = json_response({"errcode": "M_NOT_FOUND"}, 404)

REGISTRATION: JsonObject = {
    "id": "irc",
    "url": f"http://{ADDRESS}:{PORT}",
    "as_token": "as-secret",
    "hs_token": "hs-secret",
    "sender_localpart": "_irc_bot",
    "namespaces": {
        "users": [{"exclusive": True, "regex": "@_irc_.*"}],
        "aliases": [{"exclusive": True, "regex": "#_irc_.*"}],
        "rooms": [],
    },
    "protocols": ["irc"],
    "rate_limited": False,
    "receive_ephemeral": True,
}


@define(eq=False)
class Transaction:
    txn_id: str
    body: JsonObject
    raw: bytes

    @property
    def events(self) -> list[JsonObject]:
        return list(self.body["events"])

    def texts(self) -> list[str]:
        return [e["content"]["body"] for e in self.events if e["type"] == "m.room.message"]


@define(eq=False)
class Bridge:
    """`answers` say what it answers to a path. A repeated transaction is taken once, as bridges do
    it; `tried` has them all.
    """

    registration: JsonObject = field(factory=lambda: dict(REGISTRATION))
    status: int = 200
    answers: dict[str, Callable[[Request], Response]] = field(factory=dict)
    tried: list[Transaction] = field(factory=list)
    taken: list[Transaction] = field(factory=list)
    requests: list[Request] = field(factory=list)

    def answer(self, request: Request) -> Response:
        self.requests.append(request)
        for start, answer in self.answers.items():
            if request.path.startswith(start):
                return answer(request)
        if not request.path.startswith(TRANSACTIONS):
            return NOT_FOUND
        txn_id = unquote(request.path.removeprefix(TRANSACTIONS))
        transaction = Transaction(txn_id, json.loads(request.body), request.body)
        self.tried.append(transaction)
        if self.status == 200 and all(it.txn_id != txn_id for it in self.taken):
            self.taken.append(transaction)
        return json_response({}, self.status)

    def events(self) -> list[JsonObject]:
        return [event for transaction in self.taken for event in transaction.events]

    def texts(self) -> list[str]:
        return [text for transaction in self.taken for text in transaction.texts()]

    def ephemeral(self, type: str) -> list[JsonObject]:
        found = [event for it in self.taken for event in it.body.get("ephemeral", [])]
        return [event for event in found if event["type"] == type]


@define(eq=False)
class World:
    """A homeserver, its bridges, and time."""

    settings: Settings
    internet: Internet
    folder: Path
    bridges: list[Bridge] = field(factory=list)
    server: Server = field(init=False)

    def adds(self, **changes: Any) -> Bridge:
        """Another bridge; each has an id, tokens and an address of its own."""
        number = len(self.bridges)
        registration = {**REGISTRATION, **changes}
        if number:
            own: JsonObject = {
                "id": f"bridge{number}",
                "url": f"http://{ADDRESS}:{PORT + number}",
                "as_token": f"as-{number}",
                "hs_token": f"hs-{number}",
                "sender_localpart": f"_bot_{number}",
                "protocols": [],
            }
            registration = {**REGISTRATION, **own, **changes}
        bridge = Bridge(registration)
        self.bridges.append(bridge)
        self.listens(bridge)
        return bridge

    def listens(self, bridge: Bridge) -> None:
        port = PORT + self.bridges.index(bridge)
        self.internet.listen(ADDRESS, port, Website(bridge.answer).factory(self.internet.clock))

    def starts(self) -> Server:
        paths = []
        for bridge in self.bridges:
            path = self.folder / f"{bridge.registration['id']}.yaml"
            path.write_text(yaml.safe_dump(bridge.registration))
            paths.append(path)
        settings = evolve(self.settings, appservice_config_files=tuple(paths))
        self.server = Server(settings, network=self.internet)
        outcome(self.server.app.accounts.start())
        outcome(self.server.app.appservices.start())
        self.server.app.appservices.begin()
        return self.server

    def dies(self) -> None:
        """As after kill -9: nothing is written down any more."""
        for queue in self.server.app.appservices.queues._queues.values():
            queue._is_ready = queue._is_running = False
        self.server.stop()

    def settles(self, seconds: float = 0.0) -> None:
        """Time passes in small steps, so that no answer comes too late that would be in time."""
        self.internet.settle()
        while seconds > 0:
            self.internet.pass_time(min(seconds, STEP_S))
            seconds -= STEP_S

    def bot(self, bridge: Bridge) -> Person:
        name = str(bridge.registration["sender_localpart"])
        return Person(self.server, name, str(bridge.registration["as_token"]))

    def ghost(self, bridge: Bridge, name: str) -> "Ghost":
        body = {
            "type": "m.login.application_service",
            "username": name,
            "inhibit_login": True,
        }
        self.bot(bridge).post("/v3/register", body)
        return Ghost(self.server, name, str(bridge.registration["as_token"]))


class Ghost(Person):
    """A user for whom its service speaks."""

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Exchange:
        return super().ask(method, path, body, user_id=self.user_id, **query)


def query_of(request: Request) -> dict[str, list[str]]:
    return parse_qs(request.query)
