"""A homeserver and the other servers that it writes to: these only take note."""

import json
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import unquote

import orjson
from attrs import define, field, frozen
from twisted.internet.defer import Deferred

from homeserver.delivery.servers import Servers
from homeserver.events.building import Draft
from homeserver.http.client import Answer
from homeserver.peers.errors import PeerUnreachable
from homeserver.peers.reaching import Question
from homeserver.rooms import timeline
from homeserver.rooms.author import Author
from homeserver.signing_key import load_or_make
from homeserver.storage.transaction import Transaction
from tests.people import Server

SEND = "/_matrix/federation/v1/send/"


@frozen
class Sent:
    """A transaction that reached its server."""

    server: str
    txn_id: str
    body: dict[str, Any]

    @property
    def pdus(self) -> list[dict[str, Any]]:
        return list(self.body["pdus"])

    def texts(self) -> list[str]:
        return [p["content"]["body"] for p in self.pdus if p["type"] == "m.room.message"]

    def edus(self, type: str) -> list[dict[str, Any]]:
        return [edu["content"] for edu in self.body["edus"] if edu["edu_type"] == type]


@define(eq=False)
class Others:
    """All other servers. `down` do not answer; `slow` answer when `release` says so."""

    down: set[str] = field(factory=set)
    slow: set[str] = field(factory=set)
    refuse: Callable[[Sent], tuple[int, dict[str, Any]] | None] = field(default=lambda sent: None)
    sent: list[Sent] = field(factory=list)
    tried: list[Sent] = field(factory=list)
    waiting: defaultdict[str, list[tuple[Sent, Deferred[Answer]]]] = field(
        factory=lambda: defaultdict(list)
    )

    async def ask(self, server: str, question: Question, authorization: str = "") -> Answer:
        assert question.uri.startswith(SEND) and question.content is not None
        assert authorization.startswith("X-Matrix ")
        txn_id = unquote(question.uri.removeprefix(SEND))
        sent = Sent(server, txn_id, orjson.loads(question.content))
        self.tried.append(sent)
        if server in self.down:
            raise PeerUnreachable(f"{server} is down")
        if server in self.slow:
            answer: Deferred[Answer] = Deferred()
            self.waiting[server].append((sent, answer))
            return await answer
        return self._take(sent)

    def release(self, server: str) -> None:
        """Let a slow server answer what waits there."""
        waiting, self.waiting[server] = self.waiting[server], []
        for sent, answer in waiting:
            answer.callback(self._take(sent))

    def _take(self, sent: Sent) -> Answer:
        refused = self.refuse(sent)
        if refused is not None:
            return Answer(refused[0], {}, json.dumps(refused[1]).encode(), "")
        self.sent.append(sent)
        return Answer(200, {}, b'{"pdus":{}}', "")

    def to(self, server: str) -> list[Sent]:
        return [sent for sent in self.sent if sent.server == server]

    def texts(self, server: str) -> list[str]:
        """All that was said, as this server got it."""
        return [text for sent in self.to(server) for text in sent.texts()]

    def pdus(self, server: str) -> list[dict[str, Any]]:
        return [pdu for sent in self.to(server) for pdu in sent.pdus]

    def edus(self, server: str, type: str) -> list[dict[str, Any]]:
        return [edu for sent in self.to(server) for edu in sent.edus(type)]


@define(eq=False)
class Home:
    """Our server, with its delivery started."""

    server: Server
    others: Others

    @classmethod
    def start(cls, server: Server, others: Others) -> "Home":
        home = cls(server, others)
        server.app.peers.peers._reaching = others  # type: ignore[assignment]
        home.run(server.app.peers.start())
        home.run(server.app.delivery.start())
        return home

    @property
    def servers(self) -> Servers:
        found = self.server.app.delivery.servers
        assert found is not None
        return found

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        results: list[Any] = []
        Deferred.fromCoroutine(work).addCallback(results.append)
        assert results, "it did not end"
        return results[0]

    def write(self, work: Callable[..., Any], *arguments: Any) -> Any:
        async def written() -> Any:
            return await self.server.app.database.write(work, *arguments)

        return self.run(written())

    def stops(self) -> None:
        """In order, as on a signal."""
        self.run(self.server.app.delivery.stop())

    def advance(self, seconds: float, step: float = 5.0) -> None:
        while seconds > 0:
            self.server.clock.advance(min(step, seconds))
            seconds -= step

    # -- what users of other servers do

    def member(self, room: str, user_id: str, membership: str, **content: Any) -> None:
        """A user of another server joins, or leaves: as if their server had told us."""
        app = self.server.app
        key = load_or_make(app.ground.settings.signing_key_path, app.world.random)
        author = Author(user_id.partition(":")[2], key, app.world.clock, app.world.random)
        draft = Draft("m.room.member", {"membership": membership, **content}, user_id)

        def append(txn: Transaction) -> None:
            head = timeline.head(txn, room)
            assert head is not None
            timeline.append(txn, head, author.write(txn, head, user_id, draft))

        self.write(append)

    def joins(self, room: str, *user_ids: str) -> None:
        for user_id in user_ids:
            self.member(room, user_id, "join")
