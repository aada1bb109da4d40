"""Event types in which `*` stands for any text."""

from collections.abc import Iterable
from typing import Self

from attrs import frozen


@frozen
class TypePatterns:
    _exact: frozenset[str]
    _prefixes: tuple[str, ...]
    """Of patterns whose only star is their last character: most of them."""
    _others: tuple[tuple[str, ...], ...]
    """The parts between the stars."""

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Self:
        exact, prefixes, others = set[str](), set[str](), set[tuple[str, ...]]()
        for pattern in patterns:
            first, *rest = parts = tuple(pattern.split("*"))
            if not rest:
                exact.add(first)
            elif rest == [""]:
                prefixes.add(first)
            else:
                others.add(parts)
        return cls(frozenset(exact), tuple(sorted(prefixes)), tuple(sorted(others)))

    def match(self, type: str) -> bool:
        return (
            type in self._exact
            or type.startswith(self._prefixes)
            or any(_fits(parts, type) for parts in self._others)
        )


def _fits(parts: tuple[str, ...], text: str) -> bool:
    """Whether the parts follow one another: the first at the start, the last at the end.

    Each is sought as far left as it goes, which leaves the others the most room, so there is
    never a need to go back.
    """
    first, *middle, last = parts
    if not text.startswith(first):
        return False
    place = len(first)
    for part in middle:
        found = text.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return len(text) - len(last) >= place and text.endswith(last)
