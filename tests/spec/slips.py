"""Where the specification's own files are wrong, or silent about what it says elsewhere."""

from typing import Any

from attrs import frozen

NOT_ERRCODES = frozenset({"M_EXAMPLE_ERROR", "M_MISSING_PARAMS"})
"""An example's, and a misspelling of M_MISSING_PARAM."""

EXTRA_ERRCODES = frozenset({"M_UNKNOWN_POS"})
"""Codes of proposals that go without a prefix: sliding sync (MSC4186)."""


@frozen
class Slip:
    """A place in the digest, what belongs there, and why."""

    place: tuple[str, ...]
    value: Any
    reason: str


SLIPS: tuple[Slip, ...] = ()


def correct(digest: dict[str, Any]) -> None:
    for slip in SLIPS:
        *way, last = slip.place
        found = digest
        for name in way:
            found = found[name]
        found[last] = slip.value
