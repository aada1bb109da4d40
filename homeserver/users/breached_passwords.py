"""Passwords that thieves have published: a file of hashes, or a service that is told only the
first five letters of one.
"""

from hashlib import sha1
from hmac import compare_digest
from io import SEEK_END
from pathlib import Path
from typing import BinaryIO

from attrs import frozen

from homeserver.http.client import Client, Limits, Outgoing
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.logs import logger
from homeserver.media.threads import Aside
from homeserver.users.passwords import WeakPassword

PREFIX = 5
MAX_LINE = 100
RANGE_LIMITS = Limits(seconds=5.0, size=512 * 1024)

log = logger(__name__)


class KnownPassword(WeakPassword):
    def __init__(self) -> None:
        super().__init__("This password has been published by thieves. Choose another one.")


@frozen
class BreachedPasswords:
    """Knows none where neither a file nor a service is named."""

    _path: Path | None
    _range_url: str | None
    _client: Client | None
    _aside: Aside

    async def check(self, password: str) -> None:
        """Raises KnownPassword."""
        hash = sha1(password.encode("utf-8", "replace"), usedforsecurity=False).hexdigest().upper()
        if await self._is_in_file(hash) or await self._is_in_range(hash):
            raise KnownPassword()

    async def _is_in_file(self, hash: str) -> bool:
        path = self._path
        if path is None:
            return False
        try:
            return await self._aside(lambda: holds(path, hash))
        except OSError as error:
            log.warning("the list of published passwords cannot be read: %s", error)
            return False

    async def _is_in_range(self, hash: str) -> bool:
        if self._range_url is None or self._client is None:
            return False
        url = f"{self._range_url}/{hash[:PREFIX]}"
        try:
            # Padding hides from who watches the line how many there are.
            asked = Outgoing("GET", url, {"Add-Padding": "true"})
            answer = await self._client.request(asked, RANGE_LIMITS)
        except OutgoingError as error:
            log.warning("the service for published passwords does not answer: %s", error)
            return False
        if answer.status != 200:
            log.warning("the service for published passwords answers %d", answer.status)
            return False
        return is_listed(answer.body.decode("ascii", "replace"), hash[PREFIX:])


def is_listed(lines: str, rest: str) -> bool:
    """Lines are what follows the first five letters, a colon, and how often; 0 is padding."""
    for line in lines.splitlines():
        found, _, count = line.strip().partition(":")
        if compare_digest(found.upper(), rest) and count != "0":
            return True
    return False


def holds(path: Path, hash: str) -> bool:
    """Whether a sorted file has a line with this hash, or with its beginning (10 letters or more).

    Reads a few lines of it, however long it is.
    """
    with path.open("rb") as file:
        low, high = 0, file.seek(0, SEEK_END)
        while low < high:
            middle = (low + high) // 2
            line = line_after(file, middle)
            found = line.partition(b":")[0].strip().decode("ascii", "replace").upper()
            if len(found) >= 10 and hash.startswith(found):
                return True
            if found and found < hash:
                low = middle + 1
            else:
                high = middle
        return False


def line_after(file: BinaryIO, place: int) -> bytes:
    """The first line that begins at this place or later."""
    if place == 0:
        file.seek(0)
    else:
        file.seek(place - 1)
        while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
            pass
    return file.readline(MAX_LINE)
