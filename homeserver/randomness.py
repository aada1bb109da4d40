"""Random tokens and ids, all from the operating system's generator."""

import secrets
import string
from collections.abc import Callable

Random = Callable[[int], bytes]
"""So many random bytes; tests pass a repeatable one."""

_ALPHABET = (string.ascii_letters + string.digits).encode()
_LETTERS = bytes(_ALPHABET[byte % 62] for byte in range(256))
_REJECTED = bytes(range(248, 256))
"""248 is the largest multiple of 62 in a byte: what lies above would favour some letters."""


def system_random(count: int) -> bytes:
    return secrets.token_bytes(count)


def token(random: Random, length: int = 32) -> str:
    """Letters and digits, about 5.95 bits of entropy each."""
    letters = b""
    while len(letters) < length:
        letters += random(length).translate(_LETTERS, _REJECTED)
    return letters[:length].decode("ascii")


def fraction(random: Random) -> float:
    """From 0 up to 1, but never 1."""
    return int.from_bytes(random(4)) / 2**32
