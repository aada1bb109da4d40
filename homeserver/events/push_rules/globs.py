"""Glob patterns: Appendices, "Glob-style matching". Both matchers take lower-case text."""

import re
from collections.abc import Callable

Matcher = Callable[[str], bool]

_WORD_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
_NOT_AFTER_WORD = "(?<![a-z0-9_])"
_NOT_BEFORE_WORD = "(?![a-z0-9_])"
_RUN_OF_MARKS = re.compile(r"(\?+)")


def is_literal(pattern: str) -> bool:
    return "*" not in pattern and "?" not in pattern


def matches_whole(pattern: str) -> Matcher:
    """Whether a pattern fits the whole of a text."""
    pattern = pattern.lower()
    if is_literal(pattern):
        return pattern.__eq__
    first, *others = pattern.split("*")
    if not others:
        return _compile(_segment(first) + r"\Z")
    *middle, last = others
    found = "".join(_leftmost(_segment(part)) for part in middle if part)
    return _compile(f"{_segment(first)}{found}.*{_segment(last)}\\Z")


def matches_words(pattern: str) -> Matcher:
    """Whether a pattern fits some part of a text that starts and ends at a word's boundary."""
    parts = [_segment(part) for part in pattern.lower().split("*")]
    parts[0] = _NOT_AFTER_WORD + parts[0]
    parts[-1] += _NOT_BEFORE_WORD
    return _compile("".join(map(_leftmost, parts)))


def contains_words(text: str, words: str) -> bool:
    """Like `matches_words`, but every character stands for itself."""
    words = words.lower()
    start = text.find(words)
    while start >= 0:
        before = text[start - 1 : start] if start else ""
        end = start + len(words)
        after = text[end : end + 1]
        if before not in _WORD_CHARACTERS and after not in _WORD_CHARACTERS:
            return True
        start = text.find(words, start + 1)
    return False


def _leftmost(expression: str) -> str:
    """The first place where the expression fits, for good.

    A star takes any text, so an earlier place is never worse than a later one. Without a way
    back (an atomic group) a pattern costs at most its length times the text's, whatever its stars.
    """
    return f"(?>.*?{expression})"


def _segment(part: str) -> str:
    return "".join(
        f".{{{len(piece)}}}" if piece.startswith("?") else re.escape(piece)
        for piece in _RUN_OF_MARKS.split(part)
        if piece
    )


def _compile(expression: str) -> Matcher:
    match = re.compile(expression, re.DOTALL).match
    return lambda text: match(text) is not None
