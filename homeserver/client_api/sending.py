"""Spec: Client-Server API, "Sending events to a room", "Redactions"."""

from attrs import frozen

from homeserver.errors import BadJson, Forbidden, InvalidParam
from homeserver.events.building import Draft
from homeserver.events.sticky import MAX_STICKY_MS
from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.delayed_events import DelayedEvents
from homeserver.rooms.delayed_events import Wish as DelayWish
from homeserver.rooms.related_redactions import RelatedRedactions, Wish
from homeserver.rooms.sending import Sending
from homeserver.users.presence import Presence

WITH_RELATIONS = "org.matrix.msc3912.with_relations"
MAX_KINDS = 100
DELAY = "org.matrix.msc4140.delay"
STICKY_DURATION = "org.matrix.msc4354.sticky_duration_ms"


@frozen(eq=False)
class SendingEndpoints:
    _sending: Sending
    _presence: Presence
    _related: RelatedRedactions
    _delayed: DelayedEvents

    @route("PUT", "/v3/rooms/{room_id}/send/{type}/{txn_id}", cost="message")
    async def send_message(
        self, request: Request, room_id: str, type: str, txn_id: str
    ) -> JsonObject:
        draft = draft_of(type, request.json_object(), sticky_of(request) if request.query else None)
        return await self._send(request, room_id, draft, txn_id)

    @route("PUT", "/v3/rooms/{room_id}/state/{type}", cost="message")
    async def send_state(self, request: Request, room_id: str, type: str) -> JsonObject:
        return await self.send_keyed_state(request, room_id, type, "")

    @route("PUT", "/v3/rooms/{room_id}/state/{type}/{state_key}", cost="message")
    async def send_keyed_state(
        self, request: Request, room_id: str, type: str, state_key: str
    ) -> JsonObject:
        draft = Draft(type, request.json_object(), state_key)
        if request.query and sticky_of(request) is not None:
            raise InvalidParam("State events cannot be sticky.")
        return await self._send(request, room_id, draft, None)

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

    async def _send(
        self, request: Request, room_id: str, draft: Draft, txn_id: str | None
    ) -> JsonObject:
        """Now, or with the delay that clients of before MSC4140 was accepted put in the query."""
        requester, ts = request.requester, None
        if request.query:
            ts = massaged_timestamp(request)
            if request.optional_text(DELAY) is not None:
                delay = request.integer(DELAY, 0, minimum=1)
                wish = DelayWish(room_id, draft, delay, txn_id, ts, yields=True, is_old_form=True)
                return {"delay_id": await self._delayed.schedule(requester, wish)}
        event_id = await self._sending.send(requester, room_id, draft, txn_id, ts)
        self._presence.active(request.user_id, request.device_id)
        return {"event_id": event_id}


def relations_in(body: JsonObject) -> frozenset[str]:
    """Kinds of relations that a redaction goes along (MSC3912)."""
    named = field(body, WITH_RELATIONS, list, [])
    if len(named) > MAX_KINDS or not all(isinstance(kind, str) for kind in named):
        raise BadJson(f"'{WITH_RELATIONS}' must be a list of up to {MAX_KINDS} strings.")
    return frozenset(named)


def draft_of(type: str, content: JsonObject, sticky_ms: int | None = None) -> Draft:
    """`content.redacts` names the target of a redaction in every room version (since 1.18)."""
    if type != "m.room.redaction":
        return Draft(type, content, sticky_ms=sticky_ms)
    redacts = field(content, "redacts", str)
    rest = {key: value for key, value in content.items() if key != "redacts"}
    return Draft(type, rest, redacts=redacts, sticky_ms=sticky_ms)


def sticky_of(request: Request) -> int | None:
    """For how long the event shall be sticky (MSC4354), under its present or coming name."""
    for name in (STICKY_DURATION, "sticky_duration_ms"):
        if request.optional_text(name) is not None:
            duration = request.integer(name, 0)
            if duration > MAX_STICKY_MS:
                raise InvalidParam(f"'{name}' must be {MAX_STICKY_MS} at most.")
            return duration
    return None


def massaged_timestamp(request: Request) -> int | None:
    """Application Service API, "Timestamp massaging"."""
    if request.optional_text("ts") is None:
        return None
    if not request.requester.appservice:
        raise Forbidden("Only application services may set the time of an event.")
    return request.integer("ts", 0)
