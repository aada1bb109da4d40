"""A file of another server on its way to the disk."""

from collections.abc import Mapping

from homeserver.errors import MatrixError
from homeserver.http.outgoing_bodies import Sink
from homeserver.media.incoming import IncomingFile
from homeserver.media.multipart import FilePart, file_name_of
from homeserver.media.store import FileStore
from homeserver.media.uploads import Description


class TooLargeElsewhere(MatrixError):
    """Spec: "The content is too large for the server to serve"."""

    status = 502
    errcode = "M_TOO_LARGE"

    def __init__(self) -> None:
        super().__init__("This file of another server is larger than this server takes.")


class Arriving:
    """`location` is set where the other server only says where the file is."""

    def __init__(self, store: FileStore, max_bytes: int) -> None:
        self._store = store
        self._max_bytes = max_bytes
        self.location = ""
        self.says = Description.read("", None)
        self.file: IncomingFile | None = None
        self._multipart: FilePart | None = None

    def open_parts(self, headers: Mapping[str, str]) -> Sink:
        """For an answer in two parts; raises BadMultipart."""
        self._multipart = FilePart(headers.get("content-type", ""), self._open_part)
        return self._multipart

    def open(self, headers: Mapping[str, str]) -> Sink:
        """For an answer that is the file."""
        length = headers.get("content-length", "")
        expected = int(length[:18]) if length.isascii() and length.isdigit() else 0
        if expected > self._max_bytes:
            raise TooLargeElsewhere()
        self.discard()
        self.says = Description.read(headers.get("content-type", ""), file_name_of(headers))
        self.file = self._store.open(expected)
        return self

    def write(self, data: bytes) -> None:
        assert self.file is not None
        if self.file.size + len(data) > self._max_bytes:
            raise TooLargeElsewhere()
        self.file.write(data)

    def finish(self) -> None:
        """All has come; raises BadMultipart if not."""
        if self._multipart is not None:
            self._multipart.finish()
            self._multipart = None

    def discard(self) -> None:
        """Does nothing once the file was kept."""
        if self.file is not None:
            self.file.discard()

    def _open_part(self, headers: Mapping[str, str]) -> Sink | None:
        self.location = headers.get("location", "").strip()
        return None if self.location else self.open(headers)
