"""Whether power levels may change like this. Spec: room version 12, rule 10."""

from collections.abc import Iterator

from attrs import frozen

from homeserver.events.event import Event
from homeserver.events.ids import is_user_id
from homeserver.events.power_levels import Power, PowerLevels, as_level, creators
from homeserver.events.problems import AuthError
from homeserver.events.room_versions import RoomVersion
from homeserver.json_values import JsonObject, JsonValue

_SINGLE = (
    "users_default",
    "events_default",
    "state_default",
    "ban",
    "redact",
    "kick",
    "invite",
)


def authorize_power_levels(
    event: Event, previous: Event | None, create: Event, levels: PowerLevels
) -> None:
    """`levels` are those before the event, as `previous` gives them."""
    _check_values(event.content, event.version)
    if event.version.privileged_creators:
        _check_no_creator(event.content, creators(create, event.version))
    if previous is not None:
        _check_changes(event, previous, levels.user(event.sender))


def _check_values(content: JsonObject, version: RoomVersion) -> None:
    """Rules 10.1 to 10.3; before version 10 only `users` is looked at."""
    if version.integer_power_levels:
        for key in _SINGLE:
            if key in content and type(content[key]) is not int:
                raise AuthError(f"The power level `{key}` is not an integer.")
        for key in ("events", "notifications"):
            if not _are_levels(content.get(key, {}), version):
                raise AuthError(f"The power levels `{key}` are not an object of integers.")
    users = content.get("users", {})
    if not _are_levels(users, version) or not all(map(is_user_id, users)):
        raise AuthError("The power levels `users` do not give user ids an integer each.")


def _are_levels(levels: JsonValue, version: RoomVersion) -> bool:
    return isinstance(levels, dict) and all(
        as_level(level, version) is not None for level in levels.values()
    )


def _check_no_creator(content: JsonObject, creators: frozenset[str]) -> None:
    """Rule 10.4."""
    if not creators.isdisjoint(content.get("users", {})):
        raise AuthError("The creators of this room cannot be given a power level.")


def _check_changes(event: Event, previous: Event, power: Power) -> None:
    """Rules 10.6 to 10.10: nobody gives or takes more than they have."""
    old, new, version = previous.content, event.content, event.version
    changes = [*_changes(_singles(old), _singles(new), version)]
    changes += _nested_changes("events", old, new, version)
    if version.notifications_auth_rule:
        changes += _nested_changes("notifications", old, new, version)
    for change in changes:
        change.check_old(power)
        change.check_new(power)
    for change in _nested_changes("users", old, new, version):
        if change.key != event.sender:
            change.check_old_user(power)
        change.check_new(power)


@frozen
class _LevelChange:
    """One level that was set, changed or (new is None) removed."""

    key: str
    old: int | None
    new: int | None

    def check_old(self, power: Power) -> None:
        if self.old is not None and self.old > power:
            raise AuthError(f"The power level of {self.key} is above your own.")

    def check_old_user(self, power: Power) -> None:
        if self.old is not None and self.old >= power:
            raise AuthError(f"{self.key} has at least as much power as you.")

    def check_new(self, power: Power) -> None:
        if self.new is not None and self.new > power:
            raise AuthError(f"You cannot raise {self.key} to a power level above your own.")


def _changes(old: JsonObject, new: JsonObject, version: RoomVersion) -> Iterator[_LevelChange]:
    for key in old.keys() | new.keys():
        before, after = as_level(old.get(key), version), as_level(new.get(key), version)
        if before != after:
            yield _LevelChange(key, before, after)


def _nested_changes(
    key: str, old: JsonObject, new: JsonObject, version: RoomVersion
) -> Iterator[_LevelChange]:
    return _changes(_object(old.get(key)), _object(new.get(key)), version)


def _singles(content: JsonObject) -> JsonObject:
    return {key: content[key] for key in _SINGLE if key in content}


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}
