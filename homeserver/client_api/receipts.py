"""Spec: Client-Server API, "Receipts"."""

from attrs import frozen

from homeserver.errors import InvalidParam
from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.read_markers import FULLY_READ, Markers, ReadMarkers
from homeserver.rooms.receipts import READ, READ_PRIVATE, Receipts
from homeserver.users.presence import Presence

TYPES = (READ, READ_PRIVATE, FULLY_READ)


@frozen(eq=False)
class ReceiptEndpoints:
    _receipts: Receipts
    _read_markers: ReadMarkers
    _presence: Presence

    @route("POST", "/v3/rooms/{room_id}/receipt/{receipt_type}/{event_id}")
    async def set(
        self, request: Request, room_id: str, receipt_type: str, event_id: str
    ) -> JsonObject:
        if receipt_type not in TYPES:
            raise InvalidParam(f"The receipt type must be one of {', '.join(TYPES)}.")
        thread_id = thread_of(request.json_object_or_empty())
        if receipt_type == READ and request.requester.is_shadow_banned:
            receipt_type = READ_PRIVATE
        if receipt_type != FULLY_READ:
            await self._receipts.set(request.user_id, room_id, receipt_type, event_id, thread_id)
        elif thread_id is not None:
            raise InvalidParam(f"{FULLY_READ} is of a whole room: it takes no 'thread_id'.")
        else:
            await self._read_markers.set(request.user_id, room_id, Markers(fully_read=event_id))
        self._presence.active(request.user_id, request.device_id)
        return {}


def thread_of(body: JsonObject) -> str | None:
    if "thread_id" not in body:
        return None
    thread_id = body["thread_id"]
    if not isinstance(thread_id, str) or not thread_id:
        raise InvalidParam("'thread_id' must be a string that is not empty.")
    return thread_id
