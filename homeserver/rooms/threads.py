"""The threads of a room. Spec: Client-Server API, "Querying threads in a room"."""

from attrs import evolve, frozen

from homeserver.clock import Clock
from homeserver.events.applying_redactions import redacted
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.history import Seen, visible
from homeserver.rooms.reading import Reading, open_room
from homeserver.rooms.relations import bundles
from homeserver.rooms.shown import Look
from homeserver.rooms.tokens import write_token
from homeserver.storage import account_data, events, thread_roots
from homeserver.storage.database import Database
from homeserver.storage.thread_roots import THREAD
from homeserver.storage.transaction import Transaction


@frozen
class Wish:
    """`participated`: only threads in which the user took part. `start` is a place."""

    room_id: str
    participated: bool
    limit: int
    start: int | None = None


@frozen(eq=False)
class Threads:
    _db: Database
    _clock: Clock

    async def page(self, requester: Requester, wish: Wish) -> JsonObject:
        """Roots of threads, the one that went on last first."""
        return await self._db.glance(page, requester, wish, self._clock.now_ms())


def page(txn: Transaction, requester: Requester, wish: Wish, now_ms: int) -> JsonObject:
    look = Look(requester.user_id, requester.device_name, now_ms)
    reading = open_room(txn, look, wish.room_id)
    upto = reading.upto if wish.start is None else min(wish.start, reading.upto)
    participant = look.user_id if wish.participated else None
    found = thread_roots.page(txn, reading.head.room, upto, wish.limit + 1, participant)
    portion = found[: wish.limit]
    answer: JsonObject = {"chunk": _show(reading, _roots(reading, [root for root, _ in portion]))}
    if len(found) > wish.limit:
        answer["next_batch"] = write_token(portion[-1][1] - 1)
    return answer


def _roots(reading: Reading, roots: list[str]) -> list[Seen]:
    """Those that are known and that the user may see."""
    stored = events.find_all(reading.txn, roots)
    known = [stored[root] for root in roots if root in stored]
    own = [found for found in known if found.event.room_id == reading.head.room_id]
    return visible(reading.txn, reading.head, reading.look.user_id, own)


def _show(reading: Reading, roots: list[Seen]) -> list[object]:
    """A root by somebody ignored is shown as if redacted; a thread of such people, not at all."""
    ignored = account_data.ignored_by(reading.txn, reading.look.user_id)
    related = bundles(reading.txn, reading.head, reading.look, [root.stored for root in roots])
    return [
        reading.show_one(_hidden(root) if root.stored.event.sender in ignored else root, related)
        for root in roots
        if THREAD in related.get(root.stored.event.event_id, {})
    ]


def _hidden(root: Seen) -> Seen:
    stored = evolve(root.stored, event=redacted(root.stored.event), opened=None)
    return Seen(stored, root.membership)
