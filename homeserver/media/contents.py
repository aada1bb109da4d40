"""Reading files of the store: small ones at once, large ones piece by piece."""

import os
from collections.abc import Awaitable
from io import FileIO
from pathlib import Path

from attrs import field, frozen

from homeserver.errors import NotFound
from homeserver.http.bodies import IN_MEMORY_BYTES, Source
from homeserver.logs import logger
from homeserver.media.content_types import disposition, read_name
from homeserver.media.depots import Depot, OnlyTheFolder
from homeserver.media.store import FileStore
from homeserver.media.threads import Aside
from homeserver.storage import media_contents
from homeserver.storage.cache import Cache
from homeserver.storage.media import Media
from homeserver.storage.snapshots import Readable

log = logger(__name__)

AT_HAND_BYTES = 256 * 1024
"""So much may be sent at once if no disk is waited for: a thumbnail of any usual size."""

READY_BYTES = 8 * 1024 * 1024

NOT_WAITING: int | None = getattr(os, "RWF_NOWAIT", None)
"""Only Linux has it, and not on every file system."""


@frozen
class Content:
    """A file as it is handed out; `tag` changes when the bytes do."""

    path: str
    size: int
    content_type: str
    disposition: str
    tag: str
    file: bytes | None = None
    """The hash, for what is no thumbnail."""


@frozen
class Contents:
    _db: Readable
    _store: FileStore
    _aside: Aside
    _depot: Depot = field(factory=OnlyTheFolder)
    _ready: Cache[str, bytes] = field(factory=lambda: Cache(READY_BYTES, ready_size), init=False)
    """What was sent last, by path."""

    def of(self, found: Media, file_name: str | None = None) -> Content:
        """The whole of what was uploaded, perhaps under another name."""
        assert found.file is not None
        return Content(
            self._store.name(found.file),
            found.size,
            found.content_type,
            disposition(found.content_type, read_name(file_name) or found.file_name),
            found.file.hex()[:32],
            found.file,
        )

    async def read(self, content: Content, start: int, length: int) -> bytes | Source:
        """A part of it, in memory if it is small; raises NotFound if the file is gone."""
        if (whole := await self._whole(content)) is not None:
            return whole[start : start + length]
        if (data := at_hand(content.path, start, length)) is not None:
            return data
        try:
            return await self._aside(lambda: self._read(content.path, start, length))
        except FileNotFoundError:
            if content.file is None or not await self._depot.bring(content.file, content.size):
                log.error("a file is missing in the media store: %s", Path(content.path).name)
                raise NotFound("The file behind this address is gone.") from None
        return await self._aside(lambda: self._read(content.path, start, length))

    async def _whole(self, content: Content) -> bytes | None:
        """All of it, if it is small and no disk need be waited for."""
        if content.size > AT_HAND_BYTES:
            return None
        known = self._ready.get(content.path)
        if known is not None and len(known) == content.size:
            return known
        data = await self._row(content)
        if data is None:
            data = at_hand(content.path, 0, content.size)
        if data is not None:
            self._ready.put(content.path, data, 0)
        return data

    async def _row(self, content: Content) -> bytes | None:
        if content.file is None or content.size > IN_MEMORY_BYTES:
            return None
        return await self._db.glance(media_contents.find, content.file)

    def _read(self, path: str, start: int, length: int) -> bytes | Source:
        file = FileIO(path)
        if length > IN_MEMORY_BYTES:
            return FilePart(file, start, length, self._aside)
        with file:
            data = os.pread(file.fileno(), length, start)
        if len(data) != length:
            # Not what its row says: better none than half of it.
            raise FileNotFoundError(path)
        return data


def ready_size(path: str, data: bytes) -> int:
    return 400 + len(path) + len(data)


def at_hand(path: str | Path, start: int, length: int) -> bytes | None:
    """What the kernel has in memory, without waiting for the disk: then no thread is needed."""
    if length > AT_HAND_BYTES or NOT_WAITING is None:
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        buffer = bytearray(length)
        count = os.preadv(descriptor, [buffer], start, NOT_WAITING)
        return bytes(buffer) if count == length else None
    except OSError:
        return None
    finally:
        os.close(descriptor)


class FilePart:
    """A part of an open file."""

    def __init__(self, file: FileIO, start: int, length: int, aside: Aside) -> None:
        self.length = length
        self._file = file
        self._at = start
        self._aside = aside

    def read(self, size: int) -> Awaitable[bytes]:
        at = self._at
        self._at += size
        return self._aside(lambda: os.pread(self._file.fileno(), size, at))

    def close(self) -> None:
        self._file.close()
