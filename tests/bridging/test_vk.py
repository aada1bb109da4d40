"""Alice on Matrix and Bob on VK, through a started bridge; and vkbottle on the same VK of ours."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from vkbottle import API
from vkbottle.bot import Bot, Message

from tests.appservices.people import User
from tests.bridging.loopback import stays_here
from tests.bridging.people import has_said, logs_in, meets_the_bot, opens, sends
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.bridging.vk_server import BOB, CHAT, TOKEN, VkServer

GHOST = "@net_5:localhost"
PATIENCE_S = 30


async def talks(alice: User, server: VkServer, portal: str) -> None:
    html = {"format": "org.matrix.custom.html", "formatted_body": "hello <b>Bob</b>"}
    content = {"msgtype": "m.text", "body": "hello Bob", **html}
    first = await sends(alice, portal, "m.room.message", content, "formatted")
    sent = await server.has(lambda it: it["text"] == "hello Bob")
    assert '"type": "bold"' in sent["format_data"]

    look = {"version": 1, "items": [{"type": "italic", "offset": 0, "length": 5}]}
    reply = {"conversation_message_id": sent["conversation_message_id"]}
    said = await server.says(BOB, BOB, "hello Alice", format_data=look, reply_message=reply)
    heard = await alice.reads(portal, "hello Alice")
    assert heard["sender"] == GHOST
    assert "<em>hello</em>" in heard["content"]["formatted_body"]
    assert heard["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == first

    await server.edits(said, "hello again")
    changed = await alice.reads(portal, "hello again")
    assert changed["content"]["m.relates_to"]["event_id"] == heard["event_id"]

    relates = {"rel_type": "m.annotation", "event_id": heard["event_id"], "key": "👍"}
    await sends(alice, portal, "m.reaction", {"m.relates_to": relates}, "reaction")
    assert (await server.was_asked("messages.sendReaction"))["reaction_id"] == "4"
    await server.reacts(BOB, BOB, sent["conversation_message_id"], 1)
    back = await alice.sees(lambda it: it["type"] == "m.reaction" and it["sender"] == GHOST)
    assert back["content"]["m.relates_to"] == relates | {"event_id": first, "key": "❤️"}

    new = {"msgtype": "m.text", "body": "good night"}
    edit = {**new, "body": "* good night", "m.new_content": new}
    edit |= {"m.relates_to": {"rel_type": "m.replace", "event_id": first}}
    await sends(alice, portal, "m.room.message", edit, "edit")
    await server.has(lambda it: it["text"] == "good night" and it.get("edited", False))
    await alice.ask("PUT", f"/v3/rooms/{portal}/redact/{first}/gone", {})
    await server.has(lambda it: it.get("deleted", False))


async def shows(alice: User, server: VkServer, portal: str) -> None:
    photo = {"id": 1, "sizes": [{"url": server.keeps(PNG), "width": 1, "height": 1}]}
    await server.says(BOB, BOB, "look", attachments=[{"type": "photo", "photo": photo}])
    picture = await alice.sees(
        lambda it: it["content"].get("msgtype") == "m.image" and it["sender"] == GHOST
    )
    assert picture["content"]["url"].startswith("mxc://localhost/")

    url = f"{alice.base_url}/_matrix/media/v3/upload"
    headers = {"Authorization": f"Bearer {alice.token}", "Content-Type": "image/png"}
    async with alice.session.post(url, data=PNG, headers=headers) as response:
        uri = (await response.json())["content_uri"]
    content = {"msgtype": "m.image", "body": "cat.png", "url": uri}
    content["info"] = {"mimetype": "image/png"}
    await sends(alice, portal, "m.room.message", content, "picture")
    await server.has(lambda it: str(it.get("attachment", "")).startswith("photo-77_"))
    assert PNG in list(server.files.values())[1:]


async def comes_back(alice: User, server: VkServer, bridge: BridgeProcess, portal: str) -> None:
    """Killed while both sides talk: each message stands once on the other side, in order."""
    said, written = [], []
    for number in range(30):
        said.append(f"to vk {number}")
        await alice.says(portal, said[-1])
        written.append(f"to matrix {number}")
        await server.says(BOB, BOB, written[-1])
        if number % 8 == 7:
            await bridge.kill()
            await bridge.start()
    await server.has(lambda it: it["text"] == said[-1])
    await alice.reads(portal, written[-1])
    there = [it["text"] for it in server.messages[BOB] if it["text"].startswith("to vk")]
    here = await has_said(alice, portal, GHOST)
    assert there == said
    assert [it for it in here if it.startswith("to matrix")] == written


async def story(base_url: str, server: VkServer, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        await bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, token=TOKEN)
        portal = await opens(alice, room, "vk.com/bob")
        async with asyncio.timeout(PATIENCE_S):
            await talks(alice, server, portal)
            await shows(alice, server, portal)
        async with asyncio.timeout(3 * PATIENCE_S):
            await comes_back(alice, server, bridge, portal)
        await server.says(BOB, CHAT, "in the chat of friends")
        friends = await alice.is_invited()
        await alice.joins(friends)
        name = await alice.ask("GET", f"/v3/rooms/{friends}/state/m.room.name/")
        assert name == {"name": "Friends"}
        await bridge.stop()


def test_alice_and_bob_talk_over_vk(tmp_path: Path) -> None:
    async def act(base_url: str, bridge: BridgeProcess) -> None:
        server = VkServer()
        await server.opens()
        bridge.configures(api=server.api, poll_s=2)
        await story(base_url, server, bridge)
        await server.closes()

    with beside_a_homeserver(tmp_path, "vk") as (base_url, bridge):
        asyncio.run(act(base_url, bridge))


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c626001000000ffff030000060005"
    "57bfabd40000000049454e44ae426082"
)


def test_vkbottle_takes_our_server_for_vk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its requests go to loopback only."""

    async def act() -> None:
        server = VkServer()
        await server.opens()
        monkeypatch.setattr(API, "API_URL", f"{server.api}/")
        stays_here(monkeypatch)
        bot = Bot(TOKEN)

        @bot.on.message(text="ping")
        async def answer(message: Message) -> None:
            await message.answer("pong")

        running = asyncio.create_task(bot.run_polling())
        async with asyncio.timeout(PATIENCE_S):
            await server.was_asked("groups.getLongPollServer")
            await server.says(BOB, BOB, "ping")
            await server.has(lambda it: it["text"] == "pong" and it["out"] == 1)
        running.cancel()
        await server.closes()

    asyncio.run(act())
