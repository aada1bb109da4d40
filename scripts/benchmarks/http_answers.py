"""Reads HTTP/1.1 answers out of bytes: as little as a measuring client needs, and no I/O."""

from attrs import frozen

HEAD_END = b"\r\n\r\n"


@frozen
class Answer:
    """What came back, and between which moments (of `time.perf_counter`)."""

    status: int
    body: bytes
    sent_at: float
    received_at: float

    @property
    def seconds(self) -> float:
        return self.received_at - self.sent_at


class AnswerReader:
    """Takes bytes as they come; knows when an answer is whole."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._body_start = 0
        self._body_end: int | None = None
        self.status = 0
        self.closes = False

    def feed(self, data: bytes) -> bytes | None:
        """The body, once all of it is here."""
        self._buffer += data
        if not self._body_start and not self._read_head():
            return None
        if self._body_end is None:
            return self._chunked_body()
        if len(self._buffer) < self._body_end:
            return None
        return self._finish(bytes(self._buffer[self._body_start : self._body_end]), self._body_end)

    def _read_head(self) -> bool:
        end = self._buffer.find(HEAD_END)
        if end < 0:
            return False
        head = bytes(self._buffer[:end]).lower()
        self.status = int(head[9:12])
        self.closes = b"\r\nconnection: close" in head
        self._body_start = end + len(HEAD_END)
        _, found, length = head.partition(b"\r\ncontent-length:")
        if found:
            self._body_end = self._body_start + int(length.split(b"\r\n", 1)[0])
        elif b"\r\ntransfer-encoding: chunked" not in head:
            raise ValueError("an answer without a length")
        return True

    def _chunked_body(self) -> bytes | None:
        # From the start each time: chunked answers are few and long, and arrive in few pieces.
        if not self._buffer.endswith(b"0" + HEAD_END):
            return None
        parts: list[bytes] = []
        place = self._body_start
        while True:
            line_end = self._buffer.find(b"\r\n", place)
            if line_end < 0:
                return None
            size = int(self._buffer[place:line_end].split(b";")[0], 16)
            start = line_end + 2
            if size == 0:
                return self._finish(b"".join(parts), start + 2)
            parts.append(bytes(self._buffer[start : start + size]))
            place = start + size + 2
            if place > len(self._buffer):
                return None

    def _finish(self, body: bytes, end: int) -> bytes:
        del self._buffer[:end]
        self._body_start = 0
        self._body_end = None
        return body
