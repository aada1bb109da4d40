"""Alice on Matrix and Bob on WeChat, through a started bridge; and programs of others."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
import wechatbot.auth
import wechatbot.client
from wechatpy import WeChatClient

from tests.bridging.kinds import Kind
from tests.bridging.loopback import stays_here
from tests.bridging.people import Person, has_said, meets_the_bot
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.bridging.wechat_server import APP, BOB, SECRET, WechatServer
from tests.bridging.wechatpy_peer import asked_by_wechatpy

GHOST = "@net_bob=40im.wechat:localhost"
PATIENCE_S = 30


async def scans(alice: Person, room: str) -> None:
    """The code comes as a picture."""
    await alice.says(room, "login ilink")
    picture = await alice.sees(
        lambda it: it["room_id"] == room and it["content"].get("msgtype") == "m.image"
    )
    assert picture["content"]["info"]["mimetype"] == "image/png"
    await alice.reads(room, "You are logged in")


async def talks(alice: Person, server: WechatServer, portal: str) -> None:
    first = await alice.says(portal, "hello Bob")
    sent = await server.has(lambda it: "hello Bob" in str(it["item_list"]))
    assert sent["to_user_id"] == BOB
    await alice.types(portal)
    await server.has(lambda it: it.get("typing_ticket") == "ticket")
    server.says("oops")
    oops = await alice.reads(portal, "oops")
    server.says("oops", message_id=server.news[-1]["message_id"], delete_time_ms=1)
    await alice.sees_redaction(oops["event_id"])
    # WeChat knows no changes: what is changed is said again, with a star.
    await alice.edits(portal, first, "good night")
    await server.has(lambda it: "* good night" in str(it.get("item_list")))


async def shows(alice: Person, server: WechatServer, portal: str) -> None:
    server.writes({"type": 2, "image_item": server.keeps(b"picture")})
    picture = await alice.sees(
        lambda it: it["content"].get("msgtype") == "m.image" and it["room_id"] == portal
    )
    assert await alice.opens_file(picture) == b"picture"
    spoken = server.keeps(b"SILK") | {"text": "what I said", "playtime": 900}
    server.writes({"type": 3, "voice_item": spoken})
    voice = await alice.reads(portal, "what I said")
    assert await alice.opens_file(voice) == b"SILK"

    await alice.shows(portal, "plan.pdf", "application/pdf", b"%PDF")
    await server.has(lambda it: "plan.pdf" in str(it.get("item_list")))
    await alice.speaks(portal, "voice.amr", "audio/amr", b"#!AMR")
    await server.has(lambda it: "voice.amr" in str(it.get("item_list")))
    place = {"msgtype": "m.location", "body": "the lake", "geo_uri": "geo:61.8,34.3"}
    await alice.sends(portal, "m.room.message", place)
    await server.has(lambda it: "61.8" in str(it.get("item_list")))


async def comes_back(
    alice: Person, server: WechatServer, bridge: BridgeProcess, portal: str
) -> None:
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


async def story(kind: Kind, base_url: str, server: WechatServer, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await kind.arrives("alice", base_url, session)
        await bridge.start()
        room = await meets_the_bot(alice)
        await scans(alice, room)
        async with asyncio.timeout(4 * PATIENCE_S):
            server.says("hello Alice")
            portal = await alice.is_invited()
            await alice.joins(portal)
            await talks(alice, server, portal)
            await shows(alice, server, portal)
            await comes_back(alice, server, bridge, portal)
            server.is_over = True
            server.says("this ends the poll")
            await alice.reads(room, "scan its code again")
        await kind.holds(alice)
        await bridge.stop()


def test_alice_and_bob_talk_over_wechat(tmp_path: Path, kind: Kind) -> None:
    async def act(base_url: str, bridge: BridgeProcess) -> None:
        server = WechatServer()
        await server.opens()
        bridge.configures(**server.settings())
        await story(kind, base_url, server, bridge)
        await server.closes()

    with beside_a_homeserver(tmp_path, "wechat", **kind.settings) as (base_url, bridge):
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
        async with asked_by_wechatpy(monkeypatch, WeChatClient) as server:
            client = WeChatClient(APP, SECRET, access_token="token1")
            await asyncio.to_thread(client.message.send_text, "openid-bob", "你好")
            assert server.sent[-1]["text"]["content"] == "你好"

    asyncio.run(act())
