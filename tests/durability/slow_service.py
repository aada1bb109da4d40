"""An application service that is slow, sometimes fails, and sometimes hangs up after it has taken a
transaction: it knows by the id what it has taken before.
"""

import asyncio
import json
from random import Random
from typing import Any

from attrs import define, field

from tests.clients.started_server import free_port

PATH = "/_matrix/app/v1/transactions/"
ANSWER = b"HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
SECONDS = 0.1
FAILS, HANGS_UP = 0.05, 0.05


@define(eq=False)
class SlowService:
    """`bodies` are the transactions by id, `events` and `messages` what each brought first."""

    random: Random
    port: int = field(factory=free_port)
    is_kind: bool = False
    bodies: dict[str, bytes] = field(factory=dict)
    taken: set[str] = field(factory=set)
    events: list[Any] = field(factory=list)
    messages: list[Any] = field(factory=list)
    repeated: int = 0
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
                body = await reader.readexactly(length)
                await asyncio.sleep(0 if self.is_kind else SECONDS)
                if not self._answer(head.split(" ", 2)[1], body, writer):
                    break
        except (EOFError, OSError):
            pass
        finally:
            writer.close()

    def _answer(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        txn_id = path.removeprefix(PATH)
        assert self.bodies.setdefault(txn_id, body) == body, f"{txn_id} has changed"
        fate = 1.0 if self.is_kind else self.random.random()
        if fate < FAILS:
            writer.write(ANSWER % 500)
            return True
        self._take(txn_id, body)
        if fate < FAILS + HANGS_UP:
            return False
        writer.write(ANSWER % 200)
        return True

    def _take(self, txn_id: str, body: bytes) -> None:
        if txn_id in self.taken:
            self.repeated += 1
            return
        self.taken.add(txn_id)
        transaction = json.loads(body)
        self.events += transaction["events"]
        self.messages += transaction.get("to_device", [])
