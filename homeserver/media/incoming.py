"""A file that arrives: hashed while it is written."""

import hashlib
from collections.abc import Callable
from io import BufferedWriter
from pathlib import Path

from homeserver.errors import MatrixError
from homeserver.logs import logger

log = logger(__name__)


class NoRoom(MatrixError):
    """The disk is, or would be, too full."""

    status = 403
    errcode = "M_RESOURCE_LIMIT_EXCEEDED"

    def __init__(self) -> None:
        super().__init__("The disk of this server is nearly full: it takes no files at present.")


class IncomingFile:
    """Write, then `finish` and move it, or `discard` it. `done` is called once, at either end."""

    def __init__(self, path: Path, file: BufferedWriter, done: Callable[[], object]) -> None:
        self.path = path
        self.size = 0
        self._file = file
        self._hash = hashlib.sha256()
        self._done = done
        self._is_over = False

    @property
    def hash(self) -> bytes:
        return self._hash.digest()

    def write(self, data: bytes) -> None:
        self._hash.update(data)
        self.size += len(data)
        try:
            self._file.write(data)
        except OSError as error:
            log.error("a file could not be written: %s", error)
            self.discard()
            raise NoRoom() from None

    def flush(self) -> None:
        """Let others read what was written so far."""
        self._file.flush()

    def discard(self) -> None:
        """Does nothing once the file was kept or discarded."""
        if not self._is_over:
            self.over()
            self.path.unlink(missing_ok=True)

    def over(self) -> None:
        """It has been moved to its place, or is not needed."""
        if self._is_over:
            return
        self._is_over = True
        self._done()
        try:
            self._file.close()
        except OSError:
            # What could not be flushed was lost already, and told then.
            log.debug("closing a discarded file failed")

    def fileno(self) -> int:
        return self._file.fileno()
