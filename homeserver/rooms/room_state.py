"""The state of a room, whole or one event of it. Spec: `GET /rooms/{roomId}/state`."""

from attrs import frozen
from orjson import Fragment

from homeserver.clock import Clock
from homeserver.errors import NotFound
from homeserver.http.requester import Requester
from homeserver.json_values import encode
from homeserver.rooms.reading import open_room
from homeserver.rooms.shown import Look, as_seen
from homeserver.storage import events
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class RoomState:
    _db: Database
    _clock: Clock

    async def all(self, requester: Requester, room_id: str) -> list[Fragment]:
        return await self._db.read(whole_state, requester, room_id, self._clock.now_ms())

    async def event(self, requester: Requester, room_id: str, type: str, state_key: str) -> bytes:
        """The whole event, as JSON."""
        now_ms = self._clock.now_ms()
        return await self._db.glance(state_event, requester, room_id, type, state_key, now_ms, True)

    async def content(self, requester: Requester, room_id: str, type: str, state_key: str) -> bytes:
        """Only the event's content, as JSON."""
        now_ms = self._clock.now_ms()
        return await self._db.glance(
            state_event, requester, room_id, type, state_key, now_ms, False
        )


def whole_state(
    txn: Transaction, requester: Requester, room_id: str, now_ms: int
) -> list[Fragment]:
    look = Look(requester.user_id, requester.device_name, now_ms)
    reading = open_room(txn, look, room_id)
    return reading.show_state(list(events.at_all(txn, reading.state().values()).values()))


def state_event(
    txn: Transaction,
    requester: Requester,
    room_id: str,
    type: str,
    state_key: str,
    now_ms: int,
    whole: bool,
) -> bytes:
    look = Look(requester.user_id, requester.device_name, now_ms)
    reading = open_room(txn, look, room_id)
    stored = reading.state_event(type, state_key)
    if stored is None:
        raise NotFound("The room has no such state.")
    return encode(reading.show_state([stored])[0] if whole else as_seen(stored).content)
