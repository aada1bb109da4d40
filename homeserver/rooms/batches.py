"""Many events of long ago at once, in rooms that only this server is in: com.beeper.backfill.

What goes before the first message takes places that were left free there when the room was made
(decision 0026). It follows, in the graph, what stands before it, and nothing follows it: so other
servers that come later never see it.
"""

from collections.abc import Callable, Sequence

from attrs import evolve, frozen

from homeserver.clock import Clock
from homeserver.errors import Forbidden, InvalidParam, MatrixError
from homeserver.events.building import Draft
from homeserver.http.requester import Requester
from homeserver.rooms import timeline
from homeserver.rooms.access import joined_head
from homeserver.rooms.author import Author
from homeserver.rooms.receipts import READ, move
from homeserver.rooms.redaction_checks import check_redaction
from homeserver.rooms.timeline import Arrival, RoomStateIds
from homeserver.storage import events, history_places
from homeserver.storage.database import Database
from homeserver.storage.events import Standing
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

MAX_EVENTS = 500

SpeaksFor = Callable[[str, str], bool]
"""Whether an application service, by its id, may speak for a user."""


class NoPlaceForHistory(MatrixError):
    status = 409


@frozen
class Past:
    """An event of a batch."""

    sender: str
    draft: Draft
    origin_server_ts: int


@frozen(kw_only=True)
class Batch:
    """`events` are the oldest first. Without `notifies`, nobody hears of those at the end."""

    events: Sequence[Past]
    forward: bool = False
    forward_if_no_messages: bool = False
    notifies: bool = False
    read_by: str | None = None


@frozen(eq=False)
class Batches:
    _db: Database
    _clock: Clock
    _author: Author
    _speaks_for: SpeaksFor

    async def send(self, requester: Requester, room_id: str, batch: Batch) -> list[str]:
        """All of them or none; their ids."""
        if len(batch.events) > MAX_EVENTS:
            raise InvalidParam(f"A batch has {MAX_EVENTS} events at most.")
        named = {past.sender for past in batch.events} | ({batch.read_by} - {None})
        for user_id in named:
            if user_id is not None and not self._speaks_for(requester.appservice, user_id):
                raise Forbidden(f"The application service may not speak for {user_id}.")
        return await self._db.write(self._send, requester.user_id, room_id, batch)

    def _send(self, txn: Transaction, user_id: str, room_id: str, batch: Batch) -> list[str]:
        head = joined_head(txn, user_id, room_id)
        if any(server != self._author.server_name for server in head.servers):
            raise Forbidden("History is put only into rooms without users of other servers.")
        forward = batch.forward
        if batch.forward_if_no_messages and events.first_message(txn, head.room) is None:
            forward = True
        sent = self._append(txn, head, batch) if forward else self._insert(txn, head, batch.events)
        if batch.read_by is not None and sent:
            now_ms = self._clock.now_ms()
            move(txn, batch.read_by, room_id, READ, sent[-1], None, now_ms)
        return sent

    def _append(self, txn: Transaction, head: Head, batch: Batch) -> list[str]:
        sent: list[str] = []
        for past in batch.events:
            check_redaction(txn, head, past.sender, past.draft)
            event = self._author.write(txn, head, past.sender, past.draft, past.origin_server_ts)
            add = timeline.append if batch.notifies else timeline.append_quietly
            head = add(txn, head, event)
            sent.append(event.event_id)
        return sent

    def _insert(self, txn: Transaction, head: Head, batch: Sequence[Past]) -> list[str]:
        first = history_places.take(txn, head.room, len(batch))
        if first is None:
            raise NoPlaceForHistory(
                "There is no place for this before the room's first message. "
                "Rooms that an application service has made have some."
            )
        (previous,) = events.before(txn, head.room, first - 1, 1)
        event = previous.event
        past_head = evolve(head, extremities=(event.event_id,), depth=event.depth)
        arrival = Arrival(Standing.ALLOWED, RoomStateIds(head.root))
        sent: list[str] = []
        for place, past in enumerate(batch, first):
            if past.draft.state_key is not None or past.draft.redacts is not None:
                raise InvalidParam("Before the first message there can only be messages.")
            event = self._author.write(
                txn, past_head, past.sender, past.draft, past.origin_server_ts
            )
            timeline.insert_history(txn, head, event, place, arrival)
            past_head = evolve(past_head, extremities=(event.event_id,), depth=event.depth)
            sent.append(event.event_id)
        return sent
