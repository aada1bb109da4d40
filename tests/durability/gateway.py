"""A push gateway that is slower than people talk, so that queues are never empty."""

import asyncio
import json
from collections import defaultdict
from contextlib import suppress

from attrs import define, field

from tests.clients.started_server import free_port

ANSWER = b'{"rejected": []}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


@define(eq=False)
class Gateway:
    """`heard` are event ids, by pushkey, in the order in which they came."""

    port: int = field(factory=free_port)
    seconds: float = 0.02
    heard: defaultdict[str, list[str]] = field(factory=lambda: defaultdict(list))
    news: asyncio.Event = field(factory=asyncio.Event)
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/_matrix/push/v1/notify"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    def count(self) -> int:
        """How many notifications came, those that came twice counted once."""
        return sum(len(set(events)) for events in self.heard.values())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
                self._hear(json.loads(await reader.readexactly(length))["notification"])
                await asyncio.sleep(self.seconds)
                writer.write(HEAD % len(ANSWER) + ANSWER)
        writer.close()

    def _hear(self, notification: dict[str, object]) -> None:
        devices = notification["devices"]
        assert isinstance(devices, list) and len(devices) == 1
        if "event_id" in notification:
            self.heard[devices[0]["pushkey"]].append(str(notification["event_id"]))
            self.news.set()
