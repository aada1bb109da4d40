"""What is in a room, for administrators, who need not be in it."""

from attrs import evolve, frozen
from orjson import Fragment

from homeserver.clock import Clock
from homeserver.errors import NotFound
from homeserver.events.ids import is_event_id
from homeserver.json_values import JsonObject
from homeserver.rooms.aliases import Aliases
from homeserver.rooms.messages import Wish, page_of
from homeserver.rooms.reading import open_for_administrators
from homeserver.rooms.shown import Look, show
from homeserver.rooms.timestamps import Moment, closest_in, shown_closest
from homeserver.rooms.tokens import write_token
from homeserver.storage import events, heads
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class Inspecting:
    """Raises NotFound for rooms that are not held here."""

    _db: Database
    _clock: Clock
    _aliases: Aliases

    async def members(self, room_id: str) -> list[str]:
        return await self._db.read(lambda txn: sorted(known_head(txn, room_id).joined()))

    async def state(self, room_id: str, type: str | None) -> list[Fragment]:
        return await self._db.read(self._state, room_id, type)

    async def around(self, room_id: str, event_id: str, limit: int) -> JsonObject:
        """An event, up to `limit` others before and after it, and the room's state."""
        return await self._db.read(self._around, room_id, event_id, limit)

    async def messages(self, wish: Wish) -> JsonObject:
        """As members page through them, whoever might see them."""
        return await self._db.read(self._messages, wish)

    async def closest(self, room_id: str, wanted: Moment) -> JsonObject:
        """Id and time of the event; raises NotFound."""
        return await self._db.read(closest, room_id, wanted)

    async def event(self, event_id: str) -> JsonObject:
        """As it is kept, with its id."""
        stored = await self._db.read(events.find, event_id) if is_event_id(event_id) else None
        if stored is None:
            raise NotFound("There is no such event here.")
        return {**stored.event.pdu, "event_id": event_id}

    async def extremities(self, room: str) -> list[Stored]:
        """The events of a room that nothing follows yet."""
        return await self._db.read(extremities, await self._room_id(room))

    async def prune(self, room: str) -> int:
        """Let go of all extremities but the newest; of how many."""
        return await self._db.write(prune, await self._room_id(room))

    async def _room_id(self, room: str) -> str:
        return (await self._aliases.resolve(room)).room_id if room.startswith("#") else room

    def _show(self, txn: Transaction, found: list[Stored]) -> list[Fragment]:
        look = Look("", "", self._clock.now_ms())
        return [Fragment(show(txn, stored, look, "leave")) for stored in found]

    def _messages(self, txn: Transaction, wish: Wish) -> JsonObject:
        look = Look("", "", self._clock.now_ms())
        return page_of(open_for_administrators(txn, look, wish.room_id), wish)

    def _state(self, txn: Transaction, room_id: str, type: str | None) -> list[Fragment]:
        state = known_head(txn, room_id).state
        wanted = [at for (of_type, _), at in state.items() if type in (None, of_type)]
        return self._show(txn, list(events.at_all(txn, wanted).values()))

    def _around(self, txn: Transaction, room_id: str, event_id: str, limit: int) -> JsonObject:
        head = known_head(txn, room_id)
        middle = events.find(txn, event_id) if is_event_id(event_id) else None
        if middle is None or middle.event.room_id != room_id or middle.place is None:
            raise NotFound("There is no such event in this room.")
        before = events.before(txn, head.room, middle.place - 1, limit // 2)
        after = events.after(txn, head.room, middle.place, limit - limit // 2)
        first, last = (before or [middle])[-1], (after or [middle])[-1]
        return {
            "start": write_token((first.place or 0) - 1),
            "end": write_token(last.place or 0),
            "event": self._show(txn, [middle])[0],
            "events_before": self._show(txn, before),
            "events_after": self._show(txn, after),
            "state": self._show(txn, list(events.at_all(txn, head.state.values()).values())),
        }


def closest(txn: Transaction, room_id: str, wanted: Moment) -> JsonObject:
    reading = open_for_administrators(txn, Look("", "", 0), room_id)
    return shown_closest(closest_in(reading, wanted), wanted)


def known_head(txn: Transaction, room_id: str) -> Head:
    head = heads.load(txn, room_id)
    if head is None:
        raise NotFound("There is no such room here.")
    return head


def extremities(txn: Transaction, room_id: str) -> list[Stored]:
    return list(events.find_all(txn, known_head(txn, room_id).extremities).values())


def prune(txn: Transaction, room_id: str) -> int:
    head = known_head(txn, room_id)
    if len(head.extremities) < 2:
        return 0
    newest = max(extremities(txn, room_id), key=lambda it: it.place or 0).event.event_id
    pruned = evolve(head, extremities=(newest,))
    heads.save_extremities(txn, pruned, forked_before=True)
    txn.put(txn.memory.heads, room_id, pruned)
    return len(head.extremities) - 1
