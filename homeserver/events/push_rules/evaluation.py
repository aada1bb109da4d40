"""What an event does for each of many users, worked out once for all who have the same rules."""

from attrs import define, field, frozen

from homeserver.events.event import Event
from homeserver.events.push_rules.actions import NOTHING, Actions
from homeserver.events.push_rules.compiled import (
    CompiledRule,
    CompiledRules,
    RulesInRoom,
    compile_rules,
)
from homeserver.events.push_rules.defaults import default_rules
from homeserver.events.push_rules.facts import BODY, Facts, RoomView
from homeserver.events.push_rules.globs import contains_words

_ANYBODY = "@anybody"
DEFAULT_RULES = compile_rules(default_rules(_ANYBODY), _ANYBODY)
"""The rules of every user who has changed none."""


@frozen
class Exceptional:
    """Users whom an event touches otherwise than the rest."""

    users: frozenset[str] | None
    """None: whoever's display name is in the message."""
    asks_display_name: bool
    actions: Actions
    excluded: frozenset[str] = frozenset()


@frozen
class Outcome:
    """What an event does for all who have the same rules in its room."""

    exceptions: tuple[Exceptional, ...]
    """The first that applies to a user decides."""
    otherwise: Actions


@frozen
class Highlights:
    user_ids: frozenset[str]
    """Anybody the sender cared to name, member of the room or not."""
    everyone: bool


@define(eq=False)
class SharedEvaluation:
    """One event in one room, for however many users."""

    _facts: Facts
    _outcomes: dict[bytes, Outcome] = field(init=False, factory=dict)
    _matches: dict[CompiledRule, bool] = field(init=False, factory=dict)

    @classmethod
    def of(cls, event: Event, room: RoomView) -> "SharedEvaluation":
        return cls(Facts(event, room))

    def for_user(
        self, user_id: str, rules: CompiledRules, display_name: str | None = None
    ) -> Actions:
        """The display name is the user's in this room; without it no rule can ask for it."""
        event = self._facts.event
        if user_id == event.sender:
            return NOTHING
        outcome = self.outcome(rules.in_room(event.room_id))
        for exceptional in outcome.exceptions:
            if self._applies(exceptional, user_id, display_name):
                return exceptional.actions
        return outcome.otherwise

    def outcome(self, rules: RulesInRoom) -> Outcome:
        found = self._outcomes.get(rules.key)
        if found is None:
            found = self._outcomes[rules.key] = self._work_out(rules)
        return found

    def by_default(self) -> Outcome:
        """For the users who have changed no rule."""
        return self.outcome(DEFAULT_RULES.in_room(self._facts.event.room_id))

    def _work_out(self, rules: RulesInRoom) -> Outcome:
        exceptions: list[Exceptional] = []
        for rule in rules.rules:
            if not self._may_match(rule):
                continue
            if not rule.is_personal:
                return Outcome(tuple(exceptions), rule.actions)
            users, excluded = rule.users(self._facts), rule.excluded(self._facts)
            if excluded is not None and (users is None or users):
                exceptions.append(
                    Exceptional(users, rule.asks_display_name, rule.actions, excluded)
                )
        return Outcome(tuple(exceptions), NOTHING)

    def _may_match(self, rule: CompiledRule) -> bool:
        found = self._matches.get(rule)
        if found is None:
            found = self._matches[rule] = rule.may_match(self._facts)
        return found

    def _applies(self, exceptional: Exceptional, user_id: str, display_name: str | None) -> bool:
        if exceptional.users is not None and user_id not in exceptional.users:
            return False
        if user_id in exceptional.excluded:
            return False
        return not exceptional.asks_display_name or self._names(display_name)

    def _names(self, display_name: str | None) -> bool:
        body = self._facts.lowered(BODY)
        return bool(display_name) and body is not None and contains_words(body, display_name or "")


def evaluate(
    event: Event,
    room: RoomView,
    user_id: str,
    rules: CompiledRules,
    display_name: str | None = None,
) -> Actions:
    """What an event does for one user."""
    return SharedEvaluation.of(event, room).for_user(user_id, rules, display_name)


def counts_by_default(evaluation: SharedEvaluation) -> bool:
    """Whether the event notifies members who have changed no rule and are not mentioned."""
    return evaluation.by_default().otherwise.notify


def highlights_by_default(evaluation: SharedEvaluation) -> Highlights:
    """Whom the event highlights among those who have changed no rule."""
    outcome = evaluation.by_default()
    named = (
        exceptional.users or frozenset()
        for exceptional in outcome.exceptions
        if exceptional.actions.highlight
    )
    return Highlights(frozenset().union(*named), outcome.otherwise.highlight)
