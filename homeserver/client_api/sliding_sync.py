"""Sliding sync, in both of its forms. Spec: MSC4186."""

from attrs import frozen

from homeserver.client_api.merged_sliding_form import merged_wish
from homeserver.client_api.older_sliding_form import older_wish
from homeserver.errors import InvalidParam
from homeserver.http.request import Request, field
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.sync.sliding.engine import SlidingSync
from homeserver.sync.sliding.wishes import SlidingWish
from homeserver.users.presence import Presence

MAX_BODY = 512 * 1024
STATES = ("online", "offline", "unavailable")


@frozen(eq=False)
class SlidingSyncEndpoints:
    _engine: SlidingSync
    _presence: Presence

    @route(
        "POST",
        "/unstable/org.matrix.simplified_msc3575/sync",
        access=Access.GUEST,
        waits=True,
        max_body=MAX_BODY,
    )
    async def older_sync(self, request: Request) -> Response:
        """`pos`, `timeout` and `set_presence` stand in the query."""
        wish = older_wish(request.json_object_or_empty(), request.requester, request.text("pos"))
        state = request.choice("set_presence", "online", STATES)
        return await self._answer(request, wish, request.integer("timeout", 0), state)

    @route("POST", "/v4/sync", access=Access.GUEST, waits=True, max_body=MAX_BODY)
    async def merged_sync(self, request: Request) -> Response:
        """They stand in the body."""
        body = request.json_object_or_empty()
        wish = merged_wish(body, request.requester)
        state, timeout_ms = (
            field(body, "set_presence", str, "online"),
            field(body, "timeout", int, 0),
        )
        if state not in STATES:
            raise InvalidParam(f"'set_presence' must be one of {', '.join(STATES)}.")
        if timeout_ms < 0:
            raise InvalidParam("'timeout' must be at least 0.")
        return await self._answer(request, wish, timeout_ms, state)

    async def _answer(
        self, request: Request, wish: SlidingWish, timeout_ms: int, state: str
    ) -> Response:
        with self._presence.syncing(request.user_id, request.device_id, state):
            return Response(await self._engine.sync(wish, timeout_ms))
