"""Several homeservers in memory that talk with each other, and the people on each.

Requests between servers are signed, travel as real HTTP bytes and are let in by the real
doorkeeper; only names, sockets and TLS are left out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from attrs import define, field
from orjson import dumps, loads
from twisted.internet.defer import Deferred

from homeserver.changes import HandedIn
from homeserver.config.accounts import Passwords, Registration
from homeserver.config.limits import RateLimits
from homeserver.config.media import Media
from homeserver.config.network import TrustedKeyServer
from homeserver.config.settings import Settings
from homeserver.config.storage import Database as AnyDatabase
from homeserver.events.event import Event
from homeserver.events.hashes import event_id_of
from homeserver.http.client import Answer
from homeserver.http.protocol import HttpFactory
from homeserver.peers.errors import PeerUnreachable
from homeserver.peers.reaching import Question
from homeserver.peers.servers import path_of
from homeserver.rooms.author import Author
from homeserver.rooms.timeline import Appended
from homeserver.storage import events, heads, incoming_events
from homeserver.storage.database import Database
from tests.outcomes import outcome as outcome_of
from tests.people import FakeTransport, JsonObject, Server, checker

FEDERATION = ("federation", "keys")


@define(eq=False)
class Network:
    """`cuts` are pairs of servers that do not reach each other; `asked` is what was requested, and
    `tried` are the servers that should have heard it.
    """

    servers: dict[str, "LinkedServer"] = field(factory=dict)
    cuts: set[frozenset[str]] = field(factory=set)
    asked: list[str] = field(factory=list)
    tried: list[str] = field(factory=list)
    _tampering: dict[str, Callable[[JsonObject], JsonObject]] = field(factory=dict)
    _stalled: str = ""
    _held: list[str] = field(factory=list)
    _go_on: Deferred[None] = field(factory=Deferred)

    @contextmanager
    def tampered(self, part: str, change: Callable[[JsonObject], JsonObject]) -> Iterator[None]:
        """Answers to requests with this in their path are not what the server said."""
        self._tampering[part] = change
        yield
        del self._tampering[part]

    def tamper(self, path: str, body: bytes) -> bytes:
        for part, change in self._tampering.items():
            if part in path:
                body = dumps(change(loads(body)))
        return body

    @contextmanager
    def stalled(self, part: str) -> Iterator[list[str]]:
        """Requests with this in their path are not answered for a while; those that wait."""
        self._stalled, self._go_on = part, Deferred()
        self._held = []
        yield self._held
        self._stalled = ""
        self._go_on.callback(None)

    async def pass_on(self, path: str) -> None:
        if self._stalled and self._stalled in path:
            self._held.append(path)
            waiting: Deferred[None] = Deferred()
            self._go_on.addCallback(lambda _: waiting.callback(None))
            await waiting

    @contextmanager
    def cut(self, *names: str) -> Iterator[None]:
        """Between these two nothing gets through for a while; what is sent meanwhile is lost."""
        pair = frozenset(names)
        self.cuts.add(pair)
        yield
        self.cuts.discard(pair)


class Line(FakeTransport):
    """Tells when an answer is complete."""

    def __init__(self) -> None:
        super().__init__()
        self.done: Deferred[None] = Deferred()

    def write(self, data: bytes) -> None:
        super().write(data)
        head, end, body = self.written.partition(b"\r\n\r\n")
        if not end or self.done.called:
            return
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-len")]
        if len(body) >= int(lengths[0].split(b":")[1]):
            self.done.callback(None)


@define(eq=False)
class Reaching:
    """In the place of names and sockets."""

    own: str
    network: Network

    async def ask(self, server: str, question: Question, authorization: str = "") -> Answer:
        network = self.network
        network.tried.append(server)
        other = network.servers.get(server)
        if other is None or frozenset((self.own, server)) in network.cuts:
            raise PeerUnreachable(f"{server} cannot be reached.")
        network.asked.append(f"{question.method} {question.uri.partition('?')[0]}")
        await network.pass_on(question.uri)
        status, headers, body = await other.hears(question, authorization)
        path = question.uri.partition("?")[0]
        is_json = headers.get("content-type") == "application/json"
        value = loads(body) if body and is_json else {}
        checker.check(question.method, path, status, value, headers)
        if is_json:
            body = network.tamper(question.uri, body)
        elif question.sink is not None and status == 200:
            sink = question.sink(headers)
            for start in range(0, len(body), 1000):
                sink.write(body[start : start + 1000])
            body = b""
        return Answer(status, headers, body, question.uri)


class LinkedServer(Server):
    """A homeserver among others."""

    federation: HttpFactory
    sender: "Sender"

    def link(self, network: Network) -> None:
        name = self.settings.server_name
        network.servers[name] = self
        reaching = Reaching(name, network)
        peers = self.app.peers
        # Nothing but the network is replaced: keys, signatures and back-off stay the real ones.
        for part in (peers.peers, peers.server_keys._fetching):
            part._reaching = reaching  # type: ignore[assignment]
        self.federation = self.app.factory(FEDERATION)
        self.sender = Sender(self, network)

    async def hears(
        self, question: Question, authorization: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = self.federation.buildProtocol(None)
        line = Line()
        connection.makeConnection(line)  # type: ignore[no-untyped-call]
        body = question.content or b""
        head = [
            f"{question.method} {question.uri} HTTP/1.1",
            f"Host: {self.settings.server_name}",
            f"Content-Length: {len(body)}",
        ]
        if authorization:
            head.append(f"Authorization: {authorization}")
        connection.dataReceived("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        await line.done
        first, *lines = line.written.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        headers = dict(one.lower().split(": ", 1) for one in lines)
        return int(first.split()[1]), headers, line.written.partition(b"\r\n\r\n")[2]

    # -- as another server would do it

    def asks(self, server: str, method: str, path: str, **options: Any) -> JsonObject:
        """A signed request of this server to another; failures raise RemoteError."""
        asked = self.app.peers.peers.request(server, method, path, **options)
        answer: JsonObject = outcome_of(asked)
        return answer

    def sends_pdus(self, server: str, *pdus: JsonObject, txn: str = "") -> JsonObject:
        """What is answered for each, by id."""
        path = path_of("/_matrix/federation/v1/send/{}", txn or f"test{self.number()}")
        body = {
            "origin": self.settings.server_name,
            "origin_server_ts": self.clock.now_ms(),
            "pdus": list(pdus),
        }
        results: JsonObject = self.asks(server, "PUT", path, body=body)["pdus"]
        return results

    def sends_edu(self, server: str, type: str, content: JsonObject) -> None:
        path = path_of("/_matrix/federation/v1/send/{}", f"test{self.number()}")
        body = {
            "origin": self.settings.server_name,
            "origin_server_ts": self.clock.now_ms(),
            "pdus": [],
            "edus": [{"edu_type": type, "content": content}],
        }
        self.asks(server, "PUT", path, body=body)

    @property
    def author(self) -> Author:
        """Makes events in this server's name."""
        key = self.app.peers.own_keys._key
        return Author(self.settings.server_name, key, self.clock, self.app.world.random)

    # -- what it holds

    @property
    def database(self) -> Database:
        return self.app.database

    def state_of(self, room: str) -> dict[tuple[str, str], str]:
        """Event ids by place in the room's current state."""
        return outcome_of(self.database.read(_state_of, room))

    def pdu(self, event_id: str) -> JsonObject:
        return self.stored(event_id).event.pdu

    def event(self, event_id: str) -> Event:
        return self.stored(event_id).event

    def stored(self, event_id: str) -> events.Stored:
        found = self.find(event_id)
        assert found is not None, f"{event_id} is not known at {self.settings.server_name}"
        return found

    def find(self, event_id: str) -> events.Stored | None:
        found: events.Stored | None = outcome_of(self.database.read(_find, event_id))
        return found

    def waiting_events(self) -> list[str]:
        """The ids of received events that wait for their rooms."""
        found = outcome_of(self.database.read(incoming_events.all_waiting))
        return [event_id_of(pdu, self.head(room).version) for _, room, pdu in found]

    def head(self, room: str) -> Any:
        return outcome_of(self.database.read(_head, room))


class Sender:
    """Tells the other servers of a room about each event, at once and once."""

    def __init__(self, server: LinkedServer, network: Network) -> None:
        self._server = server
        self.network = network
        self._own = server.settings.server_name
        self._waiting: defaultdict[str, list[JsonObject]] = defaultdict(list)
        self._busy: set[str] = set()
        self._numbers = count(1)
        notifier = server.app.notifier
        notifier.listen(Appended, self._appended)
        notifier.listen(HandedIn, self._handed_in)
        notifier.listen_afterwards(self._send_all)

    def _appended(self, change: Appended) -> None:
        if change.stored.event.sender_domain == self._own:
            self._queue(change.stored.event, {*change.head.servers, *change.former.servers})

    def _handed_in(self, change: HandedIn) -> None:
        event = self._server.event(change.event_id)
        servers = set(self._server.head(change.room_id).servers) - {event.sender_domain}
        self._queue(event, servers)

    def _queue(self, event: Event, servers: set[str]) -> None:
        for server in servers - {self._own}:
            if frozenset((self._own, server)) not in self.network.cuts:
                self._waiting[server].append(event.pdu)

    def _send_all(self) -> None:
        for server in list(self._waiting):
            if server not in self._busy:
                self._busy.add(server)
                Deferred.fromCoroutine(self._send(server))

    async def _send(self, server: str) -> None:
        while pdus := self._waiting.pop(server, []):
            path = path_of("/_matrix/federation/v1/send/{}", f"auto{next(self._numbers)}")
            body = {"origin": self._own, "origin_server_ts": 1, "pdus": pdus[:50]}
            self._waiting[server] += pdus[50:]
            try:
                await self._server.app.peers.peers.request(server, "PUT", path, body=body)
            except PeerUnreachable:
                continue
        self._busy.discard(server)


def linked_servers(
    folder: Path, databases: Iterable[AnyDatabase], *names: str
) -> list[LinkedServer]:
    network = Network()
    linked = []
    for name, database in zip(names, databases, strict=False):
        settings = Settings(
            server_name=name,
            database=database,
            signing_key_path=folder / f"{name}.key",
            media=Media(store_path=folder / f"{name}.media", keep_free=0),
            registration=Registration(enabled=True),
            passwords=Passwords(hash_memory=8 * 1024, hash_passes=1),
            rate_limits=RateLimits(enabled=False),
            trusted_key_servers=tuple(
                TrustedKeyServer(server_name=other) for other in names if other != name
            ),
        )
        server = LinkedServer(settings)
        server.link(network)
        linked.append(server)
    return linked


def _state_of(txn: Any, room: str) -> dict[tuple[str, str], str]:
    head = _head(txn, room)
    return {key: events.at(txn, position).event.event_id for key, position in head.state.items()}


def _find(txn: Any, event_id: str) -> Any:
    return events.find(txn, event_id)


def _head(txn: Any, room: str) -> Any:
    return heads.load(txn, room)
