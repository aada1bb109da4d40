"""Something to say: messages of made-up words, of which few are common, as in a language."""

from collections.abc import Iterator
from itertools import accumulate
from random import Random

VOCABULARY = 5000
SHORTEST, LONGEST = 3, 25
SYLLABLES = [first + vowel for first in "bdfghklmnprstvz" for vowel in "aeiou"]


def texts(count: int) -> Iterator[str]:
    """The same ones each time."""
    chance = Random(4)
    words = vocabulary()
    weights = list(accumulate(1 / place for place in range(1, VOCABULARY + 1)))
    for _ in range(count):
        length = chance.randint(SHORTEST, LONGEST)
        yield " ".join(chance.choices(words, cum_weights=weights, k=length))


def vocabulary() -> list[str]:
    """The most common word first; one of place N is N times as rare as that one."""
    chance = Random(5)
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        found["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4)))] = None
    return list(found)
