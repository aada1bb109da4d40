"""Patterns of names, matched within a time."""

import time

from homeserver.users.namespaces import namespace


def test_a_match_that_takes_too_long_is_none() -> None:
    pattern = namespace("@(x|xx)+$", exclusive=True)
    began = time.process_time()

    assert not pattern.holds("@" + "x" * 200 + "!")
    assert time.process_time() - began < 1.0
    assert pattern.holds("@xxx")


def test_patterns_of_bridges_in_use_are_taken() -> None:
    for text in (
        r"^@telegram_[0-9]+:example\.org$",
        r"@_irc_.*",
        r"#irc_.+:example\.org",
        r"@(?!admin).*:example\.org",
    ):
        assert namespace(text, exclusive=False).pattern.pattern == text
