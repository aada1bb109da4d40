"""Spec: Client-Server API, "Sending events to a room", "Redactions"."""

from attrs import frozen

from homeserver.errors import BadJson, Forbidden
from homeserver.events.building import Draft
from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.related_redactions import RelatedRedactions, Wish
from homeserver.rooms.sending import Sending
from homeserver.users.presence import Presence

WITH_RELATIONS = "org.matrix.msc3912.with_relations"
MAX_KINDS = 100


@frozen(eq=False)
class SendingEndpoints:
    _sending: Sending
    _presence: Presence
    _related: RelatedRedactions

    @route("PUT", "/v3/rooms/{room_id}/send/{type}/{txn_id}", cost="message")
    async def send_message(
        self, request: Request, room_id: str, type: str, txn_id: str
    ) -> JsonObject:
        draft = draft_of(type, request.json_object())
        event_id = await self._sending.send(
            request.requester, room_id, draft, txn_id, massaged_timestamp(request)
        )
        self._presence.active(request.user_id, request.device_id)
        return {"event_id": event_id}

    @route("PUT", "/v3/rooms/{room_id}/state/{type}", cost="message")
    async def send_state(self, request: Request, room_id: str, type: str) -> JsonObject:
        return await self.send_keyed_state(request, room_id, type, "")

    @route("PUT", "/v3/rooms/{room_id}/state/{type}/{state_key}", cost="message")
    async def send_keyed_state(
        self, request: Request, room_id: str, type: str, state_key: str
    ) -> JsonObject:
        draft = Draft(type, request.json_object(), state_key)
        event_id = await self._sending.send(
            request.requester, room_id, draft, None, massaged_timestamp(request)
        )
        self._presence.active(request.user_id, request.device_id)
        return {"event_id": event_id}

    @route("PUT", "/v3/rooms/{room_id}/redact/{event_id}/{txn_id}", cost="message")
    async def redact(
        self, request: Request, room_id: str, event_id: str, txn_id: str
    ) -> JsonObject:
        body = request.json_object_or_empty()
        reason = field(body, "reason", str, None)
        content = {} if reason is None else {"reason": reason}
        draft = Draft("m.room.redaction", content, redacts=event_id)
        kinds = relations_in(body)
        redaction = await self._sending.send(request.requester, room_id, draft, txn_id)
        if kinds:
            wish = Wish(request.user_id, room_id, event_id, kinds, content)
            await self._related.redact(wish)
        self._presence.active(request.user_id, request.device_id)
        return {"event_id": redaction}


def relations_in(body: JsonObject) -> frozenset[str]:
    """Kinds of relations that a redaction goes along (MSC3912)."""
    named = field(body, WITH_RELATIONS, list, [])
    if len(named) > MAX_KINDS or not all(isinstance(kind, str) for kind in named):
        raise BadJson(f"'{WITH_RELATIONS}' must be a list of up to {MAX_KINDS} strings.")
    return frozenset(named)


def draft_of(type: str, content: JsonObject) -> Draft:
    """`content.redacts` names the target of a redaction in every room version (since 1.18)."""
    if type != "m.room.redaction":
        return Draft(type, content)
    redacts = field(content, "redacts", str)
    return Draft(type, {k: v for k, v in content.items() if k != "redacts"}, redacts=redacts)


def massaged_timestamp(request: Request) -> int | None:
    """Application Service API, "Timestamp massaging"."""
    if request.optional_text("ts") is None:
        return None
    if not request.requester.appservice:
        raise Forbidden("Only application services may set the time of an event.")
    return request.integer("ts", 0)
