"""A network for the tests of kills: its server is the test itself, and keeps account.

A line of JSON each way. The server acknowledges what it is sent, and offers again what was not
acknowledged.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from attrs import define, field

from bridges.kit.chats import Chat, User
from bridges.kit.failures import Transient
from bridges.kit.happenings import Message, Sender
from bridges.kit.network import (
    Bridge,
    Capabilities,
    Flow,
    Login,
    LoginScreen,
    Network,
    NetworkInfo,
    Session,
)
from bridges.kit.parts import ChatKey, Outgoing, Sent, Text, plain

ANSWER_S = 10


@define(eq=False)
class LedgerSession(Session):
    capabilities = Capabilities(deduplicates=True)

    _port: int
    _members: int
    _bridge: Bridge
    _writer: asyncio.StreamWriter | None = None
    _waiting: dict[str, asyncio.Future[None]] = field(factory=dict)

    async def run(self) -> None:
        with suppress(OSError):
            reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            try:
                async for line in reader:
                    await self._hear(json.loads(line))
            finally:
                self._writer.close()
                self._writer = None
        raise Transient("The ledger is closed.", after_s=0.1)

    async def _hear(self, line: dict[str, Any]) -> None:
        if "got" in line:
            if line["got"] in self._waiting:
                self._waiting[line["got"]].set_result(None)
            return
        clerk, parts = Sender("clerk", "Clerk"), (Text(line["text"]),)
        await self._bridge.receive(Message(ChatKey(line["chat"]), clerk, line["id"], parts))
        self._write({"ack": line["id"]})

    def _write(self, line: dict[str, Any]) -> None:
        if self._writer is None or self._writer.is_closing():
            raise Transient("The ledger is closed.", after_s=0.1)
        self._writer.write(json.dumps(line).encode() + b"\n")

    async def send(self, out: Outgoing) -> Sent:
        got = self._waiting[out.transaction] = asyncio.get_running_loop().create_future()
        try:
            self._write({"txn": out.transaction, "chat": out.chat.id, "text": plain(out.parts)})
            async with asyncio.timeout(ANSWER_S):
                await got
        except TimeoutError as error:
            raise Transient("The ledger does not answer.") from error
        finally:
            del self._waiting[out.transaction]
        return Sent(out.transaction)

    async def chat(self, key: ChatKey) -> Chat:
        members = {f"clerk{number}": f"Clerk {number}" for number in range(self._members)}
        return Chat(key.id, members=members)

    async def user(self, id: str) -> User:
        return User("Clerk")

    async def open_chat(self, name: str) -> ChatKey:
        return ChatKey(name)

    async def leave_chat(self, chat: ChatKey) -> None:
        return


class Ledger(Network):
    info = NetworkInfo("ledger", "Ledger", "!ledger")
    flows = (Flow("at once", "Without questions"),)
    session_class = LedgerSession

    def __init__(self, port: int, members: int) -> None:
        self._port, self._members = port, members

    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        return Login("clerk", "Clerk")

    def session(self, login: Login, bridge: Bridge) -> LedgerSession:
        return LedgerSession(self._port, self._members, bridge)


def create(settings: Mapping[str, object]) -> Ledger:
    return Ledger(int(str(settings["port"])), int(str(settings.get("members", 0))))
