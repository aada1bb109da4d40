"""Which state of a room a client asks for. Spec: MSC4186, "RequiredStateRequest"."""

from collections.abc import Collection, Iterable
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


@frozen
class Rules:
    """Rules sorted by how they are looked up: many state events are held against them."""

    keys: frozenset[StateKey]
    types: frozenset[str]
    state_keys: frozenset[str]
    everything: bool

    @classmethod
    def of(cls, rules: Iterable[StateRule]) -> Self:
        found = [(rule.type, rule.state_key) for rule in rules]
        return cls(
            frozenset((t, k) for t, k in found if t is not None and k is not None),
            frozenset(t for t, k in found if t is not None and k is None),
            frozenset(k for t, k in found if t is None and k is not None),
            (None, None) in found,
        )

    def match(self, key: StateKey) -> bool:
        return key in self.keys or key[0] in self.types or key[1] in self.state_keys


@frozen(cache_hash=True, slots=False)
class StatePart:
    """What one list or subscription asks for. With `lazy`, members come with what they say."""

    include: frozenset[StateRule] = frozenset()
    exclude: frozenset[StateRule] = frozenset()
    lazy: bool = False

    @cached_property
    def wanted(self) -> Rules:
        return Rules.of(self.include)

    @cached_property
    def unwanted(self) -> Rules:
        return Rules.of(self.exclude)

    def matches(self, key: StateKey) -> bool:
        if self.exclude and (self.unwanted.everything or self.unwanted.match(key)):
            return False
        wanted = self.wanted
        return wanted.match(key) or (wanted.everything and not (self.lazy and key[0] == MEMBER))

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
        rules = [part.wanted for part in self.parts]
        if any(it.types or it.state_keys or it.everything for it in rules):
            return None
        return frozenset(key for it in rules for key in it.keys)

    def matches(self, key: StateKey) -> bool:
        return any(part.matches(key) for part in self.parts)

    def among(self, keys: Collection[StateKey]) -> list[StateKey]:
        """Those of the keys that are asked for; the keys are of a mapping or set."""
        if self.named is not None:
            keys = [key for key in self.named if key in keys]
            if not self.excludes:
                return keys
        parts = tuple(self.parts)
        if len(parts) == 1:
            return list(filter(parts[0].matches, keys))
        return list(filter(self.matches, keys))

    @cached_property
    def excludes(self) -> bool:
        return any(part.exclude for part in self.parts)

    def asks_for_more_than(self, other: "RequiredState") -> bool:
        return self is not other and not self.parts <= other.parts

    def __or__(self, other: "RequiredState") -> "RequiredState":
        return RequiredState(self.parts | other.parts)


NOTHING = RequiredState(frozenset())
