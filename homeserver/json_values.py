"""JSON as Python values, read strictly and written compactly."""

from typing import Any

import orjson

JsonValue = Any
JsonObject = dict[str, Any]

MAX_DEPTH = 100
"""Deeper nesting than any event or request needs; beyond it a body is refused."""


def decode(data: bytes | str) -> JsonValue:
    """Read JSON; raises ValueError for what is not UTF-8 JSON (NaN, lone surrogates, ...) or nests
    too deeply.
    """
    value = orjson.loads(data)
    if exceeds_depth(value, MAX_DEPTH):
        raise ValueError(f"nested more than {MAX_DEPTH} levels deep")
    return value


def exceeds_depth(value: JsonValue, limit: int) -> bool:
    """Whether objects and arrays stand inside one another more than `limit` levels deep."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True


encode = orjson.dumps
"""Compact JSON as bytes; `orjson.Fragment`s inside are copied as they are."""
