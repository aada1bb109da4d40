"""Spec: Client-Server API, "Server Side Search"."""

from attrs import frozen

from homeserver.errors import InvalidParam
from homeserver.events.filters import RoomEventFilter
from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject, JsonValue
from homeserver.search.searching import Searching
from homeserver.search.texts import KEYS
from homeserver.search.wishes import GROUPINGS, Context, Spot, Wish, read_spot

CATEGORY = "room_events"
DEFAULT_LIMIT, MAX_LIMIT = 10, 100
DEFAULT_CONTEXT, MAX_CONTEXT = 5, 20
ORDERS = ("rank", "recent")


@frozen(eq=False)
class SearchEndpoints:
    _searching: Searching

    @route("POST", "/v3/search", cost="search")
    async def search(self, request: Request) -> JsonObject:
        categories = field(request.json_object(), "search_categories", dict)
        if CATEGORY not in categories:
            return {"search_categories": {}}
        token = request.text("next_batch")
        start = read_spot(token) if token else Spot()
        wish = wish_of(field(categories, CATEGORY, dict), start)
        found = await self._searching.search(request.requester, wish)
        return {"search_categories": {CATEGORY: found}}


def wish_of(criteria: JsonObject, start: Spot) -> Wish:
    filter = RoomEventFilter.parse(field(criteria, "filter", dict, {}))
    keys = field(criteria, "keys", list, None)
    groupings = field(field(criteria, "groupings", dict, {}), "group_by", list, [])
    return Wish(
        term=field(criteria, "search_term", str),
        keys=tuple(KEYS.values()) if keys is None else chosen("keys", keys, (*KEYS.values(),)),
        filter=filter,
        limit=min(filter.limit or DEFAULT_LIMIT, MAX_LIMIT),
        by_rank=chosen("order_by", [field(criteria, "order_by", str, "rank")], ORDERS) == ("rank",),
        context=context_of(field(criteria, "event_context", dict, None)),
        with_state=field(criteria, "include_state", bool, False),
        groupings=chosen("groupings", [key_of(it) for it in groupings], GROUPINGS),
        start=start,
    )


def chosen(name: str, values: list[JsonValue], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Each once."""
    if not all(value in allowed for value in values):
        raise InvalidParam(f"`{name}` may only name {', '.join(allowed)}.")
    return tuple(value for value in allowed if value in values)


def key_of(group: JsonValue) -> JsonValue:
    return group.get("key") if isinstance(group, dict) else None


def context_of(wanted: JsonObject | None) -> Context | None:
    if wanted is None:
        return None
    return Context(
        count_of(wanted, "before_limit"),
        count_of(wanted, "after_limit"),
        field(wanted, "include_profile", bool, False),
    )


def count_of(wanted: JsonObject, name: str) -> int:
    count: int = field(wanted, name, int, DEFAULT_CONTEXT)
    if count < 0:
        raise InvalidParam(f"`{name}` cannot be negative.")
    return min(count, MAX_CONTEXT)
