"""Conditions of push rules, made ready to be asked: Client-Server API, "Conditions"."""

import re
from collections.abc import Callable
from operator import eq, ge, gt, le, lt

from attrs import frozen

from homeserver.events.push_rules.facts import (
    BODY,
    DEFAULT_NOTIFICATION_LEVEL,
    Absent,
    Facts,
    Path,
    parse_path,
)
from homeserver.events.push_rules.globs import is_literal, matches_whole, matches_words
from homeserver.json_values import JsonObject, JsonValue

OWN_USER_ID = "own_user_id"
"""The kind of condition that `generalize` makes: a property is, or contains, the owner's id."""

THREAD_SUBSCRIPTION = "io.element.msc4306.thread_subscription"

MEMBER_COUNT = re.compile(r"(==|<=|>=|<|>)?([0-9]{1,9})")
_COMPARISONS = {"==": eq, "<=": le, ">=": ge, "<": lt, ">": gt}


@frozen
class Shared:
    """A condition with the same answer for every user."""

    holds: Callable[[Facts], bool]


@frozen
class Personal:
    """A condition that names the users for whom it holds."""

    users: Callable[[Facts], frozenset[str]]


@frozen
class Excluding:
    """A condition that holds for all but some users; for nobody where it has no such list."""

    users: Callable[[Facts], frozenset[str] | None]


@frozen
class OwnDisplayName:
    """The deprecated `contains_display_name`."""


Condition = Shared | Personal | Excluding | OwnDisplayName

NEVER = Shared(lambda facts: False)


def generalize(condition: JsonObject, user_id: str) -> JsonObject:
    """Put a mark in the place of the owner's id, so that equal rules of two users are equal.

    Under the mark, ids are compared exactly, where `event_match` would ignore case.
    """
    match condition:
        case {"kind": "event_match", "key": str(key), "pattern": pattern} if pattern == user_id:
            if is_literal(user_id) and key != "content.body":
                return {"kind": OWN_USER_ID, "key": key, "in_array": False}
        case {"kind": "event_property_is", "key": str(key), "value": value} if value == user_id:
            return {"kind": OWN_USER_ID, "key": key, "in_array": False}
        case {"kind": "event_property_contains", "key": str(key), "value": value} if (
            value == user_id
        ):
            return {"kind": OWN_USER_ID, "key": key, "in_array": True}
        case {"kind": kind} if kind == OWN_USER_ID:
            return {"kind": None}
    return condition


def compile_condition(condition: JsonObject) -> Condition:
    """What is unknown or malformed never holds, and so disables its rule."""
    match condition:
        case {"kind": "contains_display_name"}:
            return OwnDisplayName()
        case {"kind": kind, "subscribed": bool(subscribed)} if kind == THREAD_SUBSCRIPTION:
            return _thread_subscription(subscribed)
        case {"kind": "room_member_count", "is": str(bound)}:
            return _member_count(bound)
        case {"kind": "sender_notification_permission", "key": str(key)}:
            return _notification_permission(key)
        case {"key": str(key)}:
            return _compile_property(condition, parse_path(key))
    return NEVER


def _compile_property(condition: JsonObject, path: Path) -> Condition:
    match condition:
        case {"kind": "event_match", "pattern": str(pattern)}:
            return _event_match(path, pattern)
        case {"kind": "event_property_is", "value": value} if is_scalar(value):
            return _property_is(path, value)
        case {"kind": "event_property_contains", "value": value} if is_scalar(value):
            return _property_contains(path, value)
        case {"kind": kind, "in_array": bool(in_array)} if kind == OWN_USER_ID:
            return Personal(_users_in(path) if in_array else _user_at(path))
    return NEVER


def is_scalar(value: JsonValue) -> bool:
    """Whether a condition may compare a value: a string, integer, boolean or null."""
    return value is None or isinstance(value, (str, int))


def _event_match(path: Path, pattern: str) -> Shared:
    matches = matches_words(pattern) if path == BODY else matches_whole(pattern)

    def holds(facts: Facts) -> bool:
        text = facts.lowered(path)
        return text is not None and matches(text)

    return Shared(holds)


def _property_is(path: Path, value: JsonValue) -> Shared:
    def holds(facts: Facts) -> bool:
        try:
            return _same(facts.value(path), value)
        except Absent:
            return False

    return Shared(holds)


def _property_contains(path: Path, value: JsonValue) -> Shared:
    def holds(facts: Facts) -> bool:
        return any(_same(item, value) for item in _array(facts, path))

    return Shared(holds)


def _users_in(path: Path) -> Callable[[Facts], frozenset[str]]:
    def users(facts: Facts) -> frozenset[str]:
        return frozenset(item for item in _array(facts, path) if isinstance(item, str))

    return users


def _user_at(path: Path) -> Callable[[Facts], frozenset[str]]:
    def users(facts: Facts) -> frozenset[str]:
        try:
            value = facts.value(path)
        except Absent:
            return frozenset()
        return frozenset([value]) if isinstance(value, str) else frozenset()

    return users


def _member_count(bound: str) -> Shared:
    parsed = MEMBER_COUNT.fullmatch(bound)
    if parsed is None:
        return NEVER
    compare, count = _COMPARISONS[parsed[1] or "=="], int(parsed[2])
    return Shared(lambda facts: compare(facts.room.member_count, count))


def _notification_permission(key: str) -> Shared:
    def holds(facts: Facts) -> bool:
        needed = facts.room.notification_levels.get(key, DEFAULT_NOTIFICATION_LEVEL)
        return facts.room.sender_power >= needed

    return Shared(holds)


def _thread_subscription(subscribed: bool) -> Condition:
    if subscribed:
        return Personal(lambda facts: facts.room.thread_subscribers or frozenset())
    return Excluding(lambda facts: facts.room.thread_subscribers)


def _array(facts: Facts, path: Path) -> list[JsonValue]:
    try:
        value = facts.value(path)
    except Absent:
        return []
    return value if isinstance(value, list) else []


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Equal without casting: 1 is not true."""
    return type(one) is type(other) and bool(one == other)
