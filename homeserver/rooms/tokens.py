"""Places on the number line as clients carry them: for syncs and for paging alike."""

from homeserver.errors import InvalidParam


def write_token(place: int) -> str:
    """A place between two events: after `place`, before the next."""
    return f"s{place}"


def read_token(token: str) -> int:
    # A position of sliding sync is a place, and behind it a version that concerns only that.
    place, _, version = token.partition("_")
    token = place if version.isascii() and version.isdigit() else token
    digits = token[1:].removeprefix("-")
    if token[:1] != "s" or not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise InvalidParam("This is not a token that this server has given out.")
    return int(token[1:])
