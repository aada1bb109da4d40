import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.events.push_rules.globs import contains_words, matches_whole, matches_words


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("lunc?*", "lunch plans"),
        ("LUNC?*", "lunch"),
        ("", ""),
        ("*", ""),
        ("**", "anything"),
        ("a*b*c", "a--b--b--c"),
        ("a*bc", "abcbc"),
        ("*.*", "x.y"),
        ("?", "\n"),
        ("a*", "a\nb"),
        ("[a-z]+", "[a-z]+"),
        ("*a?", "aab"),
    ],
)
def test_a_pattern_matches_the_whole_text(pattern: str, text: str) -> None:
    assert matches_whole(pattern)(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("lunc?*", " lunch"),
        ("lunc?*", "lunc"),
        ("", "x"),
        ("a*b*c", "acb"),
        ("aba*aba", "aba"),
        ("a.c", "abc"),
        ("abc", "abc\n"),
        ("??", "a"),
    ],
)
def test_a_pattern_does_not_match_a_part_or_another_text(pattern: str, text: str) -> None:
    assert not matches_whole(pattern)(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("ex*ple", "an example event."),
        ("ex*ple", "exple"),
        ("ex*ple", "an exciting triple-whammy"),
        ("cake", "cake"),
        ("cake", "pancake? no: cake!"),
        ("cake", "grüßcake ücake"),
        ("ca?e", "the cave"),
        ("*", ""),
        ("*cake", "pancake"),
        ("cake*", "pancake cakes"),
        ("a*a*a*a", "a a a a"),
        ("don't", "i don't know"),
    ],
)
def test_a_pattern_matches_between_word_boundaries(pattern: str, text: str) -> None:
    assert matches_words(pattern)(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("cake", "pancake"),
        ("cake", "cakes"),
        ("cake", "cake_s"),
        ("cake", "cake2"),
        ("ex*ple", "hexple"),
        ("ex*ple", "ex ples"),
        ("ca?e", "cae"),
        ("c.ke", "cake"),
    ],
)
def test_a_pattern_does_not_match_inside_a_word(pattern: str, text: str) -> None:
    assert not matches_words(pattern)(text)


GLOBS = st.text("ab *?", max_size=7)
TEXTS = st.text("ab -", max_size=9)


def plain_expression(pattern: str) -> str:
    """The obvious translation, which may take exponential time."""
    wildcards = {"*": ".*", "?": "."}
    return "".join(wildcards.get(character, character) for character in pattern)


@given(GLOBS, TEXTS)
def test_the_whole_text_is_matched_as_by_backtracking(pattern: str, text: str) -> None:
    expected = re.fullmatch(plain_expression(pattern), text) is not None

    assert matches_whole(pattern)(text) == expected


@given(GLOBS, TEXTS)
def test_words_are_matched_as_by_backtracking(pattern: str, text: str) -> None:
    bounded = f"(?<![ab]){plain_expression(pattern)}(?![ab])"

    assert matches_words(pattern)(text) == (re.search(bounded, text) is not None)


def test_many_stars_over_a_long_text_do_not_multiply() -> None:
    """Naive backtracking would take longer than the universe has stood."""
    pattern = "a*" * 100 + "z"

    assert not matches_whole(pattern)("a" * 60_000)
    assert not matches_words(pattern)("a " * 30_000)


def test_words_are_found_as_they_are_written() -> None:
    assert contains_words("hello (al*ce), hi", "(Al*ce)")
    assert contains_words("malice, alice", "Alice")
    assert not contains_words("malice", "Alice")
    assert not contains_words("alices", "Alice")
    assert not contains_words("alice", "al?ce")
