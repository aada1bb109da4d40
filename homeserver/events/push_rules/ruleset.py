"""The push rules of one user: the defaults, and what the user made of them."""

from collections.abc import Mapping
from functools import cache
from typing import Self

from attrs import evolve, field, frozen

from homeserver.errors import InvalidParam, MatrixError, NotFound
from homeserver.events.push_rules.compiled import CompiledRules, compile_rules
from homeserver.events.push_rules.defaults import MASTER, default_rules
from homeserver.events.push_rules.evaluation import DEFAULT_RULES
from homeserver.events.push_rules.rules import Kind, PushRule
from homeserver.events.push_rules.validation import (
    MAX_RULES,
    parse_actions,
    parse_kind,
    parse_rule,
)
from homeserver.json_values import JsonObject, encode

UserRules = Mapping[Kind, tuple[PushRule, ...]]

_SOMEBODY = "@somebody:{here}"
"""Stands where the default rules name the user; no user's id."""


@frozen
class RuleSet:
    """Never changed: each operation answers the set as it is afterwards."""

    user_id: str
    _own: UserRules = field(factory=dict)
    _changed_defaults: Mapping[str, JsonObject] = field(factory=dict)
    """By rule id, the `enabled` and `actions` that differ from the default."""

    @classmethod
    def from_json(cls, user_id: str, stored: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        own = {
            Kind(kind): tuple(PushRule(**rule) for rule in rules)
            for kind, rules in stored.get("own", {}).items()
        }
        return cls(user_id, own, stored.get("defaults", {}))

    def to_json(self) -> JsonObject:
        """Only what differs from the defaults; empty if nothing does."""
        own = {kind.value: [_stored(rule) for rule in rules] for kind, rules in self._own.items()}
        parts = {"own": own, "defaults": dict(self._changed_defaults)}
        return {name: part for name, part in parts.items() if part}

    def as_client_json(self) -> JsonObject:
        rules = self.rules()
        return {
            "global": {kind.value: [rule.as_json(kind) for rule in rules[kind]] for kind in Kind}
        }

    def as_client_text(self) -> str:
        """`as_client_json`, written: for those who changed nothing once for all."""
        if self._own or self._changed_defaults:
            return encode(self.as_client_json()).decode()
        return _default_text().replace(_SOMEBODY, encode(self.user_id).decode()[1:-1])

    def rules(self) -> dict[Kind, tuple[PushRule, ...]]:
        """Every rule, most important first."""
        defaults = default_rules(self.user_id)
        return {kind: self._ordered(kind, defaults.get(kind, ())) for kind in Kind}

    def compile(self) -> CompiledRules:
        """The rules ready for evaluation: costly, so keep it as long as the rules stay."""
        if not self._own and not self._changed_defaults:
            return DEFAULT_RULES
        return compile_rules(self.rules(), self.user_id)

    def rule(self, kind: str, rule_id: str) -> PushRule:
        for rule in self.rules()[parse_kind(kind)]:
            if rule.rule_id == rule_id:
                return rule
        raise NotFound("There is no such push rule.")

    def put(
        self,
        kind: str,
        rule_id: str,
        body: JsonObject,
        *,
        before: str | None = None,
        after: str | None = None,
    ) -> Self:
        """Add or change one of the user's own rules, next to another of its kind if asked."""
        parsed_kind = parse_kind(kind)
        rule = parse_rule(parsed_kind, rule_id, body)
        own = self._own.get(parsed_kind, ())
        known = next((old for old in own if old.rule_id == rule_id), None)
        if known is None and len(own) >= MAX_RULES[parsed_kind]:
            raise InvalidParam(f"There may be {MAX_RULES[parsed_kind]} rules of this kind.")
        if known is not None:
            rule = evolve(rule, enabled=known.enabled)
        return self._with_own(parsed_kind, _place(own, rule, before, after))

    def delete(self, kind: str, rule_id: str) -> Self:
        if self.rule(kind, rule_id).default:
            raise InvalidParam("Default push rules can be disabled, but not deleted.")
        parsed_kind = parse_kind(kind)
        return self._with_own(
            parsed_kind,
            tuple(rule for rule in self._own[parsed_kind] if rule.rule_id != rule_id),
        )

    def set_enabled(self, kind: str, rule_id: str, body: JsonObject) -> Self:
        enabled = body.get("enabled")
        if not isinstance(enabled, bool):
            raise InvalidParam("`enabled` must be true or false.")
        return self._with_rule(kind, evolve(self.rule(kind, rule_id), enabled=enabled))

    def set_actions(self, kind: str, rule_id: str, body: JsonObject) -> Self:
        rule = self.rule(kind, rule_id)
        return self._with_rule(kind, evolve(rule, actions=parse_actions(body)))

    def _ordered(self, kind: Kind, defaults: tuple[PushRule, ...]) -> tuple[PushRule, ...]:
        changed = tuple(
            evolve(rule, **self._changed_defaults.get(rule.rule_id, {})) for rule in defaults
        )
        above = sum(rule.rule_id == MASTER for rule in changed)
        return changed[:above] + self._own.get(kind, ()) + changed[above:]

    def _with_rule(self, kind: str, rule: PushRule) -> Self:
        if rule.default:
            return self._with_default(kind, rule)
        parsed_kind = parse_kind(kind)
        return self._with_own(
            parsed_kind,
            tuple(rule if old.rule_id == rule.rule_id else old for old in self._own[parsed_kind]),
        )

    def _with_default(self, kind: str, rule: PushRule) -> Self:
        original = RuleSet(self.user_id).rule(kind, rule.rule_id)
        differences: JsonObject = {}
        if rule.enabled != original.enabled:
            differences["enabled"] = rule.enabled
        if rule.actions != original.actions:
            differences["actions"] = rule.actions
        changed = {**self._changed_defaults, rule.rule_id: differences}
        return evolve(
            self, changed_defaults={rule_id: diff for rule_id, diff in changed.items() if diff}
        )

    def _with_own(self, kind: Kind, rules: tuple[PushRule, ...]) -> Self:
        own = {**self._own, kind: rules}
        return evolve(self, own={kind: rules for kind, rules in own.items() if rules})


def _place(
    rules: tuple[PushRule, ...], rule: PushRule, before: str | None, after: str | None
) -> tuple[PushRule, ...]:
    """Where a rule goes: before or after another, where it was, or on top. `before` wins."""
    ids = [old.rule_id for old in rules]
    neighbour = before if before is not None else after
    if neighbour is None:
        index = ids.index(rule.rule_id) if rule.rule_id in ids else 0
    elif neighbour in ids and neighbour != rule.rule_id:
        ids = [rule_id for rule_id in ids if rule_id != rule.rule_id]
        index = ids.index(neighbour) + (before is None)
    else:
        # The spec's example answers with this code.
        raise MatrixError("There is no rule of yours to put this one next to.")
    others = tuple(old for old in rules if old.rule_id != rule.rule_id)
    return (*others[:index], rule, *others[index:])


def _stored(rule: PushRule) -> JsonObject:
    stored: JsonObject = {"rule_id": rule.rule_id, "actions": rule.actions}
    if rule.conditions:
        stored["conditions"] = rule.conditions
    if rule.pattern is not None:
        stored["pattern"] = rule.pattern
    if not rule.enabled:
        stored["enabled"] = False
    return stored


@cache
def _default_text() -> str:
    return encode(RuleSet(_SOMEBODY).as_client_json()).decode()
