"""Spec: Client-Server API, "Relationships API"."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.page_questions import limit_of, token_of
from homeserver.rooms.related_events import RelatedEvents, Wish

PATH = "/rooms/{room_id}/relations/{event_id}"
DEFAULT_LIMIT = 20
MAX_LIMIT = 500


@frozen(eq=False)
class RelationEndpoints:
    _related: RelatedEvents

    @route("GET", "/v1" + PATH, "/unstable" + PATH)
    async def all(self, request: Request, room_id: str, event_id: str) -> JsonObject:
        return await self._page(request, room_id, event_id, None, None)

    @route("GET", "/v1" + PATH + "/{rel_type}")
    @route("GET", "/unstable" + PATH + "/{rel_type}")
    async def of_kind(
        self, request: Request, room_id: str, event_id: str, rel_type: str
    ) -> JsonObject:
        return await self._page(request, room_id, event_id, rel_type, None)

    @route("GET", "/v1" + PATH + "/{rel_type}/{type}")
    @route("GET", "/unstable" + PATH + "/{rel_type}/{type}")
    async def of_kind_and_type(
        self, request: Request, room_id: str, event_id: str, rel_type: str, type: str
    ) -> JsonObject:
        return await self._page(request, room_id, event_id, rel_type, type)

    async def _page(
        self,
        request: Request,
        room_id: str,
        event_id: str,
        rel_type: str | None,
        type: str | None,
    ) -> JsonObject:
        wish = Wish(
            room_id,
            event_id,
            rel_type,
            type,
            limit_of(request, DEFAULT_LIMIT, MAX_LIMIT),
            request.choice(_name(request, "dir", "org.matrix.msc3715.dir"), "b", ("b", "f")) == "b",
            token_of(request, "from"),
            token_of(request, "to"),
            _recurse(request),
        )
        return await self._related.page(request.requester, wish)


def _recurse(request: Request) -> bool | None:
    name = _name(request, "recurse", "org.matrix.msc3981.recurse")
    return None if request.optional_text(name) is None else request.boolean(name)


def _name(request: Request, stable: str, unstable: str) -> str:
    """Older clients use the names that parameters had before the specification took them."""
    return stable if request.optional_text(unstable) is None else unstable
