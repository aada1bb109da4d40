"""Reads the parts of a filter, each with a sentence about what is wrong."""

from homeserver.errors import BadJson
from homeserver.events.type_patterns import TypePatterns
from homeserver.json_values import JsonObject, JsonValue

Names = frozenset[str]

MAX_NAMES = 2000
"""Room ids, user ids or types in one list of a filter."""

MAX_LIMIT = 1000
"""Events that a filter may ask for at once; larger limits are lowered to it."""


def read_object(body: JsonObject, name: str) -> JsonObject:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadJson(f"'{name}' in a filter must be an object.")
    return value


def read_boolean(body: JsonObject, name: str, default: bool | None) -> bool | None:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise BadJson(f"'{name}' in a filter must be true or false.")
    return value


def read_choice(body: JsonObject, name: str, allowed: tuple[str, ...]) -> str:
    """The first one is the default."""
    value = body.get(name, allowed[0])
    if value not in allowed:
        raise BadJson(f"'{name}' in a filter must be one of {', '.join(allowed)}.")
    return str(value)


def read_limit(body: JsonObject) -> int | None:
    """Scripts send 0 for "as few as can be", though the spec wants more: they get one."""
    value = body.get("limit")
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadJson("'limit' in a filter must be an integer above 0.")
    return min(max(value, 1), MAX_LIMIT)


def read_names(body: JsonObject, name: str) -> Names | None:
    """None if the list is absent: not the same as an empty one."""
    values = _read_texts(body, name)
    return None if values is None else frozenset(values)


def read_ids(body: JsonObject, name: str, sigil: str) -> Names | None:
    """User ids ("@") or room ids ("!")."""
    values = read_names(body, name)
    if values is not None and not all(value.startswith(sigil) for value in values):
        raise BadJson(f"'{name}' in a filter must hold ids that start with '{sigil}'.")
    return values


def read_patterns(body: JsonObject, name: str) -> TypePatterns | None:
    values = _read_texts(body, name)
    return None if values is None else TypePatterns.of(values)


def _read_texts(body: JsonObject, name: str) -> list[str] | None:
    values: JsonValue = body.get(name)
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadJson(f"'{name}' in a filter must be an array of strings.")
    if len(values) > MAX_NAMES:
        raise BadJson(f"'{name}' in a filter may hold {MAX_NAMES} entries.")
    return values
