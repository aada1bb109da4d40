"""Delayed events: MSC4140 in the form that was accepted and the one of before; MSC4486 (lists).

The older form schedules through /send and /state: see sending.py.
"""

from attrs import frozen

from homeserver.client_api.sending import draft_of, massaged_timestamp, sticky_of
from homeserver.errors import BadJson, InvalidParam, MissingParam, NotFound
from homeserver.events.building import Draft
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.delayed_events import (
    CANCELLED,
    FAILED,
    SCHEDULED,
    SENT,
    STATES,
    Delayed,
    DelayedEvents,
    Filter,
    Wish,
)

OLD = "/unstable/org.matrix.msc4140"
MAX_NUMBER = 2**53 - 1


@frozen(eq=False)
class DelayedEventEndpoints:
    _delayed: DelayedEvents

    @route(
        "PUT",
        "/v3/rooms/{room_id}/delayed_event/{type}/{txn_id}",
        access=Access.GUEST,
        cost="message",
    )
    @route(
        "PUT",
        OLD + "/rooms/{room_id}/delayed_event/{type}/{txn_id}",
        access=Access.GUEST,
        cost="message",
    )
    async def schedule(self, request: Request, room_id: str, type: str, txn_id: str) -> JsonObject:
        body = request.json_object()
        wish = Wish(
            room_id,
            draft_in(body, type, sticky_of(request)),
            delay_in(body),
            txn_id,
            massaged_timestamp(request),
        )
        return {"delay_id": await self._delayed.schedule(request.requester, wish)}

    @route("GET", "/v1/delayed_events/{delay_id}", access=Access.GUEST)
    @route("GET", OLD + "/delayed_events/{delay_id}", access=Access.GUEST)
    async def one(self, request: Request, delay_id: str) -> JsonObject:
        return shown(await self._delayed.find(request.user_id, delay_id))

    @route("GET", "/v1/delayed_events", access=Access.GUEST)
    @route("GET", "/unstable/org.matrix.msc4486/delayed_events", access=Access.GUEST)
    async def page(self, request: Request) -> JsonObject:
        found, more = await self._delayed.page(request.user_id, filter_of(request))
        body: JsonObject = {"delayed_events": [shown(it) for it in found]}
        if more:
            body["next_batch"] = f"{found[-1].due_ts}_{found[-1].position}"
        return body

    @route("GET", OLD + "/delayed_events", access=Access.GUEST)
    async def old_lists(self, request: Request) -> JsonObject:
        """Only what is scheduled stands in `delayed_events`; newer clients read the other two."""
        user_id, wanted = request.user_id, set(request.parameters.get("delay_id", ()))
        status = request.choice("status", "", ("", "scheduled", "finalised"))
        body: JsonObject = {}
        if status != "finalised":
            found, _ = await self._delayed.page(user_id, Filter(states=(SCHEDULED,)), 1000)
            waiting = [shown(it) for it in found if not wanted or it.delay_id in wanted]
            body.update(delayed_events=waiting, scheduled=waiting)
        if status != "scheduled":
            over = Filter(states=(SENT, CANCELLED, FAILED), backwards=True)
            found, _ = await self._delayed.page(user_id, over, 1000)
            body["finalised"] = [
                finalised_before(it) for it in found if not wanted or it.delay_id in wanted
            ]
        return body


@frozen(eq=False)
class DelayedEventActionEndpoints:
    """The id is all the proof that is asked for: a call's server acts for clients that are gone."""

    _delayed: DelayedEvents

    @route(
        "POST",
        "/v1/delayed_events/{delay_id}/{action}",
        access=Access.PUBLIC,
        cost="delayed_event",
    )
    @route(
        "POST",
        OLD + "/delayed_events/{delay_id}/{action}",
        access=Access.PUBLIC,
        cost="delayed_event",
    )
    async def act(self, request: Request, delay_id: str, action: str) -> JsonObject:
        actions = {
            "restart": self._delayed.restart,
            "send": self._delayed.send,
            "cancel": self._delayed.cancel,
        }
        if action not in actions:
            raise InvalidParam("The action must be one of restart, send, cancel.")
        await actions[action](delay_id)
        return {}

    @route("POST", OLD + "/delayed_events/{delay_id}", access=Access.PUBLIC, cost="delayed_event")
    async def act_as_before(self, request: Request, delay_id: str) -> JsonObject:
        if not delay_id:
            raise NotFound("Say in the path which delayed event is meant.")
        return await self.act(request, delay_id, field(request.json_object(), "action", str))


def delay_in(body: JsonObject) -> int:
    """`delay` was the name of `delay_ms` until shortly before the proposal was accepted."""
    delay = field(body, "delay_ms" if "delay_ms" in body else "delay", int, None)
    if delay is None:
        raise MissingParam("'delay_ms' is missing.")
    if not 0 < delay <= MAX_NUMBER:
        raise InvalidParam("'delay_ms' must be a positive number of milliseconds.")
    return int(delay)


def draft_in(body: JsonObject, type: str, sticky_ms: int | None) -> Draft:
    content, state_key = field(body, "content", dict), field(body, "state_key", str, None)
    if state_key is None:
        return draft_of(type, content, sticky_ms)
    if sticky_ms is not None:
        raise BadJson("State events cannot be sticky.")
    return Draft(type, content, state_key)


def shown(delayed: Delayed) -> JsonObject:
    """Under the names of both forms."""
    body: JsonObject = {
        "delay_id": delayed.delay_id,
        "room_id": delayed.room_id,
        "type": delayed.type,
        "delay_ms": delayed.delay,
        "delayed_since_ts": delayed.since_ts,
        "content": delayed.content,
        "delay": delayed.delay,
        "running_since": delayed.since_ts,
    }
    if delayed.state_key is not None:
        body["state_key"] = delayed.state_key
    if delayed.finalised_ts is not None:
        body["finalised"] = {"finalised_ts": delayed.finalised_ts, **fate_of(delayed)}
    return body


def fate_of(delayed: Delayed) -> JsonObject:
    """Empty where somebody called it off."""
    fate = {"event_id": delayed.event_id, "error": delayed.error}
    return {name: value for name, value in fate.items() if value is not None}


def finalised_before(delayed: Delayed) -> JsonObject:
    """As clients of before the proposal was accepted read it."""
    assert delayed.finalised_ts is not None
    return {
        "delayed_event": shown(delayed),
        "outcome": "cancel" if delayed.event_id is None else "send",
        "reason": reason_of(delayed, delayed.finalised_ts),
        "origin_server_ts": delayed.finalised_ts,
        **fate_of(delayed),
    }


def reason_of(delayed: Delayed, finalised_ts: int) -> str:
    if delayed.error is not None:
        return "error"
    return "delay" if finalised_ts >= delayed.due_ts else "action"


def filter_of(request: Request) -> Filter:
    status = request.choice("status", "", ("", *STATES))
    position = request.text("from")
    return Filter(
        states=(status,) if status else STATES,
        room_id=request.optional_text("room_id"),
        type=request.optional_text("type"),
        from_ts=request.integer("from_ts", 0),
        to_ts=request.integer("to_ts", MAX_NUMBER),
        backwards=request.choice("dir", "f", ("b", "f")) == "b",
        beyond=position_in(position) if position else None,
    )


def position_in(token: str) -> tuple[int, int]:
    due_ts, _, position = token.partition("_")
    if not all(it.isascii() and it.isdigit() and len(it) <= 18 for it in (due_ts, position)):
        raise InvalidParam("This is not a token that this server has given out.")
    return int(due_ts), int(position)
