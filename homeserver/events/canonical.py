"""Canonical JSON. Spec: Appendices, "Canonical JSON"."""

import canonicaljson
import orjson

from homeserver.events.problems import InvalidEvent
from homeserver.json_values import JsonValue

MAX_INTEGER = 2**53 - 1


def canonical_json(value: JsonValue) -> bytes:
    """The one spelling of a value: keys in order, no spaces, UTF-8.

    Exact for what `check_canonical` accepts; a TypeError for what JSON cannot say.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def historic_canonical_json(value: JsonValue) -> bytes:
    """As rooms before version 6 spell also floats and integers of any size."""
    return canonicaljson.encode_canonical_json(value)


def check_canonical(value: JsonValue) -> None:
    """Raise InvalidEvent for what canonical JSON forbids, as enforced since room version 6."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        kind = type(item)
        if kind is str:
            if not item.isascii():
                _check_text(item)
        elif kind is dict:
            waiting.extend(item)
            waiting.extend(item.values())
        elif kind is list:
            waiting.extend(item)
        elif kind is int:
            if not -MAX_INTEGER <= item <= MAX_INTEGER:
                raise InvalidEvent(f"The integer {item} is beyond what canonical JSON can hold.")
        elif kind is float:
            raise InvalidEvent(f"The number {item!r} is not an integer.")
        elif item is not None and kind is not bool:
            raise InvalidEvent(f"A {kind.__name__} is not a JSON value.")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidEvent("A string holds half of a surrogate pair.") from error
