"""Spec: Application Service API. What the homeserver pushes and asks."""

import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web
from attrs import frozen

from bridges.kit.json_values import JsonObject


@frozen
class Push:
    """`whole` is the transaction as it came, with what concerns encryption."""

    id: str
    events: list[JsonObject]
    ephemeral: list[JsonObject]
    whole: JsonObject


Accept = Callable[[Push], Awaitable[None]]
"""Returns when it is safe."""

MAX_BODY = 100_000_000
OURS = ("/_matrix/app/", "/transactions/", "/users/", "/rooms/")


def refusal(status: int, errcode: str, error: str) -> web.Response:
    return web.json_response({"errcode": errcode, "error": error}, status=status)


@frozen
class Transactions:
    _token: str
    _accept: Accept

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY, middlewares=[self._authorize])
        for prefix in ("/_matrix/app/v1", ""):
            app.router.add_put(prefix + "/transactions/{transaction}", self._receive)
            app.router.add_get(prefix + "/users/{user}", self._nobody)
            app.router.add_get(prefix + "/rooms/{alias}", self._nobody)
        app.router.add_post("/_matrix/app/v1/ping", self._ping)
        return app

    @web.middleware
    async def _authorize(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if not request.path.startswith(OURS):
            return await handler(request)
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        given = given or request.query.get("access_token", "")
        if not given:
            return refusal(401, "M_MISSING_TOKEN", "The homeserver must send its hs_token.")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return refusal(403, "M_FORBIDDEN", "That is not the hs_token of this bridge.")
        return await handler(request)

    async def _receive(self, request: web.Request) -> web.Response:
        try:
            body = await request.json()
            events = [event for event in body["events"] if is_event(event)]
            passing = body.get("ephemeral", body.get("de.sorunome.msc2409.ephemeral", []))
            ephemeral = [one for one in passing if isinstance(one, dict)]
        except (ValueError, TypeError, KeyError, AttributeError):
            return refusal(400, "M_BAD_JSON", "A transaction is an object with a list of events.")
        await self._accept(Push(request.match_info["transaction"], events, ephemeral, body))
        return web.json_response({})

    async def _nobody(self, request: web.Request) -> web.Response:
        return refusal(404, "M_NOT_FOUND", "This bridge makes users and rooms when they speak.")

    async def _ping(self, request: web.Request) -> web.Response:
        return web.json_response({})


def is_event(event: object) -> bool:
    """Whether it has what every event has; others are not worth keeping."""
    return (
        isinstance(event, dict)
        and all(
            isinstance(event.get(key), str) for key in ("event_id", "room_id", "sender", "type")
        )
        and isinstance(event.get("content"), dict)
    )
