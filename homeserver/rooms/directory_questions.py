"""What clients and servers ask the room directory, and the answer. Spec: `POST /publicRooms`."""

from homeserver.errors import BadJson, InvalidParam
from homeserver.http.request import field
from homeserver.json_values import JsonObject, JsonValue
from homeserver.rooms.directory import MAX_ROOMS, OWN, Page, Query


def query_of(body: JsonObject) -> Query:
    limit = field(body, "limit", int, MAX_ROOMS)
    if limit < 0:
        raise InvalidParam("`limit` cannot be negative.")
    wanted = field(body, "filter", dict, {})
    return Query(
        limit=min(limit, MAX_ROOMS) or MAX_ROOMS,
        since=field(body, "since", str, None),
        term=field(wanted, "generic_search_term", str, ""),
        room_types=room_types(field(wanted, "room_types", list, None)),
        networks=networks(
            field(body, "third_party_instance_id", str, None),
            is_all=field(body, "include_all_networks", bool, False),
        ),
    )


def networks(instance: str | None, *, is_all: bool) -> tuple[str, ...] | None:
    if is_all:
        if instance is not None:
            raise InvalidParam("Ask for all networks, or for one.")
        return None
    return (instance or OWN,)


def room_types(wanted: list[JsonValue] | None) -> frozenset[str | None] | None:
    if wanted is None:
        return None
    if not all(isinstance(it, str | None) for it in wanted):
        raise BadJson("`room_types` must be a list of strings and nulls.")
    return frozenset(wanted)


def answer(page: Page) -> JsonObject:
    body: JsonObject = {"chunk": page.chunk, "total_room_count_estimate": page.total}
    if page.next_batch is not None:
        body["next_batch"] = page.next_batch
    if page.prev_batch is not None:
        body["prev_batch"] = page.prev_batch
    return body
