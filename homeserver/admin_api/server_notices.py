"""Server notices that administrators send; the calls are those of Synapse's admin API."""

from attrs import frozen

from homeserver.errors import InvalidParam
from homeserver.events.building import Draft
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.server_notices import ServerNotices

PATH = "/_synapse/admin/v1/send_server_notice"


@frozen(eq=False)
class ServerNoticeEndpoints:
    _notices: ServerNotices

    @route("POST", PATH, access=Access.ADMIN)
    async def send(self, request: Request) -> JsonObject:
        return await self._send(request, None)

    @route("PUT", PATH + "/{txn_id}", access=Access.ADMIN)
    async def send_once(self, request: Request, txn_id: str) -> JsonObject:
        return await self._send(request, txn_id)

    async def _send(self, request: Request, txn_id: str | None) -> JsonObject:
        user_id, draft = notice_in(request.json_object())
        event_id = await self._notices.send(request.requester, user_id, draft, txn_id)
        return {"event_id": event_id}


def notice_in(body: JsonObject) -> tuple[str, Draft]:
    user_id, content = field(body, "user_id", str), field(body, "content", dict)
    if "\0" in user_id:
        raise InvalidParam("This is not a user id.")
    type = field(body, "type", str, "m.room.message")
    return user_id, Draft(type, content, field(body, "state_key", str, None))
