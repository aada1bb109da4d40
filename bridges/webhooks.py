"""Where a network's servers reach us: its routes, behind limits of ours."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from attrs import frozen

from bridges.kit.network import Network
from bridges.kit.webhooks import MAX_WEBHOOK, Request, Route

log = logging.getLogger(__name__)


@frozen
class Webhooks:
    """Serves what a network declares. `address` is ours, as the world sees it."""

    _address: str
    _network: Network

    def webhook(self, path: str) -> str:
        return f"{self._address}{self._place(path)}"

    def _place(self, path: str) -> str:
        return f"/webhook/{self._network.info.id}/{path.lstrip('/')}"

    def serve(self, app: web.Application) -> None:
        for route in self._network.routes():
            for method in route.methods:
                app.router.add_route(method, self._place(route.path), answering(route))


def answering(route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        if (request.content_length or 0) > MAX_WEBHOOK:
            raise web.HTTPRequestEntityTooLarge(MAX_WEBHOOK, request.content_length or 0)
        body = await request.content.read(MAX_WEBHOOK + 1)
        while body and len(body) <= MAX_WEBHOOK and not request.content.at_eof():
            body += await request.content.read(MAX_WEBHOOK + 1 - len(body))
        if len(body) > MAX_WEBHOOK:
            raise web.HTTPRequestEntityTooLarge(MAX_WEBHOOK, len(body))
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Request(request.method, request.path, dict(request.query), headers, body)
        try:
            given = await route.handler(asked)
        except Exception:
            log.exception("A webhook fails by a mistake of ours")
            raise web.HTTPInternalServerError from None
        return web.Response(status=given.status, body=given.body, content_type=given.content_type)

    return answer
