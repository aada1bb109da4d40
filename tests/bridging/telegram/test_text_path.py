"""Texts over telegram-test-api (npm), a Telegram for bots that others wrote: it knows no more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bridges.kit.contract import Answers, Notebook
from bridges.kit.parts import ChatKey, Outgoing, Text
from bridges.networks.telegram import create
from tests.clients.started_server import free_port
from tests.clients.test_js_sdk import node

__all__ = ["node"]

PEER = Path(__file__).parent / "peer"
READY_S, PATIENCE_S = 30, 20
TOKEN = f"777:{'T' * 32}"
BOB = {"id": 42, "first_name": "Bob", "is_bot": False}
CHAT = {"id": 42, "type": "private", "first_name": "Bob"}


@asynccontextmanager
async def peer(node: str) -> AsyncIterator[str]:
    """Its address."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(node, "server.mjs", str(port)),
        cwd=PEER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None and process.stdin is not None
    try:
        async with asyncio.timeout(READY_S):
            assert b"ready" in await process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        # What is called node may only have started it: the end of its input ends the real one.
        process.stdin.close()
        await process.wait()


async def says(http: aiohttp.ClientSession, api: str, text: str, **more: Any) -> None:
    message = {"botToken": TOKEN, "from": BOB, "chat": CHAT, "date": 1, "text": text} | more
    async with http.post(f"{api}/sendMessage", json=message) as answer:
        assert answer.status == 200


async def seen(http: aiohttp.ClientSession, api: str) -> list[dict[str, Any]]:
    """What the bot has said since Bob looked last."""
    asked = {"token": TOKEN, "chatId": CHAT["id"]}
    async with http.post(f"{api}/getUpdates", json=asked) as answer:
        return [it["message"] for it in (await answer.json())["result"]]


def test_texts_go_and_come_over_a_server_that_others_wrote(node: str) -> None:
    async def act() -> None:
        async with (
            asyncio.timeout(READY_S + PATIENCE_S),
            peer(node) as api,
            aiohttp.ClientSession() as http,
        ):
            network, notebook = create({"api": api, "recall_s": 0.01}), Notebook()
            login = await network.login(network.flows[0], Answers({"token": TOKEN}))
            session = network.bot_session(login, notebook)
            running = asyncio.create_task(session.run())
            chat = ChatKey("42", login.id)

            await says(http, api, "hello")
            await says(http, api, "again", entities=[{"type": "bold", "offset": 0, "length": 5}])
            assert (await notebook.message("hello")).chat == chat
            again = await notebook.message("again")
            assert (again.sender.name, len(again.parts[0].spans)) == ("Bob", 1)  # type: ignore[union-attr]

            sent = await session.send(Outgoing(chat, (Text("good day"),), "t1", again.id))
            assert [it["text"] for it in await seen(http, api)] == ["good day"]
            sent = await session.send(Outgoing(chat, (Text("good dya"),), "t2"))
            await session.edit(sent.id, Outgoing(chat, (Text("good night"),), "t3"))
            assert [it["text"] for it in await seen(http, api)] == ["good night"]
            await session.send(Outgoing(chat, (Text("nobody reads this"),), "t4"))
            sent = await session.send(Outgoing(chat, (Text("nor this"),), "t5"))
            await session.redact(chat, sent.id)
            assert [it["text"] for it in await seen(http, api)] == ["nobody reads this"]
            running.cancel()
            await network.stop()

    asyncio.run(act())
