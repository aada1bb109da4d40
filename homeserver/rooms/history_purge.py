"""Administrators delete what was said in a room up to an event or a time. State stays."""

from attrs import frozen

from homeserver.errors import InvalidParam, NotFound
from homeserver.events.ids import domain_of
from homeserver.json_values import JsonObject
from homeserver.rooms import timeline
from homeserver.rooms.jobs import Job, Jobs
from homeserver.rooms.retention import delete_messages
from homeserver.storage import event_times, events, heads, purging
from homeserver.storage.database import Database
from homeserver.storage.search import Index
from homeserver.storage.transaction import Transaction

KIND = "history_purge"
AT_ONCE = 200
"""Messages in one transaction: others get their turn."""
BEGINNING = -(2**62)
LATEST = 2**62


@frozen(kw_only=True)
class Bounds:
    """How far history goes: up to an event, or up to the newest event that is not past a time.

    What our own users said is kept unless `takes_ours`.
    """

    event_id: str | None = None
    ts: int | None = None
    takes_ours: bool = False


@frozen(eq=False)
class HistoryPurge:
    """`wish` holds `before`, a place in the timeline, and `takes_ours`."""

    _db: Database
    _jobs: Jobs
    _index: Index
    _server_name: str

    async def begin(self, room_id: str, bounds: Bounds) -> str:
        """The id of the work. Raises NotFound for unknown rooms and events."""
        before = await self._db.read(place_of, room_id, bounds)
        wish: JsonObject = {"before": before, "takes_ours": bounds.takes_ours}
        return self._jobs.run(await self._jobs.begin(KIND, room_id, wish))

    async def work(self, job: Job) -> Job:
        return await self._jobs.step_through(job, self._step)

    def _step(self, txn: Transaction, job: Job) -> tuple[JsonObject, bool]:
        progress = job.progress or {"reached": BEGINNING, "deleted": 0}
        head = timeline.head(txn, job.subject)
        if head is None:
            return progress, False
        portion = purging.messages_before(
            txn, head.room, job.wish["before"], progress["reached"], AT_ONCE
        )
        found = {
            position: stored
            for position, stored in events.at_all(txn, (it for _, it in portion)).items()
            if job.wish["takes_ours"] or domain_of(stored.event.sender) != self._server_name
        }
        deleted, _ = delete_messages(txn, head, found, self._index)
        reached = portion[-1][0] if portion else progress["reached"]
        done: JsonObject = {"reached": reached, "deleted": progress["deleted"] + deleted}
        return done, len(portion) == AT_ONCE


def place_of(txn: Transaction, room_id: str, bounds: Bounds) -> int:
    """What stands before it goes."""
    head = heads.load(txn, room_id)
    if head is None:
        raise NotFound("There is no such room here.")
    if bounds.event_id is not None:
        stored = events.find(txn, bounds.event_id)
        if stored is None or stored.event.room_id != room_id or stored.place is None:
            raise NotFound("There is no such event in this room.")
        return stored.place
    if bounds.ts is None:
        raise InvalidParam("Say up to where: 'purge_up_to_event_id' or 'purge_up_to_ts'.")
    newest = event_times.earlier(txn, head.room, (bounds.ts, LATEST), 1)
    if not newest:
        raise NotFound("There is no event from before this time.")
    return (events.at(txn, newest[0][1]).place or 0) + 1
