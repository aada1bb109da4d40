"""What users told the administrators, for administrators."""

from collections.abc import Mapping

from attrs import frozen

from homeserver.errors import NotFound
from homeserver.events.client_format import client_format
from homeserver.json_values import JsonObject
from homeserver.storage import events, heads, reports
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.reports import Report
from homeserver.storage.transaction import Transaction

EVENT, USER = "event", "user"


@frozen(kw_only=True)
class ReportSearch:
    """`wanted` are `reporter`, `room_id` and `user_id` as far as they matter; `sender` is that of
    the event.
    """

    kind: str
    wanted: Mapping[str, str]
    sender: str | None = None
    backwards: bool = True
    begin: int = 0
    limit: int = 100


@frozen(eq=False)
class ReportReading:
    _db: Database

    async def page(self, search: ReportSearch) -> tuple[list[JsonObject], int]:
        """A part of what was found, and how much that is in all."""
        return await self._db.read(page, search)

    async def one(self, kind: str, id: int) -> JsonObject:
        """With the event, if it was one. Raises NotFound."""
        return await self._db.read(one, kind, id)

    async def delete(self, kind: str, id: int) -> None:
        if not await self._db.write(reports.delete, kind, id):
            raise no_report()


def page(txn: Transaction, search: ReportSearch) -> tuple[list[JsonObject], int]:
    found = reports.matching(txn, search.kind, search.wanted)
    if search.backwards:
        found.reverse()
    if search.sender is not None:
        found = [it for it in found if sender_of(txn, it[1]) == search.sender]
    chosen = found[search.begin : search.begin + search.limit]
    return [report_json(txn, id, report) for id, report in chosen], len(found)


def one(txn: Transaction, kind: str, id: int) -> JsonObject:
    report = reports.find(txn, kind, id)
    if report is None:
        raise no_report()
    shown = report_json(txn, id, report)
    if kind == EVENT and (stored := events.find(txn, report.event_id)) is not None:
        shown["event_json"] = client_format(stored.event)
    return shown


def report_json(txn: Transaction, id: int, report: Report) -> JsonObject:
    shown: JsonObject = {
        "id": id,
        "received_ts": report.received_ts,
        "user_id": report.reporter,
        "reason": report.reason,
    }
    if report.kind == USER:
        return {**shown, "target_user_id": report.user_id}
    head = heads.load(txn, report.room_id)
    return {
        **shown,
        "event_id": report.event_id,
        "room_id": report.room_id,
        "score": None,
        "sender": sender_of(txn, report),
        "name": text_of(txn, head, "m.room.name", "name"),
        "canonical_alias": text_of(txn, head, "m.room.canonical_alias", "alias"),
    }


def text_of(txn: Transaction, head: Head | None, type: str, key: str) -> str | None:
    stored = head.event(txn, type) if head else None
    value = stored.event.content.get(key) if stored else None
    return value if isinstance(value, str) else None


def sender_of(txn: Transaction, report: Report) -> str | None:
    stored = events.find(txn, report.event_id)
    return stored.event.sender if stored else None


def no_report() -> NotFound:
    return NotFound("There is no such report.")
