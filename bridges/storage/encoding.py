"""Happenings as text and back: what waits in the outbox outlives the process."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import attrs

from bridges.kit import chats, happenings, parts, sources
from bridges.kit.happenings import Lasting

CLASSES: dict[str, type] = {
    name: kind
    for module in (chats, happenings, parts, sources)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and attrs.has(kind)
}


def to_text(happening: Lasting) -> str:
    return json.dumps(pack(happening))


def from_text(text: str) -> Any:
    return unpack(json.loads(text))


def pack(value: Any) -> Any:
    match value:
        case tuple():
            return [pack(one) for one in value]
        case bytes():
            return {"": "bytes", "base64": b64encode(value).decode()}
        case Mapping():
            return {"": "mapping", "items": [[key, pack(one)] for key, one in value.items()]}
        case _ if attrs.has(type(value)):
            names = [one.name for one in attrs.fields(type(value))]
            return {"": type(value).__name__} | {it: pack(getattr(value, it)) for it in names}
        case _:
            return value


def unpack(value: Any) -> Any:
    match value:
        case list():
            return tuple(unpack(one) for one in value)
        case {"": "bytes", "base64": text}:
            return b64decode(text)
        case {"": "mapping", "items": items}:
            return {key: unpack(one) for key, one in items}
        case {"": name}:
            return CLASSES[name](**{key: unpack(one) for key, one in value.items() if key})
        case _:
            return value
