"""What bridges of today ask beyond the specification: com.beeper.backfill, com.beeper.yeet."""

from attrs import frozen

from homeserver.client_api.sending import draft_of
from homeserver.errors import BadJson, Forbidden
from homeserver.events.building import Draft
from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject, JsonValue
from homeserver.rooms.batches import Batch, Batches, Past
from homeserver.rooms.deleting import Deleting

MAX_BODY = 16 * 1024 * 1024


@frozen(eq=False)
class BatchEndpoints:
    _batches: Batches
    _deleting: Deleting

    @route(
        "POST",
        "/unstable/com.beeper.backfill/rooms/{room_id}/batch_send",
        cost="message",
        max_body=MAX_BODY,
    )
    async def batch_send(self, request: Request, room_id: str) -> JsonObject:
        check_service(request)
        body = request.json_object()
        batch = Batch(
            events=[past_event(value) for value in field(body, "events", list)],
            forward=field(body, "forward", bool, False),
            forward_if_no_messages=field(body, "forward_if_no_messages", bool, False),
            notifies=field(body, "send_notification", bool, False),
            read_by=field(body, "mark_read_by", str, None) or None,
        )
        sent = await self._batches.send(request.requester, room_id, batch)
        return {"event_ids": sent}

    @route("POST", "/unstable/com.beeper.yeet/rooms/{room_id}/delete", cost="message")
    async def delete(self, request: Request, room_id: str) -> JsonObject:
        check_service(request)
        await self._deleting.delete(request.user_id, room_id)
        return {}


def check_service(request: Request) -> None:
    if not request.requester.appservice:
        raise Forbidden("Only application services may ask for this.")


def past_event(value: JsonValue) -> Past:
    if not isinstance(value, dict):
        raise BadJson("'events' must be a list of objects.")
    type, content = field(value, "type", str), field(value, "content", dict)
    ts = field(value, "origin_server_ts", int)
    if not 0 <= ts < 2**53:
        raise BadJson("'origin_server_ts' must be milliseconds since 1970.")
    return Past(field(value, "sender", str), draft_in(value, type, content), ts)


def draft_in(value: JsonObject, type: str, content: JsonObject) -> Draft:
    state_key = field(value, "state_key", str, None)
    if state_key is not None:
        return Draft(type, content, state_key)
    if type == "m.room.redaction" and "redacts" in value:
        content = {"redacts": value["redacts"], **content}
    return draft_of(type, content)
