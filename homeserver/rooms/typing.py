"""Who is typing, in memory only. Spec: Client-Server API, "Typing Notifications"."""

from collections import OrderedDict

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall

from homeserver.changes import TypingChanged
from homeserver.clock import Clock
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.notifier import Notifier
from homeserver.rooms.access import joined_head
from homeserver.rooms.timeline import Appended
from homeserver.storage import account_data
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

DEFAULT_MS = 30_000
MAX_MS = 120_000
MAX_ROOMS = 10_000
"""Rooms in which nobody types any more that are remembered."""

log = logger(__name__)


@define(eq=False)
class Room:
    """`timers` end the typing of each user; `changed` is the place of the last change."""

    timers: dict[str, IDelayedCall] = field(factory=dict)
    changed: int = 0


class Typing:
    """Takes a place on the number line when somebody begins or ends, not when somebody goes on."""

    def __init__(self, db: Database, clock: Clock, notifier: Notifier) -> None:
        self._db = db
        self._clock = clock
        self._rooms: OrderedDict[str, Room] = OrderedDict()
        notifier.listen(Appended, self._appended)

    async def set(
        self, user_id: str, room_id: str, typing: bool, timeout_ms: int = DEFAULT_MS
    ) -> None:
        """Somebody types for a while, or no longer. Only members may."""
        await self._db.glance(joined_head, user_id, room_id)
        if not typing:
            if self._end(user_id, room_id):
                await self._db.write(self._changed, room_id)
        elif self._begin(user_id, room_id, min(timeout_ms, MAX_MS)):
            await self._db.write(self._changed, room_id)

    def events(
        self, txn: Transaction, room_id: str, user_id: str, after: int, upto: int
    ) -> list[JsonObject]:
        """An m.typing if it changed in this part of the number line; with 0, if somebody types."""
        room = self._rooms.get(room_id)
        if room is None or not after < room.changed <= upto or not (after or room.timers):
            return []
        ignored = account_data.ignored_by(txn, user_id)
        users = [user for user in tuple(room.timers) if user not in ignored]
        return [{"type": "m.typing", "content": {"user_ids": users}}]

    def users(self, room_id: str) -> tuple[str, ...]:
        """Those who type right now."""
        room = self._rooms.get(room_id)
        return tuple(room.timers) if room else ()

    def _begin(self, user_id: str, room_id: str, timeout_ms: int) -> bool:
        """Whether this is news."""
        room = self._rooms.setdefault(room_id, Room())
        self._rooms.move_to_end(room_id)
        timer = room.timers.pop(user_id, None)
        if timer is not None:
            timer.cancel()
        room.timers[user_id] = self._clock.call_later(
            timeout_ms / 1000, lambda: self._stop(user_id, room_id)
        )
        return timer is None

    def _end(self, user_id: str, room_id: str) -> bool:
        """Whether this is news."""
        room = self._rooms.get(room_id)
        timer = room.timers.pop(user_id, None) if room else None
        if timer is None:
            return False
        if timer.active():
            timer.cancel()
        if len(self._rooms) > MAX_ROOMS:
            self._forget_quiet_rooms()
        return True

    def _stop(self, user_id: str, room_id: str) -> None:
        """End somebody's typing without being asked."""
        if self._end(user_id, room_id):
            told = self._db.write(self._changed, room_id)
            told.addErrback(lambda failure: log.error("typing was not told: %s", failure.value))

    def _changed(self, txn: Transaction, room_id: str) -> None:
        """However many begin and end in one batch: it is told once."""
        txn.at_end(("typing", room_id), lambda txn: self._announce(txn, room_id))

    def _announce(self, txn: Transaction, room_id: str) -> None:
        position = txn.next_position()
        # Before anybody is woken, so that who wakes finds it.
        txn.after_commit(lambda: self._note(room_id, position))
        txn.announce(TypingChanged(position, room_id))

    def _note(self, room_id: str, position: int) -> None:
        if (room := self._rooms.get(room_id)) is not None:
            room.changed = position

    def _appended(self, change: Appended) -> None:
        """Who leaves types no longer."""
        event = change.stored.event
        if event.type == "m.room.member" and event.membership != "join" and event.state_key:
            self._stop(event.state_key, change.room_id)

    def _forget_quiet_rooms(self) -> None:
        quiet = [room_id for room_id, room in self._rooms.items() if not room.timers]
        for room_id in quiet[: MAX_ROOMS // 2]:
            del self._rooms[room_id]
