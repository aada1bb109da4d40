"""How people go by in rooms, remembered for a while: each relayed message wants to know."""

import time
from collections.abc import Callable

from attrs import define, field

from bridges.kit.json_values import JsonObject

MAX_KNOWN = 10_000
LIFE_S = 3600.0


@define(eq=False)
class Members:
    """By what they say of themselves in a room, until the homeserver tells of a change, or for an
    hour.
    """

    _now: Callable[[], float] = time.monotonic
    _known: dict[tuple[str, str], tuple[JsonObject, float]] = field(factory=dict)

    def find(self, room_id: str, user_id: str) -> JsonObject | None:
        profile, until = self._known.get((room_id, user_id), ({}, 0.0))
        return profile if self._now() < until else None

    def remember(self, room_id: str, user_id: str, profile: JsonObject) -> None:
        """The one that was learnt first goes first."""
        self._known.pop((room_id, user_id), None)
        if len(self._known) >= MAX_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[room_id, user_id] = (profile, self._now() + LIFE_S)

    def forget_changed(self, events: list[JsonObject]) -> None:
        for event in events:
            if event["type"] == "m.room.member":
                self._known.pop((event["room_id"], str(event.get("state_key"))), None)
