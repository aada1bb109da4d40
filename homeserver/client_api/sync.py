"""Spec: Client-Server API, "Syncing"."""

from attrs import frozen

from homeserver.events.filters import SyncFilter
from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.rooms.tokens import read_token
from homeserver.sync.engine import SyncEngine
from homeserver.sync.view import SyncWish
from homeserver.users.filters import Filters
from homeserver.users.presence import Presence

EVERYTHING = SyncFilter()
UNSTABLE_STATE_AFTER = "org.matrix.msc4222."


@frozen(eq=False)
class SyncEndpoints:
    _engine: SyncEngine
    _filters: Filters
    _presence: Presence

    @route("GET", "/v3/sync", access=Access.GUEST, waits=True)
    async def sync(self, request: Request) -> Response:
        since = request.text("since")
        wish = SyncWish(
            request.requester,
            max(0, read_token(since)) if since else 0,
            await self._filter(request),
            request.boolean("full_state"),
            state_after(request),
        )
        timeout_ms = request.integer("timeout", 0)
        state = request.choice("set_presence", "online", ("online", "offline", "unavailable"))
        with self._presence.syncing(request.user_id, request.device_id, state):
            return Response(await self._engine.sync(wish, timeout_ms))

    async def _filter(self, request: Request) -> SyncFilter:
        text = request.text("filter")
        return await self._filters.resolve(request.user_id, text) if text else EVERYTHING


def state_after(request: Request) -> str:
    """The key under which the client expects the state, or nothing if it did not ask (MSC4222)."""
    if request.boolean("use_state_after"):
        return "state_after"
    if request.boolean(UNSTABLE_STATE_AFTER + "use_state_after"):
        return UNSTABLE_STATE_AFTER + "state_after"
    return ""
