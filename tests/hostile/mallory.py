"""Mallory's server on loopback: a peer like others, but for what a test lets it say."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import orjson
from attrs import define, field

from homeserver.json_values import JsonObject
from scripts.benchmarks.peer.server import Peer, write_answer

Trick = Callable[[asyncio.StreamWriter, str, bytes], Awaitable[None]]
"""Takes who asks, the path that was asked for, and the body that came with it."""

CHUNK = 64 * 1024


@define(eq=False)
class Mallory(Peer):
    """`asked` are the requests that a trick has answered."""

    asked: list[str] = field(factory=list)
    _tricks: dict[str, Trick] = field(factory=dict)

    @contextmanager
    def plays(self, **tricks: Trick) -> Iterator[None]:
        """Answer requests with such a word in their path like this for a while."""
        self._tricks, self.asked = tricks, []
        try:
            yield
        finally:
            self._tricks = {}

    async def respond(
        self, writer: asyncio.StreamWriter, method: str, path: str, body: bytes
    ) -> None:
        for word, trick in self._tricks.items():
            if f"/{word}/" in path:
                self.asked.append(f"{method} {path}")
                await trick(writer, path, body)
                return
        await super().respond(writer, method, path, body)


def says(value: JsonObject) -> Trick:
    return _says_bytes(orjson.dumps(value))


def nested_lists(size: int) -> Trick:
    """Little to send, much to hold: each pair of brackets becomes an object."""
    return _says_bytes(b'{"events":[' + b"[]," * (size // 3) + b"[]]}")


def compressed(size: int) -> Trick:
    """Zeros of this size, as a few bytes of gzip, though nobody asked for that."""
    body = gzip.compress(b"0" * size)

    async def trick(writer: asyncio.StreamWriter, _: str, __: bytes) -> None:
        head = f"HTTP/1.1 200 -\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return trick


async def never_ends(writer: asyncio.StreamWriter, _: str, __: bytes) -> None:
    """As fast as it is taken, until the other side has enough."""
    writer.write(b'HTTP/1.1 200 -\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n{"pdu_ids": [\r\n')
    chunk = f"{CHUNK:x}\r\n".encode() + b'"$x",' * (CHUNK // 5) + b" " * (CHUNK % 5) + b"\r\n"
    while True:
        writer.write(chunk)
        await writer.drain()
        # Over TLS only the loop learns that the other side is gone, and drain() need not yield.
        await asyncio.sleep(0)
        if writer.is_closing():
            raise ConnectionError


async def drips(writer: asyncio.StreamWriter, _: str, __: bytes) -> None:
    """A byte now and then, until the other side has enough."""
    writer.write(b"HTTP/1.1 200 -\r\nContent-Length: 1000000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.2)
    raise ConnectionError


def _says_bytes(body: bytes) -> Trick:
    async def trick(writer: asyncio.StreamWriter, _: str, __: bytes) -> None:
        write_answer(writer, 200, body)
        await writer.drain()

    return trick
