"""JSON as Python values, read strictly and written compactly."""

from typing import Any

import orjson

JsonValue = Any
JsonObject = dict[str, Any]

MAX_DEPTH = 100
"""Deeper nesting than any event or request needs; beyond it a body is refused."""


SMALL = 4 * 1024 * 1024
"""So many bytes may hold whatever they like: 50 events that are nothing but brackets or commas are
lawful, and whoever refused them would refuse everything that comes from that server.
"""
BYTES_A_CONTAINER, BYTES_A_VALUE = 24, 4
"""So many a large text must have for each on average. Events have some 75 and 30."""


def decode(data: bytes | str) -> JsonValue:
    """Read JSON; raises ValueError for what is not UTF-8 JSON (NaN, lone surrogates, ...), nests
    too deeply, or would take many times its size in memory.
    """
    if len(data) > SMALL and is_bomb(data if isinstance(data, bytes) else data.encode()):
        raise ValueError("it holds more values than its size is good for")
    value = orjson.loads(data)
    # Most texts hold too few containers to nest so deeply, whichever way these stand.
    if containers_in(data) > MAX_DEPTH and exceeds_depth(value, MAX_DEPTH):
        raise ValueError(f"nested more than {MAX_DEPTH} levels deep")
    return value


def is_bomb(data: bytes) -> bool:
    """Whether there is little but brackets and commas: `[],` is three bytes to send, and 64 to
    hold. Those inside of texts count, too.
    """
    containers = containers_in(data)
    values = containers + data.count(b",")
    return max(containers * BYTES_A_CONTAINER, values * BYTES_A_VALUE) > len(data)


def containers_in(data: bytes | str) -> int:
    """At most so many objects and arrays are in this JSON."""
    if isinstance(data, bytes):
        return data.count(b"{") + data.count(b"[")
    return data.count("{") + data.count("[")


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
