"""Where the words of a bridge go, line by line."""

import logging
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from attrs import define, field

from homeserver.logs import logger

MAX_LINE = 8 * 1024
MAX_FILE = 5_000_000
KEPT_FILES = 3

log = logger(__name__)

Outlet = Callable[[str], None]


def into_file(path: Path) -> Outlet:
    """A few files of bounded size, readable only for their owner."""
    handler = RotatingFileHandler(path, maxBytes=MAX_FILE, backupCount=KEPT_FILES, delay=True)
    return lambda line: handler.emit(logging.makeLogRecord({"msg": line}))


def into_server_log(name: str) -> Outlet:
    return lambda line: log.info("%s", line, extra={"bridge": name})


@define
class Lines:
    """Bytes as they come, cut into lines; a line without end is cut, too."""

    _outlet: Outlet
    _rest: bytes = field(default=b"", init=False)

    def feed(self, data: bytes) -> list[str]:
        """The lines that are whole now, which have been written."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE:
            lines.append(self._rest)
            self._rest = b""
        said = [line[:MAX_LINE].decode(errors="replace").rstrip("\r") for line in lines]
        for line in said:
            self._outlet(line)
        return said

    def end(self) -> list[str]:
        return self.feed(b"\n") if self._rest else []
