"""Keeps in mind which events are sticky, until they expire. MSC4354.

Asking what is sticky in a room touches no SQL: almost always the answer is "nothing".
"""

from collections.abc import Collection
from functools import partial

from attrs import evolve
from twisted.internet.defer import Deferred

from homeserver.changes import StickyEventHeld
from homeserver.clock import Clock
from homeserver.logs import logger
from homeserver.notifier import Notifier
from homeserver.rooms import timeline
from homeserver.rooms.incoming.authorising import is_allowed
from homeserver.rooms.state_view import StateView
from homeserver.rooms.timeline import Appended
from homeserver.storage import events, sticky_events
from homeserver.storage.database import Database
from homeserver.storage.events import Standing, Stored
from homeserver.storage.sticky_events import Sticky
from homeserver.storage.transaction import Transaction

SWEEP_SECONDS = 60.0
MAX_IN_ROOM = 1000
"""The newest ones: a room that is flooded forgets its oldest."""

log = logger(__name__)


class StickyEvents:
    def __init__(self, db: Database, clock: Clock, notifier: Notifier) -> None:
        self._db = db
        self._clock = clock
        self._rooms: dict[str, list[Sticky]] = {}
        self._refused: dict[str, list[Sticky]] = {}
        """Those that the state of their room did not allow when they came."""
        self._is_sweeping = False
        notifier.listen(StickyEventHeld, self._held)
        notifier.listen(Appended, self._state_changed)

    async def start(self) -> None:
        now_ms = self._clock.now_ms()
        await self._db.write(sticky_events.forget_expired, now_ms)
        for sticky in await self._db.read(sticky_events.unexpired, now_ms):
            self._keep(sticky)

    def rooms(self) -> Collection[str]:
        """Those in which something is sticky."""
        return tuple(self._rooms)

    def unseen(self, room_id: str, after: int, upto: int) -> list[Sticky]:
        """What became sticky in this part of the number line and still is, oldest first."""
        found = self._rooms.get(room_id)
        if not found:
            return []
        now_ms = self._clock.now_ms()
        return [it for it in found if after < it.since <= upto and it.expires_ts > now_ms]

    def shown(self, txn: Transaction, room_id: str, after: int, upto: int) -> list[Stored]:
        """The same as events, less those that were redacted."""
        found = (events.at(txn, it.position) for it in self.unseen(room_id, after, upto))
        return [stored for stored in found if stored.redaction is None]

    # -- what happens

    def _held(self, change: StickyEventHeld) -> None:
        sticky, now_ms = change.sticky, self._clock.now_ms()
        latest = now_ms + change.duration_ms
        if sticky.expires_ts > latest:
            sticky = evolve(sticky, expires_ts=latest)
            told(self._db.write(sticky_events.limit, sticky.position, latest))
        if sticky.expires_ts > now_ms:
            self._keep(sticky)

    def _keep(self, sticky: Sticky) -> None:
        rooms = self._rooms if sticky.since else self._refused
        found = rooms.setdefault(sticky.room_id, [])
        found.append(sticky)
        del found[:-MAX_IN_ROOM]
        if not self._is_sweeping:
            self._is_sweeping = True
            self._clock.call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        now_ms = self._clock.now_ms()
        for rooms in (self._rooms, self._refused):
            for room_id, found in list(rooms.items()):
                rooms[room_id] = [it for it in found if it.expires_ts > now_ms]
                if not rooms[room_id]:
                    del rooms[room_id]
        told(self._db.write(sticky_events.forget_expired, now_ms))
        self._is_sweeping = bool(self._rooms or self._refused)
        if self._is_sweeping:
            self._clock.call_later(SWEEP_SECONDS, self._sweep)

    def _state_changed(self, change: Appended) -> None:
        """What was refused may be right by now: not all servers saw things in the same order."""
        if change.room_id in self._refused and change.head.root != change.former.root:
            refused = tuple(self._refused[change.room_id])
            told(self._db.write(self._reconsider, change.room_id, refused))

    def _reconsider(self, txn: Transaction, room_id: str, refused: tuple[Sticky, ...]) -> None:
        now_ms = self._clock.now_ms()
        for sticky in refused:
            head, stored = timeline.head(txn, room_id), events.at(txn, sticky.position)
            if head is None or sticky.expires_ts <= now_ms or stored.event.is_state:
                continue
            if stored.standing is Standing.SOFT_FAILED and is_allowed(
                stored.event, StateView(txn, head)
            ):
                timeline.admit(txn, head, stored)
                txn.after_commit(partial(self._let_in, sticky))

    def _let_in(self, sticky: Sticky) -> None:
        rest = [it for it in self._refused.get(sticky.room_id, ()) if it is not sticky]
        self._refused[sticky.room_id] = rest
        if not rest:
            del self._refused[sticky.room_id]


def told(done: Deferred[None]) -> None:
    done.addErrback(lambda failure: log.error("sticky events were not kept: %s", failure))
