"""Reads what both forms of sliding sync have in common, within bounds."""

from collections.abc import Mapping
from typing import Any

from homeserver.errors import BadJson, InvalidParam
from homeserver.http.request import field
from homeserver.json_values import JsonObject, JsonValue
from homeserver.sync.sliding.wishes import Extension, Extensions, ExtensionScope, Range, RoomFilter

MAX_LISTS = 100
MAX_SUBSCRIPTIONS = 100
MAX_RANGES = 20
MAX_RULES = 500
MAX_FILTER_VALUES = 500
MAX_TIMELINE = 100
MAX_NAME = 255
MAX_INDEX = 2**53 - 1


def read_lists(body: JsonObject) -> Mapping[str, JsonObject]:
    lists: Mapping[str, JsonObject] = field(body, "lists", dict, {})
    if len(lists) > MAX_LISTS:
        raise InvalidParam(f"A request may have {MAX_LISTS} lists.")
    for name, value in lists.items():
        if not isinstance(value, dict):
            raise BadJson("Each of 'lists' must be an object.")
        if not name or len(name) > MAX_NAME:
            raise InvalidParam(f"The name of a list has 1 to {MAX_NAME} characters.")
    return lists


def read_subscriptions(body: JsonObject) -> Mapping[str, JsonObject]:
    rooms: Mapping[str, JsonObject] = field(body, "room_subscriptions", dict, {})
    if len(rooms) > MAX_SUBSCRIPTIONS:
        raise InvalidParam(f"A request may have {MAX_SUBSCRIPTIONS} room subscriptions.")
    if not all(isinstance(value, dict) for value in rooms.values()):
        raise BadJson("Each of 'room_subscriptions' must be an object.")
    return rooms


def read_conn_id(body: JsonObject) -> str:
    conn_id = field(body, "conn_id", str, "")
    if len(conn_id) > MAX_NAME or "\0" in conn_id:
        raise InvalidParam(f"'conn_id' may have {MAX_NAME} characters, without NUL.")
    return str(conn_id)


def read_limit(config: JsonObject) -> int:
    """Higher limits are lowered to what one answer may carry."""
    limit: int = field(config, "timeline_limit", int, 0)
    if limit < 0:
        raise InvalidParam("'timeline_limit' must be at least 0.")
    return min(limit, MAX_TIMELINE)


def read_range(value: JsonValue) -> Range:
    whole = isinstance(value, list) and len(value) == 2
    if not whole or not all(isinstance(at, int) and not isinstance(at, bool) for at in value):
        raise BadJson("A range is an array of two integers.")
    first, last = value
    if not 0 <= first <= last <= MAX_INDEX:
        raise InvalidParam("A range goes from a first index, at least 0, to a last one behind it.")
    return first, last


def read_filter(config: JsonObject, *, is_invited: str) -> RoomFilter:
    """`is_invited` is how the form spells it."""
    body = field(config, "filters", dict, {})
    return RoomFilter(
        field(body, "is_dm", bool, None),
        read_texts(body, "spaces"),
        field(body, "is_encrypted", bool, None),
        field(body, is_invited, bool, None),
        read_room_types(body, "room_types"),
        read_room_types(body, "not_room_types") or frozenset(),
        read_texts(body, "tags"),
        read_texts(body, "not_tags") or frozenset(),
        field(body, "room_name_like", str, "")[:MAX_NAME],
    )


def read_texts(body: JsonObject, name: str) -> frozenset[str] | None:
    values = field(body, name, list, None)
    if values is None:
        return None
    if len(values) > MAX_FILTER_VALUES:
        raise InvalidParam(f"'{name}' may have {MAX_FILTER_VALUES} values.")
    if not all(isinstance(value, str) for value in values):
        raise BadJson(f"'{name}' must hold strings.")
    return frozenset(values)


def read_room_types(body: JsonObject, name: str) -> frozenset[str | None] | None:
    values = field(body, name, list, None)
    if values is None:
        return None
    if len(values) > MAX_FILTER_VALUES:
        raise InvalidParam(f"'{name}' may have {MAX_FILTER_VALUES} values.")
    if not all(value is None or isinstance(value, str) for value in values):
        raise BadJson(f"'{name}' must hold strings, or null.")
    return frozenset(values)


NAMES = {
    "to_device": ("to_device", "org.matrix.msc4538.to_device"),
    "e2ee": ("e2ee", "org.matrix.msc4543.e2ee"),
    "account_data": ("account_data", "org.matrix.msc3959.account_data"),
    "receipts": ("receipts", "org.matrix.msc4551.receipts"),
    "typing": ("typing", "org.matrix.msc4508.typing"),
    "thread_subscriptions": (
        "thread_subscriptions",
        "io.element.msc4308.thread_subscriptions",
    ),
    "profiles": ("profiles", "org.matrix.msc4262.profiles"),
    "sticky_events": ("sticky_events", "org.matrix.msc4354.sticky_events"),
}
"""How clients spell the extensions."""


def read_extensions(body: JsonObject) -> Extensions:
    """Those that are enabled; unknown ones are passed over."""
    configs = field(body, "extensions", dict, {})
    found: dict[str, Any] = {}
    for name, spellings in NAMES.items():
        for key in spellings:
            config = field(configs, key, dict, None)
            if config and field(config, "enabled", bool, False):
                found[name] = _extension(key, config)
    return Extensions(**found)


def _extension(key: str, config: JsonObject) -> Extension:
    limit = field(config, "limit", int, 100)
    if limit < 1:
        raise InvalidParam("'limit' of an extension must be at least 1.")
    scope = ExtensionScope(_names_or_all(config, "lists"), _names_or_all(config, "rooms"))
    since = field(config, "since", str, "")
    return Extension(key, scope, since, limit, read_texts(config, "fields"))


def _names_or_all(config: JsonObject, name: str) -> frozenset[str] | None:
    """["*"] is the older way to say all."""
    names = read_texts(config, name)
    return None if names is not None and "*" in names else names
