"""The events that relate to one. Spec: Client-Server API, "Relationships API"."""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.history import visible
from homeserver.rooms.paging import BEGINNING
from homeserver.rooms.reading import Reading, find_visible, open_room
from homeserver.rooms.shown import Look
from homeserver.rooms.tokens import write_token
from homeserver.storage import account_data, events
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.related_events import MAX_DEPTH, Span, children, descendants
from homeserver.storage.transaction import Transaction


@frozen
class Wish:
    """`recurse` is None if the client did not say; `start` and `stop` are places."""

    room_id: str
    event_id: str
    rel_type: str | None
    type: str | None
    limit: int
    backwards: bool = True
    start: int | None = None
    stop: int | None = None
    recurse: bool | None = None


@frozen(eq=False)
class RelatedEvents:
    _db: Database
    _clock: Clock

    async def page(self, requester: Requester, wish: Wish) -> JsonObject:
        return await self._db.read(page, requester, wish, self._clock.now_ms())


def page(txn: Transaction, requester: Requester, wish: Wish, now_ms: int) -> JsonObject:
    look = Look(requester.user_id, requester.device_name, now_ms)
    reading = open_room(txn, look, wish.room_id)
    find_visible(txn, reading.head, look.user_id, wish.event_id)
    query = descendants if wish.recurse else children
    positions = query(
        txn, reading.head.room, wish.event_id, wish.rel_type, wish.type, _span(reading, wish)
    )
    found = events.at_all(txn, positions)
    portion = [found[position] for position in positions[: wish.limit]]
    answer: JsonObject = {
        "chunk": reading.show(visible(txn, reading.head, look.user_id, heard(reading, portion)))
    }
    if len(positions) > wish.limit:
        place = portion[-1].place or 0
        answer["next_batch"] = write_token(place - 1 if wish.backwards else place)
    if wish.start is not None:
        answer["prev_batch"] = write_token(wish.start)
    if wish.recurse is not None:
        answer["recursion_depth"] = MAX_DEPTH if wish.recurse else 1
    return answer


def _span(reading: Reading, wish: Wish) -> Span:
    """One more than fits, to know whether more follows."""
    if wish.backwards:
        after, upto = wish.stop, wish.start
    else:
        after, upto = wish.start, wish.stop
    return Span(
        BEGINNING if after is None else after,
        reading.upto if upto is None else min(upto, reading.upto),
        wish.backwards,
        wish.limit + 1,
    )


def heard(reading: Reading, portion: list[Stored]) -> list[Stored]:
    """Less what ignored people say."""
    ignored = account_data.ignored_by(reading.txn, reading.look.user_id)
    return [s for s in portion if s.event.is_state or s.event.sender not in ignored]
