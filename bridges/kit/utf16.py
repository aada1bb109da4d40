"""Places in texts for networks that count in UTF-16 code units, as JavaScript and Java do."""

from itertools import accumulate


def places_of(text: str) -> list[int]:
    """How many code units go before each letter, and before the end."""
    return [0, *accumulate(map(width, text))]


def length(text: str) -> int:
    return sum(map(width, text))


def width(letter: str) -> int:
    return 2 if ord(letter) > 0xFFFF else 1
