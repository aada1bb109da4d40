"""Reports of what should not be. Spec: Client-Server API, "Reporting Content"."""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import InvalidParam, MatrixError, NotFound
from homeserver.events.ids import is_room_id, is_user_id
from homeserver.logs import logger
from homeserver.rooms.access import joined_head
from homeserver.rooms.reading import find_visible
from homeserver.storage import accounts, names, reports
from homeserver.storage.database import Database
from homeserver.storage.reports import Report
from homeserver.storage.transaction import Transaction

MAX_REASON = 2000

log = logger(__name__)


@frozen(eq=False)
class Reports:
    """Reports of rooms and users that are not known here are taken and forgotten, so nobody learns
    by them who and what is here (MSC4277).
    """

    _db: Database
    _clock: Clock

    async def room(self, reporter: str, room_id: str, reason: str) -> None:
        if is_room_id(room_id):
            await self._keep(self._new("room", reporter, reason, room_id=room_id))

    async def user(self, reporter: str, user_id: str, reason: str) -> None:
        if is_user_id(user_id):
            await self._keep(self._new("user", reporter, reason, user_id=user_id))

    async def event(self, reporter: str, room_id: str, event_id: str, reason: str) -> None:
        """For members only. Raises NotFound, whether there is no such event or it is hidden."""
        await self._keep(self._new("event", reporter, reason, room_id=room_id, event_id=event_id))

    def _new(self, kind: str, reporter: str, reason: str, **ids: str) -> Report:
        if len(reason) > MAX_REASON:
            raise InvalidParam(f"A reason may have {MAX_REASON} characters.")
        return Report(kind, reporter, reason.replace("\0", ""), self._clock.now_ms(), **ids)

    async def _keep(self, report: Report) -> None:
        if await self._db.write(keep, report):
            log.warning("%s has reported a %s", report.reporter, report.kind)


def keep(txn: Transaction, report: Report) -> bool:
    """Whether what is reported is known here."""
    if report.kind == "event":
        check_event(txn, report)
    elif not is_known(txn, report):
        return False
    reports.save(txn, report)
    return True


def check_event(txn: Transaction, report: Report) -> None:
    try:
        head = joined_head(txn, report.reporter, report.room_id)
        find_visible(txn, head, report.reporter, report.event_id)
    except MatrixError:
        raise NotFound("There is no such event, or you are not in its room.") from None


def is_known(txn: Transaction, report: Report) -> bool:
    named = report.room_id or report.user_id
    return names.find(txn, named) is not None or accounts.exists(txn, named)
