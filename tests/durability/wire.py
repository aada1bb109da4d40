"""Asks a server over HTTP, and knows when it died before it answered."""

import asyncio
import json
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode

JsonObject = dict[str, Any]

ANSWER_SECONDS = 60.0

_ticks = count(1)


def tick() -> int:
    """A moment: what is told at one happened before what is begun at a later one."""
    return next(_ticks)


class Lost(Exception):
    """The server died before it answered: what was asked may have happened, or not."""


class Refused(Exception):
    def __init__(self, request: str, status: int, body: JsonObject) -> None:
        super().__init__(f"{request}: {status} {body}")
        self.status = status


def path(*parts: str, **query: Any) -> str:
    """A path below /_matrix/client/v3."""
    found = "/_matrix/client/v3/" + "/".join(quote(part, safe="") for part in parts)
    return found + ("?" + urlencode(query) if query else "")


class Client:
    """One connection of one device, kept open while the server lives."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port = port
        self.token = token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, target: str) -> JsonObject:
        return await self.ask("GET", target)

    async def put(self, target: str, body: JsonObject) -> JsonObject:
        return await self.ask("PUT", target, body)

    async def post(self, target: str, body: JsonObject) -> JsonObject:
        return await self.ask("POST", target, body)

    async def ask(self, method: str, target: str, body: JsonObject | None = None) -> JsonObject:
        """The JSON of a 2xx answer; raises Refused for another, and Lost."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                status, answer = await self._exchange(method, target, body)
        except (OSError, EOFError) as error:
            self.close()
            raise Lost from error
        if not 200 <= status < 300:
            raise Refused(f"{method} {target}", status, answer)
        return answer

    async def _exchange(
        self, method: str, target: str, body: JsonObject | None
    ) -> tuple[int, JsonObject]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port, limit=2**24)
        reader, writer = self._streams
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {target} HTTP/1.1", "Host: localhost", f"Content-Length: {len(data)}"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        return int(head.split(" ", 2)[1]), json.loads(await reader.readexactly(length))

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
