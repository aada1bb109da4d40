"""Alice on Matrix and Bob on WeChat, through a started bridge; and programs of others."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
import wechatbot.auth
import wechatbot.client
from wechatpy import WeChatClient

from tests.appservices.people import User
from tests.bridging.loopback import stays_here
from tests.bridging.people import has_said, meets_the_bot, sends
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.bridging.wechat_server import APP, BOB, SECRET, WechatServer

GHOST = "@net_bob=40im.wechat:localhost"
PATIENCE_S = 30


async def scans(alice: User, room: str) -> None:
    """The code comes as a picture."""
    await alice.says(room, "login ilink")
    picture = await alice.sees(
        lambda it: it["room_id"] == room and it["content"].get("msgtype") == "m.image"
    )
    assert picture["content"]["info"]["mimetype"] == "image/png"
    await alice.reads(room, "You are logged in")


async def talks(alice: User, server: WechatServer, portal: str) -> None:
    await alice.says(portal, "hello Bob")
    sent = await server.has(lambda it: "hello Bob" in str(it["item_list"]))
    assert sent["to_user_id"] == BOB
    server.writes({"type": 2, "image_item": server.keeps(b"picture")})
    picture = await alice.sees(
        lambda it: it["content"].get("msgtype") == "m.image" and it["room_id"] == portal
    )
    url = picture["content"]["url"].removeprefix("mxc://")
    got = f"{alice.base_url}/_matrix/client/v1/media/download/{url}"
    headers = {"Authorization": f"Bearer {alice.token}"}
    async with alice.session.get(got, headers=headers) as response:
        assert await response.read() == b"picture"

    upload = f"{alice.base_url}/_matrix/media/v3/upload"
    async with alice.session.post(upload, data=b"%PDF", headers=headers) as response:
        uri = (await response.json())["content_uri"]
    content = {"msgtype": "m.file", "body": "plan.pdf", "url": uri}
    content["info"] = {"mimetype": "application/pdf"}
    await sends(alice, portal, "m.room.message", content, "file")
    await server.has(lambda it: "plan.pdf" in str(it["item_list"]))
    server.says("oops")
    oops = await alice.reads(portal, "oops")
    server.says("oops", message_id=server.news[-1]["message_id"], delete_time_ms=1)
    await alice.sees(
        lambda it: it["type"] == "m.room.redaction" and oops["event_id"] in str(it["content"])
    )


async def comes_back(alice: User, server: WechatServer, bridge: BridgeProcess, portal: str) -> None:
    written = []
    for number in range(24):
        written.append(f"to matrix {number}")
        server.says(written[-1])
        await asyncio.sleep(0.02)
        if number % 8 == 7:
            await bridge.kill()
            await bridge.start()
    await alice.reads(portal, written[-1])
    sender = (await alice.reads(portal, "to matrix"))["sender"]
    here = await has_said(alice, portal, sender)
    assert [it for it in here if it.startswith("to matrix")] == written


async def story(base_url: str, server: WechatServer, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        await bridge.start()
        room = await meets_the_bot(alice)
        await scans(alice, room)
        async with asyncio.timeout(4 * PATIENCE_S):
            server.says("hello Alice")
            portal = await alice.is_invited()
            await alice.joins(portal)
            await talks(alice, server, portal)
            await comes_back(alice, server, bridge, portal)
            server.is_over = True
            server.says("this ends the poll")
            await alice.reads(room, "scan its code again")
        await bridge.stop()


def test_alice_and_bob_talk_over_wechat(tmp_path: Path) -> None:
    async def act(base_url: str, bridge: BridgeProcess) -> None:
        server = WechatServer()
        await server.opens()
        bridge.configures(**server.settings())
        await story(base_url, server, bridge)
        await server.closes()

    with beside_a_homeserver(tmp_path, "wechat") as (base_url, bridge):
        asyncio.run(act(base_url, bridge))


def test_a_bot_of_others_takes_our_server_for_ilink(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def act() -> None:
        server = WechatServer()
        await server.opens()
        stays_here(monkeypatch)
        monkeypatch.setattr(wechatbot.auth, "FIXED_QR_BASE_URL", server.root)
        monkeypatch.setattr(wechatbot.client, "CDN_BASE_URL", server.root)
        path = str(tmp_path / "credentials.json")
        bot = wechatbot.client.WeChatBot(base_url=server.root, cred_path=path)
        await bot.login()

        async def answer(message: wechatbot.client.IncomingMessage) -> None:
            media = await bot.download(message)
            await bot.reply(message, media.data.decode() if media else "no file")

        bot.on_message(answer)
        running = asyncio.create_task(bot.start())
        server.writes({"type": 2, "image_item": server.keeps(b"sealed by us")})
        async with asyncio.timeout(PATIENCE_S):
            await server.has(lambda it: "sealed by us" in str(it["item_list"]))
        running.cancel()
        await server.closes()

    asyncio.run(act())


def test_wechatpy_takes_our_server_for_that_of_official_accounts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def act() -> None:
        server = WechatServer()
        await server.opens()
        stays_here(monkeypatch)
        monkeypatch.setattr(WeChatClient, "API_BASE_URL", f"{server.root}/cgi-bin/")
        # It asks a fixed address for tokens, so it is given one.
        server.tokens = 1
        client = WeChatClient(APP, SECRET, access_token="token1")
        await asyncio.to_thread(client.message.send_text, "openid-bob", "你好")
        assert server.sent[-1]["text"]["content"] == "你好"
        await server.closes()

    asyncio.run(act())
