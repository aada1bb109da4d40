"""Receipts, typing and presence for other servers. Spec: Server-Server API, "EDUs"."""

from collections.abc import Coroutine
from typing import Any

from homeserver.changes import PresenceChanged, ReceiptMoved, TypingChanged
from homeserver.clock import Clock
from homeserver.delivery.audience import NOBODY, Audience
from homeserver.delivery.servers import Servers
from homeserver.logs import logger
from homeserver.notifier import Notifier
from homeserver.rooms.typing import Typing
from homeserver.storage import heads
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.outgoing import Kind, News, ServerNames
from homeserver.storage.transaction import Transaction
from homeserver.tasks import in_background

REMIND_EVERY_S = 30.0
"""Other servers take somebody's typing for ended if they hear nothing for a minute or so."""
PRESENCE_AFTER_S = 10.0
"""So long changes of presence are collected."""
MAX_PRESENCE = 200
"""Users whose presence one server is told at once."""


log = logger(__name__)


class Receipts:
    """Those of our users that are not private."""

    def __init__(
        self, db: Database, audience: Audience, servers: Servers, notifier: Notifier
    ) -> None:
        self._db = db
        self._audience = audience
        self._servers = servers
        notifier.listen(ReceiptMoved, self._moved)

    def _moved(self, change: ReceiptMoved) -> None:
        if change.private or not self._audience.is_ours(change.user_id):
            return
        head: Head | None = self._db.memory.heads.get(change.room_id)
        if head is None or not self._audience.is_alone(head):
            run("receipts", self._tell(change))

    async def _tell(self, change: ReceiptMoved) -> None:
        head = await self._db.glance(heads.load, change.room_id)
        if head is not None and (servers := self._audience.in_room(head)):
            self._servers.tell(News(change.position, Kind.RECEIPT, head.room, 0), servers)
            self._servers.go()


class TypingNews:
    """While anybody of ours types where other servers are, they are reminded of it."""

    def __init__(
        self, db: Database, clock: Clock, audience: Audience, servers: Servers, typing: Typing
    ) -> None:
        self._db = db
        self._clock = clock
        self._audience = audience
        self._servers = servers
        self._typing = typing
        self._told: dict[str, frozenset[str]] = {}
        self._is_reminding = False

    def changed(self, change: TypingChanged) -> None:
        head: Head | None = self._db.memory.heads.get(change.room_id)
        if head is None or not self._audience.is_alone(head):
            run("typing", self._tell(change.room_id))

    async def _tell(self, room_id: str, is_reminder: bool = False) -> None:
        servers = await self._db.glance(_servers_in, self._audience, room_id)
        typing = frozenset(filter(self._audience.is_ours, self._typing.users(room_id)))
        told = self._told.pop(room_id, frozenset())
        if typing and servers:
            self._told[room_id] = typing
            self._remind_later()
        for user_id in sorted(told ^ typing if not is_reminder else told | typing):
            self._servers.tell_typing(servers, room_id, user_id, user_id in typing)
        self._servers.go()

    def _remind_later(self) -> None:
        if not self._is_reminding:
            self._is_reminding = True
            self._clock.call_later(REMIND_EVERY_S, self._remind)

    def _remind(self) -> None:
        self._is_reminding = False
        for room_id in list(self._told):
            run("typing", self._tell(room_id, is_reminder=True))


class PresenceNews:
    """Only for servers that share a room with the user; what changes in a while goes together."""

    def __init__(self, db: Database, clock: Clock, audience: Audience, servers: Servers) -> None:
        self._db = db
        self._clock = clock
        self._audience = audience
        self._servers = servers
        self._changed: set[str] = set()

    def changed(self, change: PresenceChanged) -> None:
        if self._audience.is_ours(change.user_id):
            if not self._changed:
                self._clock.call_later(PRESENCE_AFTER_S, lambda: run("presence", self._tell()))
            self._changed.add(change.user_id)

    async def _tell(self) -> None:
        changed, self._changed = self._changed, set()
        users: dict[str, list[str]] = {}
        for user_id in sorted(changed):
            for server in await self._db.glance(self._audience.of_user, user_id):
                users.setdefault(server, []).append(user_id)
        for server, its in users.items():
            self._servers.tell_presence([server], its[:MAX_PRESENCE])
        self._servers.go()


def _servers_in(txn: Transaction, audience: Audience, room_id: str) -> ServerNames:
    head = heads.load(txn, room_id)
    return NOBODY if head is None else audience.in_room(head)


def run(what: str, work: Coroutine[Any, Any, None]) -> None:
    """Nobody waits for it, but its failure is told."""
    in_background(work, log, f"{what} did not reach other servers")
