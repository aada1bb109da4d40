"""Which state of a room a client asks for. Spec: MSC4186, "RequiredStateRequest"."""

from collections.abc import Iterable
from functools import cached_property
from typing import Self

from attrs import frozen

from homeserver.events.event import StateKey
from homeserver.json_values import JsonValue

MEMBER = "m.room.member"


@frozen(cache_hash=True)
class StateRule:
    """None stands for anything."""

    type: str | None
    state_key: str | None

    def matches(self, key: StateKey) -> bool:
        return self.type in (None, key[0]) and self.state_key in (None, key[1])


@frozen(cache_hash=True)
class StatePart:
    """What one list or subscription asks for. With `lazy`, members come with what they say."""

    include: frozenset[StateRule] = frozenset()
    exclude: frozenset[StateRule] = frozenset()
    lazy: bool = False

    def matches(self, key: StateKey) -> bool:
        if any(rule.matches(key) for rule in self.exclude):
            return False
        lazily = self.lazy and key[0] == MEMBER
        return any(
            rule.matches(key) for rule in self.include if not lazily or rule != EVERYTHING_RULE
        )

    def as_json(self) -> JsonValue:
        """To be kept; read by `from_json`."""
        include, exclude = (
            sorted(([rule.type, rule.state_key] for rule in rules), key=str)
            for rules in (self.include, self.exclude)
        )
        return [include, exclude, self.lazy]

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        include, exclude = (frozenset(StateRule(*rule) for rule in rules) for rules in value[:2])
        return cls(include, exclude, value[2])


EVERYTHING_RULE = StateRule(None, None)


@frozen(slots=False, eq=False)
class RequiredState:
    """All that is asked for of one room: what any of the parts wants."""

    parts: frozenset[StatePart]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RequiredState) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    @cached_property
    def is_lazy(self) -> bool:
        return any(part.lazy for part in self.parts)

    @cached_property
    def named(self) -> frozenset[StateKey] | None:
        """The keys, if all of them are named; None if some rules stand for many."""
        rules = [rule for part in self.parts for rule in part.include]
        found = [(r.type, r.state_key) for r in rules]
        keys = frozenset((t, k) for t, k in found if t is not None and k is not None)
        return keys if len(keys) == len(set(found)) else None

    def matches(self, key: StateKey) -> bool:
        return any(part.matches(key) for part in self.parts)

    def among(self, keys: Iterable[StateKey]) -> list[StateKey]:
        """Those of the keys that are asked for."""
        if self.named is not None:
            keys = [key for key in self.named if key in keys] if _is_map(keys) else keys
        return [key for key in keys if self.matches(key)]

    def asks_for_more_than(self, other: "RequiredState") -> bool:
        return self is not other and not self.parts <= other.parts

    def __or__(self, other: "RequiredState") -> "RequiredState":
        return RequiredState(self.parts | other.parts)


def _is_map(keys: Iterable[StateKey]) -> bool:
    """Whether looking one up is cheap."""
    return hasattr(keys, "items")


NOTHING = RequiredState(frozenset())
