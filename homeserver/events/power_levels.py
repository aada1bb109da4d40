"""Who may do what in a room. Spec: m.room.power_levels; PDU checks, "Definitions"."""

import re
from math import inf
from typing import Self

from attrs import define

from homeserver.events.event import Event
from homeserver.events.room_versions import RoomVersion
from homeserver.json_values import JsonObject, JsonValue

Power = int | float
"""An integer, or infinity for the creators of a version 12 room."""

_INTEGER_TEXT = re.compile(r"\s*(?P<sign>[+-]?)0*(?P<digits>[0-9]{1,19})\s*", re.ASCII)


@define(eq=False)
class PowerLevels:
    """Reads levels when they are asked for: most events ask for two."""

    _content: JsonObject | None
    _creators: frozenset[str]
    _version: RoomVersion

    @classmethod
    def of(cls, create: Event, power_levels: Event | None, version: RoomVersion) -> Self:
        content = None if power_levels is None else power_levels.content
        return cls(content, creators(create, version), version)

    def user(self, user_id: str) -> Power:
        if user_id in self._creators:
            if self._version.privileged_creators:
                return inf
            if self._content is None:
                return 100
        level = self._nested("users", user_id)
        return self._level("users_default", 0) if level is None else level

    def to_send(self, type: str, is_state: bool) -> int:
        """The event type's *required power level*."""
        level = self._nested("events", type)
        if level is not None:
            return level
        return self._level("state_default", 50) if is_state else self._level("events_default", 0)

    @property
    def ban(self) -> int:
        return self._level("ban", 50)

    @property
    def kick(self) -> int:
        return self._level("kick", 50)

    @property
    def redact(self) -> int:
        return self._level("redact", 50)

    @property
    def invite(self) -> int:
        return self._level("invite", 0)

    def notifications(self, key: str = "room") -> int:
        level = self._nested("notifications", key)
        return 50 if level is None else level

    def _level(self, key: str, default: int) -> int:
        if self._content is None:
            return default
        level = as_level(self._content.get(key), self._version)
        return default if level is None else level

    def _nested(self, key: str, inner: str) -> int | None:
        levels = self._content.get(key) if self._content else None
        return as_level(levels.get(inner), self._version) if isinstance(levels, dict) else None


def creators(create: Event, version: RoomVersion) -> frozenset[str]:
    """Who made the room. Spec: room versions 11 (`sender`) and 12 (`additional_creators`)."""
    if version.privileged_creators:
        more = create.content.get("additional_creators")
        named = more if isinstance(more, list) else []
        return frozenset((create.sender, *(user for user in named if isinstance(user, str))))
    creator = create.sender if version.creator_is_sender else create.content.get("creator")
    return frozenset((creator,)) if isinstance(creator, str) else frozenset()


def as_level(value: JsonValue, version: RoomVersion) -> int | None:
    """A power level as this version reads it; None for what is no level at all.

    Spec: "m.room.power_levels events accept values as strings" (1 to 9), "as floats" (1 to 5).
    """
    if type(value) is int:
        return value
    if version.integer_power_levels:
        return None
    if type(value) is str and (text := _INTEGER_TEXT.fullmatch(value)):
        return int(text["sign"] + text["digits"])
    if type(value) is float and not version.strict_canonical_json:
        return int(value)
    return None
