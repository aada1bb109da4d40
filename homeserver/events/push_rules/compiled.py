"""Rules made ready for many events; rules that are equal for two users are one object."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b

import orjson
from attrs import define, field, frozen

from homeserver.events.push_rules.actions import Actions, read_actions
from homeserver.events.push_rules.conditions import (
    Condition,
    Excluding,
    OwnDisplayName,
    Personal,
    Shared,
    compile_condition,
    generalize,
)
from homeserver.events.push_rules.facts import Facts
from homeserver.events.push_rules.globs import is_literal
from homeserver.events.push_rules.rules import Kind, PushRule
from homeserver.json_values import JsonObject

Rules = Mapping[Kind, Iterable[PushRule]]
"""Most important first within each kind."""

_REMEMBERED_RULES = 4096


@define(eq=False)
class CompiledRule:
    signature: bytes
    actions: Actions
    room_id: str | None
    """The one room where the rule can match; None for any."""
    _shared: tuple[Shared, ...]
    _personal: tuple[Personal, ...]
    _excluding: tuple[Excluding, ...]
    asks_display_name: bool

    @property
    def is_personal(self) -> bool:
        """Whether the answer differs between users."""
        return bool(self._personal or self._excluding) or self.asks_display_name

    def may_match(self, facts: Facts) -> bool:
        """Whether all that is the same for every user holds."""
        return all(condition.holds(facts) for condition in self._shared)

    def users(self, facts: Facts) -> frozenset[str] | None:
        """Those for whom the personal conditions hold; None for everybody."""
        if not self._personal:
            return None
        return frozenset.intersection(*(condition.users(facts) for condition in self._personal))

    def excluded(self, facts: Facts) -> frozenset[str] | None:
        """Those for whom it cannot match; None where it can match for nobody."""
        excluded: frozenset[str] = frozenset()
        for condition in self._excluding:
            users = condition.users(facts)
            if users is None:
                return None
            excluded |= users
        return excluded


@frozen(eq=False)
class RulesInRoom:
    """The rules of a user that can match in one room, most important first."""

    key: bytes
    """Two users with the same key get the same from an event, but for personal conditions."""
    rules: tuple[CompiledRule, ...]


@define(eq=False)
class CompiledRules:
    """All rules of one user: most often the defaults, and in most rooms no more than those."""

    _rules: tuple[CompiledRule, ...]
    _special_rooms: frozenset[str]
    _elsewhere: RulesInRoom
    _by_room: dict[str, RulesInRoom] = field(factory=dict)

    def in_room(self, room_id: str) -> RulesInRoom:
        if room_id not in self._special_rooms:
            return self._elsewhere
        if room_id not in self._by_room:
            self._by_room[room_id] = _join(
                rule for rule in self._rules if rule.room_id in (None, room_id)
            )
        return self._by_room[room_id]


def compile_rules(rules: Rules, user_id: str) -> CompiledRules:
    """Make a user's rules ready; disabled ones are left out."""
    compiled = tuple(
        _compile_rule(_signature(kind, rule, user_id))
        for kind in Kind
        for rule in rules.get(kind, ())
        if rule.enabled
    )
    return CompiledRules(
        compiled,
        frozenset(rule.room_id for rule in compiled if rule.room_id is not None),
        _join(rule for rule in compiled if rule.room_id is None),
    )


def _join(rules: Iterable[CompiledRule]) -> RulesInRoom:
    chosen = tuple(rules)
    digest = blake2b(digest_size=16)
    for rule in chosen:
        digest.update(len(rule.signature).to_bytes(4, "big") + rule.signature)
    return RulesInRoom(digest.digest(), chosen)


def _signature(kind: Kind, rule: PushRule, user_id: str) -> bytes:
    """All that decides what the rule does, whoever's it is."""
    conditions = [generalize(condition, user_id) for condition in _conditions(kind, rule)]
    return orjson.dumps([conditions, rule.actions], option=orjson.OPT_SORT_KEYS)


def _conditions(kind: Kind, rule: PushRule) -> list[JsonObject]:
    """Those of the rule, or those that its kind implies."""
    match kind:
        case Kind.CONTENT:
            return [{"kind": "event_match", "key": "content.body", "pattern": rule.pattern}]
        case Kind.ROOM:
            return [{"kind": "event_property_is", "key": "room_id", "value": rule.rule_id}]
        case Kind.SENDER:
            return [{"kind": "event_property_is", "key": "sender", "value": rule.rule_id}]
    return rule.conditions


@lru_cache(_REMEMBERED_RULES)
def _compile_rule(signature: bytes) -> CompiledRule:
    conditions, actions = orjson.loads(signature)
    compiled: list[Condition] = [compile_condition(condition) for condition in conditions]
    return CompiledRule(
        signature,
        read_actions(actions),
        next(filter(None, map(_bound_room, conditions)), None),
        tuple(condition for condition in compiled if isinstance(condition, Shared)),
        tuple(condition for condition in compiled if isinstance(condition, Personal)),
        tuple(condition for condition in compiled if isinstance(condition, Excluding)),
        any(isinstance(condition, OwnDisplayName) for condition in compiled),
    )


def _bound_room(condition: JsonObject) -> str | None:
    """The room a condition asks for; an `event_match`, too, compares room ids exactly."""
    match condition:
        case {"kind": "event_match", "key": "room_id", "pattern": str(pattern)}:
            return pattern if is_literal(pattern) else None
        case {"kind": "event_property_is", "key": "room_id", "value": str(value)}:
            return value
    return None
