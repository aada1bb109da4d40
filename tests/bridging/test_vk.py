"""Alice on Matrix and Bob on VK, through a started bridge; and vkbottle on the same VK of ours."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from vkbottle import API
from vkbottle.bot import Bot, Message

from tests.bridging.kinds import Kind
from tests.bridging.loopback import stays_here
from tests.bridging.people import Person, has_said, logs_in, meets_the_bot, opens, state
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.bridging.vk_server import BOB, CAROL, CHAT, TOKEN, VkServer

GHOST, CAROL_GHOST = "@net_5:localhost", "@net_6:localhost"
PATIENCE_S = 30


async def talks(alice: Person, server: VkServer, portal: str) -> None:
    html = {"format": "org.matrix.custom.html", "formatted_body": "hello <b>Bob</b>"}
    content = {"msgtype": "m.text", "body": "hello Bob", **html}
    first = await alice.sends(portal, "m.room.message", content)
    sent = await server.has(lambda it: it["text"] == "hello Bob")
    assert '"type": "bold"' in sent["format_data"]

    look = {"version": "1", "items": [{"type": "italic", "offset": 0, "length": 5}]}
    reply = {"conversation_message_id": sent["conversation_message_id"]}
    said = await server.says(BOB, BOB, "hello Alice", format_data=look, reply_message=reply)
    heard = await alice.reads(portal, "hello Alice")
    assert heard["sender"] == GHOST
    assert "<em>hello</em>" in heard["content"]["formatted_body"]
    assert heard["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == first
    await alice.answers(portal, heard["event_id"], "how are you")
    asked = await server.has(lambda it: it["text"] == "how are you")
    assert f"[{said['conversation_message_id']}]" in asked["forward"]

    await server.edits(said, "hello again")
    changed = await alice.reads(portal, "hello again")
    assert changed["content"]["m.relates_to"]["event_id"] == heard["event_id"]

    await alice.reacts(portal, heard["event_id"], "👍")
    assert (await server.was_asked("messages.sendReaction"))["reaction_id"] == "4"
    await server.reacts(BOB, BOB, sent["conversation_message_id"], 1)
    await alice.sees_reaction(GHOST, first, "❤️")

    await alice.edits(portal, first, "good night")
    await server.has(lambda it: it["text"] == "good night" and it.get("edited", False))
    await alice.redacts(portal, first)
    await server.has(lambda it: it.get("deleted", False))

    await server.types(BOB)
    await alice.sees_typing(portal, GHOST)
    await alice.types(portal)
    assert (await server.was_asked("messages.setActivity"))["type"] == "typing"
    await alice.has_read(portal, heard["event_id"])
    await server.was_asked("messages.markAsRead")
    read = await alice.says(portal, "did you read this")
    number = (await server.has(lambda it: it["text"] == "did you read this"))[
        "conversation_message_id"
    ]
    await server.reads(BOB, number)
    await alice.sees_receipt(portal, GHOST, read)


async def shows(alice: Person, server: VkServer, portal: str) -> None:
    photo = {"id": 1, "sizes": [{"url": server.keeps(PNG), "width": 1, "height": 1}]}
    await server.says(BOB, BOB, "look", attachments=[{"type": "photo", "photo": photo}])
    picture = await alice.sees(
        lambda it: it["content"].get("msgtype") == "m.image" and it["sender"] == GHOST
    )
    assert await alice.opens_file(picture) == PNG

    await alice.shows(portal, "cat.png", "image/png", PNG, "m.image")
    await server.has(lambda it: str(it.get("attachment", "")).startswith("photo-77_"))
    assert PNG in list(server.files.values())[1:]
    await alice.speaks(portal, "voice.ogg", "audio/ogg", b"OggS")
    assert (await server.was_asked("docs.getMessagesUploadServer"))["type"] == "audio_message"
    await server.has(lambda it: str(it.get("attachment", "")).startswith("doc-77_"))
    assert b"OggS" in server.files.values()

    place = {"msgtype": "m.location", "body": "the lake", "geo_uri": "geo:61.8,34.3"}
    await alice.sends(portal, "m.room.message", place)
    await server.has(lambda it: (it.get("lat"), it.get("long")) == ("61.8", "34.3"))


async def meet_in_a_chat(alice: Person, server: VkServer) -> None:
    """People come, go and are put out; the chat is renamed by both sides."""
    first = await server.says(BOB, CHAT, "in the chat of friends")
    friends = await alice.is_invited()
    await alice.joins(friends)
    said = await alice.reads(friends, "in the chat of friends")
    assert (await state(alice, friends, "m.room.name"))["name"] == "Friends"
    await alice.sees_member(friends, CAROL_GHOST, "join")
    await server.says(CAROL, CHAT, "", action={"type": "chat_kick_user", "member_id": CAROL})
    await alice.sees_member(friends, CAROL_GHOST, "leave")
    alice.seen.clear()
    await server.says(BOB, CHAT, "", action={"type": "chat_invite_user", "member_id": CAROL})
    await alice.sees_member(friends, CAROL_GHOST, "join")
    await server.says(BOB, CHAT, "", action={"type": "chat_title_update", "text": "Old friends"})
    await alice.sees(lambda it: it["content"].get("name") == "Old friends")

    await alice.sets(friends, "m.room.name", {"name": "Best friends"})
    assert (await server.was_asked("messages.editChat"))["title"] == "Best friends"
    await alice.sets(friends, "m.room.pinned_events", {"pinned": [said["event_id"]]})
    pinned = await server.was_asked("messages.pin")
    assert pinned["conversation_message_id"] == str(first["conversation_message_id"])
    await alice.kicks(friends, CAROL_GHOST)
    assert (await server.was_asked("messages.removeChatUser"))["member_id"] == str(CAROL)


async def comes_back(alice: Person, server: VkServer, bridge: BridgeProcess, portal: str) -> None:
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


async def story(kind: Kind, base_url: str, server: VkServer, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await kind.arrives("alice", base_url, session)
        await bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, token=TOKEN)
        await server.says(BOB, BOB, "said before")
        portal = await opens(alice, room, "vk.com/bob")
        assert (await alice.recalls(portal, "said before"))["sender"] == GHOST
        async with asyncio.timeout(PATIENCE_S):
            await talks(alice, server, portal)
            await shows(alice, server, portal)
        async with asyncio.timeout(3 * PATIENCE_S):
            await comes_back(alice, server, bridge, portal)
            await meet_in_a_chat(alice, server)
        await alice.says(room, "search vk.com/carol")
        await alice.reads(room, "vk.com/id6")
        await kind.holds(alice)
        await bridge.stop()


def test_alice_and_bob_talk_over_vk(tmp_path: Path, kind: Kind) -> None:
    async def act(base_url: str, bridge: BridgeProcess) -> None:
        server = VkServer()
        await server.opens()
        bridge.configures(api=server.api, poll_s=2)
        await story(kind, base_url, server, bridge)
        await server.closes()

    with beside_a_homeserver(tmp_path, "vk", **kind.settings) as (base_url, bridge):
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
