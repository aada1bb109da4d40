"""What users reported."""

from attrs import frozen

from homeserver.admin_api.fields import ADMIN, PAGE, backwards_of
from homeserver.errors import InvalidParam
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.report_reading import EVENT, USER, ReportReading, ReportSearch


@frozen(eq=False)
class ReportEndpoints:
    _reports: ReportReading

    @route("GET", ADMIN + "/event_reports", access=Access.ADMIN)
    async def events(self, request: Request) -> JsonObject:
        return await self._page(request, EVENT, room_id="room_id", reporter="user_id")

    @route("GET", ADMIN + "/event_reports/{report_id}", access=Access.ADMIN)
    async def event(self, request: Request, report_id: str) -> JsonObject:
        return await self._reports.one(EVENT, number_of(report_id))

    @route("DELETE", ADMIN + "/event_reports/{report_id}", access=Access.ADMIN)
    async def delete_event(self, request: Request, report_id: str) -> JsonObject:
        await self._reports.delete(EVENT, number_of(report_id))
        return {}

    @route("GET", ADMIN + "/user_reports", access=Access.ADMIN)
    async def users(self, request: Request) -> JsonObject:
        return await self._page(request, USER, user_id="target_user_id", reporter="user_id")

    @route("GET", ADMIN + "/user_reports/{report_id}", access=Access.ADMIN)
    async def user(self, request: Request, report_id: str) -> JsonObject:
        return await self._reports.one(USER, number_of(report_id))

    @route("DELETE", ADMIN + "/user_reports/{report_id}", access=Access.ADMIN)
    async def delete_user(self, request: Request, report_id: str) -> JsonObject:
        await self._reports.delete(USER, number_of(report_id))
        return {}

    async def _page(self, request: Request, kind: str, **filters: str) -> JsonObject:
        begin = request.integer("from", 0)
        search = ReportSearch(
            kind=kind,
            wanted={it: text for it, name in filters.items() if (text := request.text(name))},
            sender=request.optional_text("event_sender_user_id"),
            backwards=backwards_of(request, "b"),
            begin=begin,
            limit=request.integer("limit", PAGE, maximum=1000),
        )
        found, total = await self._reports.page(search)
        page: JsonObject = {f"{kind}_reports": found, "total": total}
        if begin + len(found) < total:
            page["next_token"] = begin + len(found)
        return page


def number_of(report_id: str) -> int:
    if not (report_id.isascii() and report_id.isdigit() and len(report_id) < 17):
        raise InvalidParam("The id of a report is a number.")
    return int(report_id)
