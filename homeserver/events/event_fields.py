"""The parts of events that a client asked for: `event_fields` of a filter."""

import re
from collections.abc import Iterable
from typing import Self

from attrs import frozen

from homeserver.json_values import JsonObject, JsonValue

Tree = dict[str, "Tree"]
"""Names of properties, each with what is wanted below it: nothing there means all of it."""

ALWAYS = ("event_id", "type", "sender", "origin_server_ts", "state_key", "room_id")
"""Without these an event would not be one any more. A server may send more than was asked for."""

_TOKEN = re.compile(r"\\[.\\]|[.\\]|[^.\\]+")
MAX_STEPS = 16


@frozen
class EventFields:
    _wanted: Tree

    @classmethod
    def parse(cls, paths: Iterable[str]) -> Self:
        """Appendices, "Dot-separated property paths"."""
        wanted: Tree = {}
        # Short paths first: what they take whole, longer ones do not narrow.
        for steps in sorted((split_path(path) for path in paths), key=len):
            _add(wanted, steps)
        return cls(wanted)

    def pick(self, event: JsonObject) -> JsonObject:
        """A copy of an event in client format, with what was asked for."""
        picked = _pick(event, self._wanted)
        kept = {name: event[name] for name in ALWAYS if name in event}
        return {"content": {}, **picked, **kept}


def split_path(path: str) -> list[str]:
    """The names in a path. Beyond `MAX_STEPS` they are left out: that takes more of the event."""
    steps = [""]
    for token in _TOKEN.findall(path):
        if token == ".":
            steps.append("")
        else:
            steps[-1] += token[-1] if token in (r"\.", r"\\") else token
    return steps[:MAX_STEPS]


def _add(tree: Tree, steps: list[str]) -> None:
    for step in steps[:-1]:
        if tree.get(step) == {}:
            return
        tree = tree.setdefault(step, {})
    tree.setdefault(steps[-1], {})


def _pick(value: JsonObject, wanted: Tree) -> JsonObject:
    picked: JsonObject = {}
    for name, below in wanted.items():
        if name not in value:
            continue
        inner: JsonValue = value[name]
        if not below:
            picked[name] = inner
        elif isinstance(inner, dict) and (part := _pick(inner, below)):
            picked[name] = part
    return picked
