"""Administrators redact what somebody said, in all rooms or in some."""

from attrs import frozen

from homeserver.errors import MatrixError
from homeserver.events.building import Draft
from homeserver.events.ids import domain_of
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.jobs import Job, Jobs
from homeserver.rooms.sending import Sending
from homeserver.storage import events, memberships, spoken
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

KIND = "redaction_of_user"
AT_ONCE = 20
"""Redactions in one transaction: others get their turn."""
MAX_FAILURES = 1000
REDACTION = "m.room.redaction"


@frozen(eq=False)
class UserRedactions:
    """`wish` holds: by, rooms, reason, limit, before_ts, after_ts, use_admin."""

    _db: Database
    _jobs: Jobs
    _sending: Sending
    _server_name: str

    async def begin(self, user_id: str, wish: JsonObject) -> str:
        """The id of the work."""
        return self._jobs.run(await self._jobs.begin(KIND, user_id, wish))

    async def work(self, job: Job) -> Job:
        """Each step finds the newest events that are not redacted yet, so it may be repeated."""
        if not job.progress:
            job = await self._jobs.step_through(job, plan)
        return await self._jobs.step_through(job, self._step)

    def _step(self, txn: Transaction, job: Job) -> tuple[JsonObject, bool]:
        progress, wish = job.progress, job.wish
        if not progress["rooms"]:
            return progress, False
        room_id = progress["rooms"][0]
        failed, left = progress["failed_redactions"], wish["limit"] - progress["looked_at"]
        times = (wish["after_ts"], wish["before_ts"])
        place = progress["place"]
        found = spoken.by_user(txn, job.subject, room_id, times, place, max(0, min(AT_ONCE, left)))
        for position in found:
            self._redact(txn, job, room_id, position)
        if not found or len(failed) > MAX_FAILURES:
            return {**progress, "rooms": progress["rooms"][1:], "place": None, "looked_at": 0}, True
        reached = events.at(txn, found[-1]).place
        looked_at = progress["looked_at"] + len(found)
        return {**progress, "place": reached, "looked_at": looked_at}, True

    def _redact(self, txn: Transaction, job: Job, room_id: str, position: int) -> None:
        event_id = events.at(txn, position).event.event_id
        ours = domain_of(job.subject) == self._server_name
        sender = job.subject if ours and not job.wish["use_admin"] else job.wish["by"]
        reason = job.wish["reason"]
        draft = Draft(REDACTION, {"reason": reason} if reason else {}, redacts=event_id)
        try:
            requester = Requester(sender, "", appservice="redactions")
            self._sending.add(txn, requester, room_id, draft, None, None)
            job.progress["total_redactions"] += 1
        except MatrixError as error:
            job.progress["failed_redactions"][event_id] = error.message


def plan(txn: Transaction, job: Job) -> tuple[JsonObject, bool]:
    rooms = job.wish["rooms"] or sorted(memberships.of_user(txn, job.subject))
    progress: JsonObject = {
        "rooms": rooms,
        "place": None,
        "looked_at": 0,
        "failed_redactions": {},
        "total_redactions": 0,
    }
    return progress, False
