"""What counts as a word: the same for texts and searches, on any database, in any language.

Words are folded: no case, no accents. Scripts that put no space between words give pairs of
neighbouring characters, so that any part of a text can be found.
"""

import re
from collections.abc import Iterator
from unicodedata import category, normalize

from attrs import frozen

MAX_CHARACTERS = 10_000
"""Of a text; what comes after is not searched."""
MAX_WORD = 64
MAX_TERM = 250
MAX_SOUGHT = 16
"""Of a search: characters and words that count."""
PREFIX = 3
"""Words of a search with so many letters find longer words that begin with them."""

# Han, kana, bopomofo; Thai, Lao, Burmese, Khmer.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u312f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
# Accents of European scripts, vowel points of Hebrew and Arabic, variation selectors.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
_PLAIN = re.compile("[a-z0-9]+")


@frozen
class Sought:
    """A part of a search: words that follow one another; the last may be the start of one."""

    shown: str
    words: tuple[str, ...]
    is_prefix: bool = False


def words_of(text: str) -> list[str]:
    """The words of a text in their order."""
    found: list[str] = []
    for run in _runs(text[:MAX_CHARACTERS]):
        if _UNSPACED.match(run):
            found += _pairs(run)
            found.append(run[-1])
        else:
            found.append(run)
    return found


def sought_in(term: str) -> list[Sought]:
    """What a search looks for: all of these must be there."""
    found: dict[Sought, None] = {}
    for run in _runs(term[:MAX_TERM]):
        if not _UNSPACED.match(run):
            found[Sought(run, (run,), len(run) >= PREFIX)] = None
        elif len(run) == 1:
            found[Sought(run, (run,), True)] = None
        else:
            found[Sought(run, tuple(_pairs(run)))] = None
        if len(found) == MAX_SOUGHT:
            break
    return list(found)


def _runs(text: str) -> Iterator[str]:
    """Words of spaced scripts, stretches of unspaced ones, single symbols."""
    if text.isascii():
        for plain in _PLAIN.finditer(text.lower()):
            yield plain[0][:MAX_WORD]
        return
    for word in _folded(text).split():
        start = 0
        for unspaced in _UNSPACED.finditer(word):
            yield from _parts(word[start : unspaced.start()])
            yield unspaced[0]
            start = unspaced.end()
        yield from _parts(word[start:])


def _parts(word: str) -> Iterator[str]:
    if word:
        yield word[:MAX_WORD]


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _folded(text: str) -> str:
    """Letters, digits and their marks; symbols stand alone, and all else is a space."""
    bare = _ACCENTS.sub("", normalize("NFKD", text).casefold())
    return "".join(map(_kept, normalize("NFC", bare)))


def _kept(character: str) -> str:
    kind = category(character)
    if kind[0] in "LNM":
        return character
    if kind == "Cf":
        return ""
    return f" {character} " if kind == "So" else " "
