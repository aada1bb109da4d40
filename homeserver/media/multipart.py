"""A file of another server as it comes: the second of two parts, which is handed on piece by piece.

Spec: Server-Server API, "Content Repository"; RFC 2046, "Multipart Media Type".
"""

from collections.abc import Callable, Mapping
from email.message import Message
from email.parser import BytesHeaderParser

from homeserver.http.outgoing_bodies import Sink

MAX_OVERHEAD = 64 * 1024
"""All that is not the file."""
MAX_BOUNDARY = 70

OpenFile = Callable[[Mapping[str, str]], Sink | None]
"""Takes the headers of the part that holds the file; None if there is no use for the bytes."""


class BadMultipart(Exception):
    """This is not what another server should send."""


class FilePart:
    """Write the answer's body, then `finish`: what breaks off before its end is no file."""

    def __init__(self, content_type: str, open_file: OpenFile) -> None:
        """Raises BadMultipart."""
        self._end_of_part = b"\r\n--" + _boundary_of(content_type)
        self._open_file = open_file
        self._step: Callable[[], bool] = self._read_part
        # So that the line at the very beginning is like those between.
        self._held = b"\r\n"
        self._parts = 0
        self._overhead = 0
        self._sink: Sink | None = None

    def write(self, data: bytes) -> None:
        self._held += data
        while self._step():
            pass

    def finish(self) -> None:
        """Raises BadMultipart if the file has not come to its end."""
        if self._parts < 2 or self._sink is not None:
            raise BadMultipart("the answer breaks off")

    # -- each goes as far as it can, and says whether there is more to do

    def _read_part(self) -> bool:
        place = self._held.find(self._end_of_part)
        if place < 0:
            self._hand_on(max(0, len(self._held) - len(self._end_of_part)))
            return False
        self._hand_on(place)
        self._held = self._held[len(self._end_of_part) :]
        self._sink = None
        self._step = self._read_line
        return True

    def _read_line(self) -> bool:
        """The rest of a line between parts; the last one has two dashes."""
        if self._held.startswith(b"--") or self._parts == 2:
            self._step = self._read_nothing
            return True
        place = self._held.find(b"\r\n")
        if place < 0:
            self._count(len(self._held))
            return False
        self._held = self._held[place:]
        self._step = self._read_headers
        return True

    def _read_headers(self) -> bool:
        place = self._held.find(b"\r\n\r\n")
        if place < 0:
            if len(self._held) > MAX_OVERHEAD:
                raise BadMultipart("the headers of a part have no end")
            return False
        head, self._held = self._held[2 : place + 4], self._held[place + 4 :]
        self._count(len(head))
        self._parts += 1
        if self._parts == 2:
            parsed = BytesHeaderParser().parsebytes(head)
            self._sink = self._open_file({name.lower(): str(it) for name, it in parsed.items()})
        self._step = self._read_part
        return True

    def _read_nothing(self) -> bool:
        self._held = b""
        return False

    def _hand_on(self, length: int) -> None:
        if self._sink is not None:
            self._sink.write(self._held[:length])
        else:
            self._count(length)
        self._held = self._held[length:]

    def _count(self, length: int) -> None:
        self._overhead += length
        if self._overhead > MAX_OVERHEAD:
            raise BadMultipart("there is too much besides the file")


def _boundary_of(content_type: str) -> bytes:
    said = Message()
    said["Content-Type"] = content_type
    boundary = said.get_boundary()
    if said.get_content_type() != "multipart/mixed" or not boundary:
        raise BadMultipart("the answer is not multipart/mixed")
    if len(boundary) > MAX_BOUNDARY or not boundary.isascii():
        raise BadMultipart("the boundary is too long")
    return boundary.encode("ascii")


def file_name_of(headers: Mapping[str, str]) -> str | None:
    """The name in a Content-Disposition."""
    said = Message()
    said["Content-Disposition"] = headers.get("content-disposition", "")
    return said.get_filename()
