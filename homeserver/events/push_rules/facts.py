"""What conditions may ask about: one event, and its room at the time."""

import re
from collections.abc import Mapping

from attrs import define, field, frozen

from homeserver.events.event import Event
from homeserver.json_values import JsonObject, JsonValue

Path = tuple[str, ...]
BODY: Path = ("content", "body")

DEFAULT_NOTIFICATION_LEVEL = 50
"""Of a key that m.room.power_levels does not list under `notifications`."""


_PATH_PARTS = re.compile(r"\\[.\\]|.", re.DOTALL)


class Absent(Exception):
    """The event has no such property."""


@frozen
class RoomView:
    """The room at the time of the event."""

    member_count: int
    sender_power: float
    notification_levels: Mapping[str, int]
    thread_subscribers: frozenset[str] | None = None
    """Who follows the event's thread; None for an event in no thread."""


def parse_path(key: str) -> Path:
    r"""Split a dot-separated property path: only `\.` and `\\` are escapes."""
    names = [""]
    for part in _PATH_PARTS.findall(key):
        if part == ".":
            names.append("")
        else:
            names[-1] += part[1:] if part in ("\\.", "\\\\") else part
    return tuple(names)


@define(eq=False)
class Facts:
    """An event as clients see it, together with its room."""

    event: Event
    room: RoomView
    _fields: JsonObject = field(init=False)
    _lowered: dict[Path, str | None] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        event = self.event
        self._fields = {
            "event_id": event.event_id,
            "room_id": event.room_id,
            "type": event.type,
            "sender": event.sender,
            "content": event.content,
            "origin_server_ts": event.origin_server_ts,
        }
        if event.state_key is not None:
            self._fields["state_key"] = event.state_key
        if event.redacts is not None:
            self._fields["redacts"] = event.redacts

    def value(self, path: Path) -> JsonValue:
        """Raises Absent."""
        found: JsonValue = self._fields
        for name in path:
            if not isinstance(found, dict) or name not in found:
                raise Absent
            found = found[name]
        return found

    def lowered(self, path: Path) -> str | None:
        """The text at a path in lower case; None if there is none."""
        if path not in self._lowered:
            try:
                value = self.value(path)
            except Absent:
                value = None
            self._lowered[path] = value.lower() if isinstance(value, str) else None
        return self._lowered[path]
