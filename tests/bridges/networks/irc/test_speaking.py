"""What the server has already is found among what we have said."""

import pytest

from bridges.networks.irc.speaking import Attempt, matching

OURS = [("1", "ok"), ("2", "ok"), ("3", "first"), ("4", "second")]


@pytest.mark.parametrize(
    ("lines", "after", "found"),
    [
        (["ok"], "1", ["2"]),
        (["ok"], "2", []),
        (["ok", "ok"], "", ["1", "2"]),
        (["first", "second", "third"], "2", ["3", "4"]),
        (["third"], "2", []),
        (["ok"], "forgotten long ago", ["1"]),
        (["first"], "4", []),
    ],
)
def test_lines_count_only_behind_what_was_said_before(
    lines: list[str], after: str, found: list[str]
) -> None:
    assert matching(lines, OURS, after) == found


def test_an_attempt_outlives_the_process() -> None:
    attempt = Attempt("$event", "7")
    assert Attempt.from_text(attempt.to_text()) == attempt
    assert Attempt.from_text(None) is None
