"""A homeserver in memory and the people who talk through it.

Requests travel as real HTTP bytes through the real parser, router and endpoints; only the
sockets, the threads
and the clock are ours. So a test runs in one go, and nothing happens behind its back.
"""

import json
import re
from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any
from urllib.parse import urlencode

from attrs import define, field
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock as FakeTimers

from homeserver.app import Application, build
from homeserver.building.world import World
from homeserver.config.settings import Settings
from homeserver.http.outgoing_names import NoDns
from homeserver.http.protocol import HttpConnection, HttpFactory
from homeserver.storage.threads import InlineThreads
from tests.spec.check import SpecChecker
from tests.verbs import JsonObject as JsonObject
from tests.verbs import Speaker

START_MS = 1_800_000_000_000
ALL_RESOURCES = ("client", "media", "admin")

checker = SpecChecker.load()


class Refused(AssertionError):
    """An answer other than 2xx."""

    def __init__(self, request: str, status: int, body: JsonObject) -> None:
        super().__init__(f"{request}: {status} {body}")
        self.status = status
        self.body = body
        self.errcode = body.get("errcode")


class FakeClock:
    """Stands still until a test advances it."""

    def __init__(self) -> None:
        self.timers = FakeTimers()

    def now_ms(self) -> int:
        return START_MS + round(self.timers.seconds() * 1000)

    def call_later(self, seconds: float, function: Callable[[], object]) -> Any:
        return self.timers.callLater(seconds, function)

    def advance(self, seconds: float) -> None:
        self.timers.advance(seconds)


class FakeTransport:
    """What a connection writes to."""

    def __init__(self, peer: str = "203.0.113.7") -> None:
        self.written = b""
        self.closed = False
        self._peer = peer

    def write(self, data: bytes) -> None:
        self.written += data

    def getPeer(self) -> IPv4Address:
        return IPv4Address("TCP", self._peer, 40000)

    def setTcpNoDelay(self, _: bool) -> None: ...

    def registerProducer(self, _: object, streaming: bool) -> None: ...

    def unregisterProducer(self) -> None: ...

    def loseConnection(self) -> None:
        self.closed = True

    abortConnection = loseConnection

    def pauseProducing(self) -> None: ...

    def resumeProducing(self) -> None: ...


@define(eq=False)
class Exchange:
    """A request that was sent, and its answer once it is there."""

    line: str
    connection: HttpConnection
    transport: FakeTransport

    @property
    def is_answered(self) -> bool:
        return b"\r\n\r\n" in self.transport.written

    def raw(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case, body."""
        assert self.is_answered, f"no answer to {self.line}"
        head, _, body = self.transport.written.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return int(first.split()[1]), headers, body

    def json(self) -> JsonObject:
        """The body of a 2xx answer; anything else raises Refused."""
        status, headers, body = self.raw()
        value = json.loads(body) if headers.get("content-type") == "application/json" else {}
        method, path = self.line.split(" ", 1)
        checker.check(method, path.partition("?")[0], status, value, headers)
        if not 200 <= status < 300:
            raise Refused(self.line, status, value)
        answer: JsonObject = value
        return answer

    def hang_up(self) -> None:
        self.connection.connectionLost()


class Server:
    """A homeserver of one test."""

    def __init__(self, settings: Settings, network: Any = None) -> None:
        """`network` is a tests.internet.Internet; without it the server is alone in the world."""
        self.settings = settings
        self.network = network
        self.clock = network.clock if network else FakeClock()
        random = Random(settings.server_name)
        reactor, dns = (network.reactor, network) if network else (None, NoDns())
        world = World(reactor, self.clock, random.randbytes, InlineThreads(), dns=dns)
        self.app: Application = build(settings, world)
        self.factory: HttpFactory = self.app.factory(ALL_RESOURCES)
        self.anonymous = Person(self, "")
        # Where requests come from.
        self.caller = "203.0.113.7"
        self._numbers = count(1)

    def person(self, name: str, **options: Any) -> "Person":
        """Somebody new, registered and logged in."""
        person = Person(self, name)
        person.registers(**options)
        return person

    def people(self, *names: str) -> "list[Person]":
        return [self.person(name) for name in names]

    def exchange(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Exchange:
        connection = self.factory.buildProtocol(None)
        transport = FakeTransport(self.caller)
        connection.makeConnection(transport)  # type: ignore[no-untyped-call]
        lines = [f"{method} {path} HTTP/1.1", "Host: test", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        connection.dataReceived("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return Exchange(f"{method} {path}", connection, transport)

    def number(self) -> int:
        return next(self._numbers)

    def stop(self) -> None:
        self.app.database.close()


@define(eq=False)
class Person(Speaker):
    """Somebody with a client. Paths below /_matrix/client are written without it."""

    server: Server
    name: str
    token: str = ""
    device_id: str = ""
    since: str = ""
    filter: str = field(default="", kw_only=True)

    @property
    def user_id(self) -> str:
        return f"@{self.name}:{self.server.settings.server_name}"

    def number(self) -> int:
        return self.server.number()

    # -- any request

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Exchange:
        """Send a request; its answer may come later."""
        full = path if path.startswith(("/_", "/.")) else "/_matrix/client" + path
        if query:
            full += "?" + urlencode({k: _text(v) for k, v in query.items()}, doseq=True)
        data = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.server.exchange(method, full, data, headers)

    # -- accounts

    def registers(self, password: str = "correct horse battery", **options: Any) -> None:
        body = {"username": self.name, "password": password, "auth": {"type": "m.login.dummy"}}
        answer = self.post("/v3/register", {**body, **options})
        self.token, self.device_id = answer["access_token"], answer["device_id"]

    def logs_in(self, password: str = "correct horse battery", **options: Any) -> "Person":
        """The same person on a new device."""
        identifier = {"type": "m.id.user", "user": self.name}
        body = {"type": "m.login.password", "identifier": identifier, "password": password}
        answer = self.post("/v3/login", {**body, **options})
        return Person(self.server, self.name, answer["access_token"], answer["device_id"])

    # -- sync

    def syncs(self, **query: Any) -> "Sync":
        """What is new since the last sync."""
        answer = self.starts_sync(timeout=0, **query)
        return answer.answer()

    def starts_sync(self, timeout: int = 30_000, **query: Any) -> "WaitingSync":
        if self.since and "since" not in query:
            query["since"] = self.since
        if self.filter and "filter" not in query:
            query["filter"] = self.filter
        return WaitingSync(self, self.ask("GET", "/v3/sync", timeout=timeout, **query))


@define(eq=False)
class WaitingSync:
    person: Person
    exchange: Exchange

    @property
    def is_answered(self) -> bool:
        return self.exchange.is_answered

    def answer(self) -> "Sync":
        body = self.exchange.json()
        self.person.since = body["next_batch"]
        return Sync(body)


@define(eq=False)
class Sync:
    """An answer to /sync."""

    body: JsonObject

    def room(self, room: str, section: str = "join") -> JsonObject:
        found: JsonObject = self.body.get("rooms", {}).get(section, {}).get(room, {})
        return found

    def events(self, room: str, section: str = "join") -> list[JsonObject]:
        return list(self.room(room, section).get("timeline", {}).get("events", []))

    def timeline(self, room: str) -> list[str]:
        """The ids of the events in a room's timeline."""
        return [event["event_id"] for event in self.events(room)]

    def texts(self, room: str) -> list[str]:
        """What was said."""
        return [e["content"]["body"] for e in self.events(room) if e["type"] == "m.room.message"]

    def invites(self) -> list[str]:
        return list(self.body.get("rooms", {}).get("invite", {}))

    def __bool__(self) -> bool:
        """Whether anything is new."""
        return any(value for key, value in self.body.items() if _is_news(key, value))


def _is_news(key: str, value: Any) -> bool:
    if key == "rooms":
        return any(value.values())
    if key in ("presence", "account_data", "to_device"):
        return bool(value.get("events"))
    return key == "device_lists" and any(value.values())


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict) else value


def localpart(user_id: str) -> str:
    found = re.fullmatch(r"@([^:]*):.*", user_id)
    assert found
    return found[1]
