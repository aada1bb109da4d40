"""A scripted peer of accounts, for a bridge that is a process of its own.

The bridge's side stands in for Telethon, and asks by a line of JSON each; the test's side answers
from its script.
"""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any

from attrs import asdict, define, field, frozen

from bridges.kit import failures
from bridges.kit.failures import NetworkFailure, Transient
from bridges.networks.telegram import network
from bridges.networks.telegram.names import Place
from bridges.networks.telegram.settings import read
from bridges.networks.telegram.user.account import Account, Admitted, Answer, Entrance
from bridges.networks.telegram.wire import File
from bridges.networks.telegram.writing import Call
from tests.bridges.networks.telegram.user.script import Script

JsonObject = dict[str, Any]
MAX_LINE = 10_000_000
PATIENCE_S = 20


def create(settings: Mapping[str, object]) -> network.Telegram:
    """The network, as the settings file of a bridge names it."""
    own = {key: it for key, it in settings.items() if key != "port"}
    return network.Telegram(read(own), Distant(int(str(settings["port"]))))


def pack(value: Any) -> Any:
    match value:
        case bytes():
            return {"bytes": b64encode(value).decode()}
        case Answer():
            return {"answer": value.value}
        case Admitted():
            return {"admitted": asdict(value)}
        case Place():
            return {"place": asdict(value)}
        case Call():
            files = {
                slot: [it.name, it.mime, b64encode(it.content).decode()]
                for slot, it in value.files.items()
            }
            return {"call": [value.method, value.parameters, files]}
        case _:
            return value


def unpack(value: Any) -> Any:
    match value:
        case {"bytes": str(text)}:
            return b64decode(text)
        case {"answer": text}:
            return Answer(text)
        case {"admitted": it}:
            return Admitted(**it)
        case {"place": it}:
            return Place(**it)
        case {"call": [method, parameters, files]}:
            given = {
                slot: File(name, mime, b64decode(text))
                for slot, (name, mime, text) in files.items()
            }
            return Call(method, parameters, given)
        case _:
            return value


@frozen
class Distant:
    """The library, the account and the door at once, as the script is."""

    _port: int

    def account(self, session: str) -> Account:
        return DistantAccount(self._port)

    async def entrance(self) -> Entrance:
        return DistantAccount(self._port)


@frozen
class DistantAccount:
    _port: int

    async def news(self) -> AsyncIterator[JsonObject]:
        reader, writer = await self._asked("news", {})
        try:
            async for line in reader:
                yield json.loads(line)
        finally:
            writer.close()

    def __getattr__(self, method: str) -> Any:
        async def ask(*given: Any, **named: Any) -> Any:
            return await self._ask(method, given, named)

        return ask

    async def _ask(self, method: str, given: tuple[Any, ...], named: JsonObject) -> Any:
        reader, writer = await self._asked(method, {"given": [*map(pack, given)], "named": named})
        answer = json.loads(await reader.readline())
        writer.close()
        if "failure" in answer:
            raise getattr(failures, answer["failure"])(answer["words"])
        return unpack(answer["result"])

    async def _asked(
        self, method: str, more: JsonObject
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=MAX_LINE)
        except OSError as error:
            raise Transient("Telegram cannot be reached.") from error
        writer.write(json.dumps({"method": method, **more}).encode() + b"\n")
        return reader, writer


@define(eq=False)
class Telegram(Script):
    """The test's side of the story. Its pictures are scanned when the test does it."""

    scanned_as: asyncio.Queue[Answer] = field(factory=asyncio.Queue)
    asked: asyncio.Event = field(factory=asyncio.Event)

    async def scanned(self) -> Answer:
        return await self.scanned_as.get()

    async def until(self, found: Callable[[], Any]) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            while not (what := found()):
                self.asked.clear()
                await self.asked.wait()
        return what


@define(eq=False)
class Exchange:
    """Where the bridge asks."""

    script: Telegram
    _server: asyncio.Server | None = None
    _calls: set[asyncio.Task[None]] = field(factory=set)

    async def opens(self, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=MAX_LINE)

    async def closes(self) -> None:
        assert self._server is not None
        self._server.close()
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.current_task()
        assert call is not None
        self._calls.add(call)
        with suppress(asyncio.CancelledError, OSError):
            asked = json.loads(await reader.readline())
            if asked["method"] == "news":
                async for news in self.script.news():
                    writer.write(json.dumps(news).encode() + b"\n")
            else:
                writer.write(json.dumps(await self._answer(asked)).encode() + b"\n")
                self.script.asked.set()
        self._calls.discard(call)
        writer.close()

    async def _answer(self, asked: JsonObject) -> JsonObject:
        if asked["method"] == "connect":
            # What an earlier life of the bridge listened to is nobody's.
            self.script.begins()
        try:
            result = await getattr(self.script, asked["method"])(
                *map(unpack, asked["given"]), **asked["named"]
            )
        except NetworkFailure as failure:
            return {"failure": type(failure).__name__, "words": str(failure)}
        return {"result": pack(result)}
