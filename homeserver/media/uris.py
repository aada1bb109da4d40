"""The mxc:// URIs that an event names."""

import re
from collections.abc import Iterator

from homeserver.events.ids import is_server_name
from homeserver.json_values import JsonObject, JsonValue

MAX_URIS = 100
"""Of one event."""

_MXC = re.compile(r"mxc://([^/\s\"'<>]{1,255})/([A-Za-z0-9_-]{1,255})", re.ASCII)


def uris_in(content: JsonObject) -> list[tuple[str, str]]:
    """Server names and media ids, wherever they stand: files, thumbnails, avatars, stickers, and
    pictures within formatted text.
    """
    found: dict[tuple[str, str], None] = {}
    for text in _texts(content):
        for server, media_id in _MXC.findall(text):
            if is_server_name(server):
                found[server, media_id] = None
                if len(found) >= MAX_URIS:
                    return list(found)
    return list(found)


def _texts(value: JsonValue) -> Iterator[str]:
    """All strings in it; events nest no deeper than a hundred levels."""
    waiting = [value]
    while waiting:
        it = waiting.pop()
        if isinstance(it, str):
            yield it
        elif isinstance(it, dict):
            waiting.extend(it.values())
        elif isinstance(it, list):
            waiting.extend(it)
