"""Reading what services say in JSON: of anything, only what is as it should be."""

import json
from typing import Any

JsonObject = dict[str, Any]


def json_of(body: bytes) -> Any:
    """None if it is something else."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def objects(value: object) -> list[JsonObject]:
    """Those in a list; of anything else none."""
    return [it for it in value if isinstance(it, dict)] if isinstance(value, list) else []


def number(thing: JsonObject, name: str) -> int:
    """0 if it is something else."""
    value = thing.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
