"""The server of the ledger: what it has said and heard, whoever dies meanwhile."""

import asyncio
import json
from collections import defaultdict
from contextlib import suppress

from attrs import define, field


@define(eq=False)
class Account:
    said: dict[str, tuple[str, str]] = field(factory=dict)
    """By id: chat and text; those that are not acknowledged are offered again."""
    unacknowledged: dict[str, None] = field(factory=dict)
    heard: dict[str, list[str]] = field(factory=lambda: defaultdict(list))
    transactions: set[str] = field(factory=set)
    repeated: int = 0
    _news: asyncio.Event = field(factory=asyncio.Event)
    _writer: asyncio.StreamWriter | None = None
    _server: asyncio.Server | None = None

    async def opens(self, port: int = 0) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def closes(self) -> None:
        assert self._server is not None
        self._server.close()

    async def has_heard(self, chat: str, count: int) -> None:
        while len(self.heard[chat]) < count:
            self._news.clear()
            await self._news.wait()

    def heard_in(self, chat: str) -> list[str]:
        return self.heard[chat]

    def says(self, chat: str, text: str) -> None:
        id = f"m{len(self.said)}"
        self.said[id] = (chat, text)
        self.unacknowledged[id] = None
        self._offer(id)

    def _offer(self, id: str) -> None:
        if self._writer is not None and not self._writer.is_closing():
            chat, text = self.said[id]
            line = json.dumps({"id": id, "chat": chat, "text": text})
            self._writer.write(line.encode() + b"\n")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        for id in list(self.unacknowledged):
            self._offer(id)
        with suppress(OSError):
            async for raw in reader:
                line = json.loads(raw)
                if "ack" in line:
                    self.unacknowledged.pop(line["ack"], None)
                    continue
                if line["txn"] in self.transactions:
                    self.repeated += 1
                else:
                    self.transactions.add(line["txn"])
                    self.heard[line["chat"]].append(line["text"])
                    self._news.set()
                writer.write(json.dumps({"got": line["txn"]}).encode() + b"\n")
        writer.close()
