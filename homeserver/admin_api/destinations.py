"""Other servers, and how they are reached."""

from attrs import frozen

from homeserver.admin_api.fields import ADMIN, PAGE, backwards_of, page_json
from homeserver.delivery.known_servers import KnownServer, KnownServers
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject

DESTINATIONS = ADMIN + "/federation/destinations"
ONE = DESTINATIONS + "/{destination}"
ORDERS = ("destination", "retry_last_ts", "retry_interval", "failure_ts")


@frozen(eq=False)
class DestinationEndpoints:
    _servers: KnownServers

    @route("GET", DESTINATIONS, access=Access.ADMIN)
    async def listed(self, request: Request) -> JsonObject:
        term, order = request.text("destination"), request.choice("order_by", ORDERS[0], ORDERS)
        begin, limit = request.integer("from", 0), request.integer("limit", PAGE, maximum=1000)
        found = [server_json(it) for it in await self._servers.everything() if term in it.name]
        found.sort(key=lambda it: it[order] or 0, reverse=backwards_of(request))
        return page_json("destinations", found[begin : begin + limit], begin, len(found))

    @route("GET", ONE, access=Access.ADMIN)
    async def one(self, request: Request, destination: str) -> JsonObject:
        return server_json(await self._servers.one(destination))

    @route("GET", ONE + "/rooms", access=Access.ADMIN)
    async def rooms(self, request: Request, destination: str) -> JsonObject:
        await self._servers.one(destination)
        rooms = await self._servers.rooms(destination)
        found: list[JsonObject] = [
            {"room_id": room_id, "stream_ordering": place} for room_id, place in rooms
        ]
        if backwards_of(request):
            found.reverse()
        begin, limit = request.integer("from", 0), request.integer("limit", PAGE, maximum=1000)
        return page_json("rooms", found[begin : begin + limit], begin, len(found))

    @route("POST", ONE + "/reset_connection", access=Access.ADMIN)
    async def reset(self, request: Request, destination: str) -> JsonObject:
        await self._servers.reset(destination)
        return {}


def server_json(server: KnownServer) -> JsonObject:
    it = server.silence
    return {
        "destination": server.name,
        "retry_last_ts": it.retry_ts - it.wait_ms if it else 0,
        "retry_interval": it.wait_ms if it else 0,
        "failure_ts": it.since_ts if it else None,
        "last_successful_stream_ordering": server.place,
    }
