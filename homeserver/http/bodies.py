"""Bodies that are too large for memory: files of what comes in, sources of what goes out."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from twisted.internet.defer import Deferred

IN_MEMORY_BYTES = 64 * 1024
"""Smaller bodies never see a file."""

CHUNK_BYTES = 128 * 1024


class BodyFile(Protocol):
    """What a body is written to while it arrives."""

    def write(self, data: bytes) -> None:
        """Raises MatrixError when it cannot be kept."""

    def discard(self) -> None:
        """Nobody wants it; does nothing once it was kept or discarded."""


class BodyFiles(Protocol):
    max_bytes: int
    """How large a body may be."""

    def open(self, expected: int) -> BodyFile:
        """For a body of about so many bytes; raises MatrixError when there is no room."""


class Source(Protocol):
    """A body that is read piece by piece while it is sent."""

    length: int

    def read(self, size: int) -> Awaitable[bytes]:
        """The next bytes, at most so many; none at the end."""

    def close(self) -> None: ...


class BrokenSource(Exception):
    """A source ended before its length, or nobody wants the rest."""


class Sender:
    """Carries a source to `write`, as fast as the other side takes it and no faster.

    `done` fires when all is written, and fails when it cannot be.
    """

    def __init__(self, source: Source, write: Callable[[bytes], object]) -> None:
        self._source = source
        self._write = write
        self._left = source.length
        self._is_reading = self._is_paused = self._is_over = False
        self.done: Deferred[None] = Deferred()

    def pause(self) -> None:
        self._is_paused = True

    def resume(self) -> None:
        """Go on, or begin."""
        self._is_paused = False
        if not self._is_reading and not self._is_over:
            self._is_reading = True
            Deferred.fromCoroutine(self._read_on())

    def stop(self) -> None:
        """The other side is gone."""
        self._end(BrokenSource("nobody wants the rest"))

    async def _read_on(self) -> None:
        error: Exception | None = None
        try:
            while self._left and not self._is_paused and not self._is_over:
                await self._carry()
        except Exception as caught:
            error = caught
        self._is_reading = False
        if self._is_over:
            self._source.close()
        elif error is not None or not self._left:
            self._end(error)

    async def _carry(self) -> None:
        data = await self._source.read(min(CHUNK_BYTES, self._left))
        if not data:
            raise BrokenSource(f"{self._left} bytes are missing")
        if not self._is_over:
            self._left -= len(data)
            self._write(data)

    def _end(self, error: Exception | None) -> None:
        if self._is_over:
            return
        self._is_over = True
        # A thread may be reading: then the source is closed when it is back.
        if not self._is_reading:
            self._source.close()
        if error is None:
            self.done.callback(None)
        else:
            self.done.errback(error)
