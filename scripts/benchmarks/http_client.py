"""A small HTTP client on asyncio that costs little beside the server it measures."""

import asyncio
from asyncio import Future, Transport
from collections.abc import Mapping
from time import perf_counter
from typing import Any, Self

import orjson

from scripts.benchmarks.http_answers import Answer, AnswerReader


class Refused(Exception):
    """The server answered with an error, or broke off."""


class Connection(asyncio.Protocol):
    """One kept-alive connection; one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._transport: Transport | None = None
        self._reader = AnswerReader()
        self._answer: Future[Answer] | None = None
        self._sent_at = 0.0

    @classmethod
    async def open(cls, port: int) -> Self:
        connection = cls(port)
        await connection._connect()
        return connection

    async def request(
        self, method: str, path: str, token: str, body: Mapping[str, Any] | None = None
    ) -> Answer:
        """Send a request and wait for its answer; raises Refused for any that is not 2xx."""
        answer = await self.ask(method, path, token, body)
        if not 200 <= answer.status < 300:
            raise Refused(f"{method} {path}: {answer.status} {answer.body[:500]!r}")
        return answer

    async def ask(
        self, method: str, path: str, token: str, body: Mapping[str, Any] | None = None
    ) -> Answer:
        """Like `request`, for those who expect an error."""
        data = b"" if body is None else orjson.dumps(body)
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        return await self.send(head.encode() + data)

    async def send(self, request: bytes) -> Answer:
        """One whole request, as it is."""
        if self._transport is None or self._transport.is_closing():
            await self._connect()
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._sent_at = perf_counter()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _connect(self) -> None:
        self._reader = AnswerReader()
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        received_at = perf_counter()
        body = self._reader.feed(data)
        if body is None or self._answer is None:
            return
        answer, self._answer = self._answer, None
        if self._reader.closes and self._transport is not None:
            self._transport.close()
        if not answer.done():
            answer.set_result(Answer(self._reader.status, body, self._sent_at, received_at))

    def connection_lost(self, exc: Exception | None) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(Refused("the server closed the connection"))
