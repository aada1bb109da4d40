"""Alice on Matrix and Bob on Telegram, through a started bridge and a started homeserver."""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from attrs import frozen

from tests.bridges.networks.telegram.simulator.people import Person as Telegrammer
from tests.bridges.networks.telegram.simulator.server import Simulator
from tests.bridges.networks.telegram.simulator.world import Bot, Chat
from tests.bridging.kinds import Kind
from tests.bridging.people import Person, logs_in, meets_the_bot, state
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.bridging.telegram.rights import give_rights_and_take_them

JsonObject = dict[str, Any]

PATIENCE_S = 20
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63"
    "64f8cf500f0003860180a5a1ee3c0000000049454e44ae426082"
)


LOTTIE = {
    "v": "5.5.2",
    "fr": 30,
    "ip": 0,
    "op": 10,
    "w": 512,
    "h": 512,
    "layers": [
        {"ty": 1, "ip": 0, "op": 10, "st": 0, "sw": 512, "sh": 512, "sc": "#ff0000", "ks": {}}
    ],
}
"""A red square, for ten frames."""


@frozen(eq=False)
class Telegram:
    simulator: Simulator
    bot: Bot
    bob: Telegrammer
    friends: Chat

    @classmethod
    async def opens(cls) -> "Telegram":
        simulator = Simulator()
        await simulator.opens()
        world = simulator.world
        bot, bob = world.makes_bot(), Telegrammer.arrives(world, "Bob")
        friends = world.makes_group("Friends", "group")
        friends.members |= {bob.id: "creator", bot.id: "administrator"}
        return cls(simulator, bot, bob, friends)

    @property
    def bobs_ghost(self) -> str:
        return f"@net_{self.bob.id}:localhost"

    async def until(self, wanted: Any) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            return await self.simulator.world.until(wanted)

    async def hears(self, text: str, chat: Chat | None = None) -> JsonObject:
        """A message of the bot with this text, or with it under a file."""

        def found() -> JsonObject | None:
            for message in (chat or self.friends).messages.values():
                if text in (message.get("text"), message.get("caption")):
                    return message
            return None

        heard: JsonObject = await self.until(found)
        return heard

    async def was_asked(self, method: str) -> JsonObject:
        """The newest call of the bot."""
        asked: list[JsonObject] = await self.until(lambda: self.bot.calls[method])
        return asked[-1]


async def talk(alice: Person, it: Telegram, portal: str) -> None:
    pill = f'<a href="https://matrix.to/#/{it.bobs_ghost}">Bob</a>'
    html = {"format": "org.matrix.custom.html", "formatted_body": f"<b>hello</b> {pill}"}
    content = {"msgtype": "m.text", "body": "hello Bob", **html}
    event_id = await alice.sends(portal, "m.room.message", content)
    heard = await it.hears("<alice> hello Bob")
    assert heard["entities"] == [
        {"type": "bold", "offset": 8, "length": 5},
        {"type": "text_mention", "offset": 14, "length": 3, "user": it.bob.user},
    ]

    target = heard["message_id"]
    it.bob.answers(
        *(it.friends, target, "👍 hello Alice"),
        entities=[{"type": "italic", "offset": 9, "length": 5}],
    )
    answer = await alice.reads(portal, "hello Alice")
    assert answer["sender"] == it.bobs_ghost
    assert answer["content"]["formatted_body"] == "👍 hello <em>Alice</em>"
    assert answer["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": event_id}}

    content = {"msgtype": "m.text", "body": "good to see you"}
    relates = {"m.relates_to": {"m.in_reply_to": {"event_id": answer["event_id"]}}}
    await alice.sends(portal, "m.room.message", content | relates)
    heard = await it.hears("<alice> good to see you")
    assert heard["reply_to_message"]["text"] == "👍 hello Alice"


async def change_their_words(alice: Person, it: Telegram, portal: str) -> None:
    event_id = await alice.says(portal, "helo")
    target = (await it.hears("<alice> helo"))["message_id"]
    new = {"msgtype": "m.text", "body": "hello"}
    relates = {"rel_type": "m.replace", "event_id": event_id}
    edit = {**new, "body": "* hello", "m.new_content": new, "m.relates_to": relates}
    await alice.sends(portal, "m.room.message", edit)
    assert (await it.hears("<alice> hello"))["message_id"] == target
    await alice.redacts(portal, event_id)
    await it.until(lambda: target in it.friends.deleted)

    id = it.bob.says(it.friends, "godbye")
    said = await alice.reads(portal, "godbye")
    it.bob.edits(it.friends, id, text="goodbye")
    changed = await alice.sees(
        lambda event: (event["content"].get("m.new_content") or {}).get("body") == "goodbye"
    )
    assert changed["content"]["m.relates_to"]["event_id"] == said["event_id"]


async def react(alice: Person, it: Telegram, portal: str) -> None:
    id = it.bob.says(it.friends, "do you like it")
    said = (await alice.reads(portal, "do you like it"))["event_id"]
    relates = {"rel_type": "m.annotation", "event_id": said, "key": "❤️"}
    mine = await alice.sends(portal, "m.reaction", {"m.relates_to": relates})
    shown = it.friends.messages[id]
    await it.until(lambda: shown.get("reactions_of_bots") == ["❤"])
    await alice.redacts(portal, mine)
    await it.until(lambda: shown.get("reactions_of_bots") == [])

    it.bob.reacts(it.friends, id, [], ["🔥"])
    theirs = await alice.sees(
        lambda event: event["type"] == "m.reaction" and event["sender"] == it.bobs_ghost
    )
    assert theirs["content"]["m.relates_to"] == relates | {"key": "🔥"}
    it.bob.reacts(it.friends, id, ["🔥"], [])
    await alice.sees(
        lambda event: (
            event["type"] == "m.room.redaction" and theirs["event_id"] in str(event["content"])
        )
    )


async def show_pictures(alice: Person, it: Telegram, portal: str) -> None:
    it.bob.shows(it.friends, PNG, caption="a dot")
    shown = await alice.reads(portal, "a dot")
    assert shown["content"]["msgtype"] == "m.image"
    assert await alice.opens_file(shown) == PNG
    name = {"filename": "dot.png"}
    await alice.shows(portal, "my dot", "image/png", PNG, "m.image", **name)
    heard = await it.until(
        lambda: next(
            (
                one
                for one in it.friends.messages.values()
                if "photo" in one and one["from"] == it.bot.user
            ),
            None,
        )
    )
    assert it.simulator.world.files[heard["photo"][-1]["file_id"]] == PNG
    assert heard["caption"] == "<alice> my dot"


async def show_a_sticker_that_moves(alice: Person, it: Telegram, portal: str) -> None:
    """Clients know no Lottie: they are shown a picture that moves."""
    about = {"type": "regular", "width": 512, "height": 512, "emoji": "🟥"}
    moving = about | {"is_animated": True, "is_video": False}
    it.bob.hands(it.friends, "sticker", gzip.compress(json.dumps(LOTTIE).encode()), moving)
    shown = await alice.sees(
        lambda event: event["type"] == "m.sticker" and event["sender"] == it.bobs_ghost
    )
    assert shown["content"]["info"]["mimetype"] == "image/webp"
    assert (await alice.opens_file(shown))[8:12] == b"WEBP"


async def come_and_go(alice: Person, it: Telegram, portal: str) -> None:
    ann = Telegrammer.arrives(it.simulator.world, "Ann")
    ghost = f"@net_{ann.id}:localhost"

    def membership(wanted: str) -> Any:
        return lambda event: (
            event["type"] == "m.room.member"
            and event["state_key"] == ghost
            and event["content"]["membership"] == wanted
        )

    ann.joins(it.friends)
    assert (await alice.sees(membership("join")))["content"]["displayname"] == "Ann"
    ann.leaves(it.friends)
    await alice.sees(membership("leave"))
    ann.joins(it.friends)
    ann.says(it.friends, "I am back")
    await alice.reads(portal, "I am back")
    kick = {"user_id": ghost, "reason": "enough"}
    await alice.ask("POST", f"/v3/rooms/{quote(portal)}/kick", kick)
    await it.until(lambda: it.bot.calls["unbanChatMember"])
    assert it.bot.calls["banChatMember"][-1]["user_id"] == ann.id
    it.bob.renames(it.friends, "Best friends")
    await alice.sees(lambda event: event["content"].get("name") == "Best friends")
    path = f"/v3/rooms/{quote(portal)}/state/m.room.name/"
    await alice.ask("PUT", path, {"name": "Our friends"})
    await it.until(lambda: it.friends.title == "Our friends")
    typing = f"/v3/rooms/{quote(portal)}/typing/{quote(alice.user_id)}"
    await alice.ask("PUT", typing, {"typing": True, "timeout": 5000})
    await it.until(lambda: it.bot.calls["sendChatAction"])


async def change_the_chat(alice: Person, it: Telegram, portal: str) -> None:
    id = it.bob.says(it.friends, "keep this in mind")
    said = (await alice.reads(portal, "keep this in mind"))["event_id"]
    await alice.sets(portal, "m.room.pinned_events", {"pinned": [said]})
    assert (await it.was_asked("pinChatMessage"))["message_id"] == id
    await alice.sets(portal, "m.room.topic", {"topic": "about bridges"})
    assert (await it.was_asked("setChatDescription"))["description"] == "about bridges"
    # Pictures of rooms are for everybody to see, also in encrypted rooms.
    picture = await Person.uploads(alice, PNG)
    await alice.sets(portal, "m.room.avatar", picture)
    await it.was_asked("setChatPhoto")
    dan = Telegrammer.arrives(it.simulator.world, "Dan")
    dan.joins(it.friends)
    await alice.sees_member(portal, f"@net_{dan.id}:localhost", "join")
    it.bot.calls["banChatMember"].clear()
    await alice.kicks(portal, f"@net_{dan.id}:localhost", "ban")
    assert (await it.was_asked("banChatMember"))["user_id"] == dan.id


async def show_more(alice: Person, it: Telegram, portal: str) -> None:
    """A place, a voice, a card."""
    place = {"msgtype": "m.location", "body": "the lake", "geo_uri": "geo:61.8,34.3"}
    await alice.sends(portal, "m.room.message", place)
    assert (await it.was_asked("sendLocation"))["latitude"] == 61.8
    it.bob.sends(it.friends, location={"latitude": 52.5, "longitude": 13.4})
    there = await alice.sees(
        lambda event: (
            event["sender"] == it.bobs_ghost and event["content"].get("msgtype") == "m.location"
        )
    )
    assert there["content"]["geo_uri"] == "geo:52.5,13.4"
    await alice.speaks(portal, "voice.ogg", "audio/ogg", b"OggS")
    await it.was_asked("sendVoice")
    it.bob.hands(it.friends, "voice", b"OggS of Bob", {"duration": 1, "mime_type": "audio/ogg"})
    heard = await alice.sees(
        lambda event: (
            event["sender"] == it.bobs_ghost and event["content"].get("msgtype") == "m.audio"
        )
    )
    assert await alice.opens_file(heard) == b"OggS of Bob"
    card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Dan\r\nTEL:+49 2\r\nEND:VCARD\r\n"
    await alice.shows(portal, "Dan.vcf", "text/vcard", card)
    assert (await it.was_asked("sendContact"))["first_name"] == "Dan"


async def vote(alice: Person, it: Telegram, portal: str) -> None:
    """Bob in a poll of Alice's; and a poll of Bob's, in which bots may not vote."""
    text = "org.matrix.msc1767.text"
    answers = [{"id": "y", text: "yes"}, {"id": "n", text: "no"}]
    question = {"question": {text: "Now?"}, "answers": answers, "max_selections": 1}
    content = {"org.matrix.msc3381.poll.start": question, text: "Now?"}
    asked = await alice.sends(portal, "org.matrix.msc3381.poll.start", content)

    def found() -> JsonObject | None:
        polls = [one["poll"] for one in it.friends.messages.values() if "poll" in one]
        return next((one for one in polls if one["question"] == "<alice> Now?"), None)

    poll = await it.until(found)
    assert [one["text"] for one in poll["options"]] == ["yes", "no"]
    it.bob.votes(poll["id"], [1])
    response = await alice.sees(
        lambda event: event["type"].endswith("poll.response") and event["sender"] == it.bobs_ghost
    )
    assert response["content"]["m.relates_to"]["event_id"] == asked
    assert "'n'" in str(response["content"]) or '["n"]' in str(response["content"])

    end = {"m.relates_to": {"rel_type": "m.reference", "event_id": asked}, text: "It is over."}
    await alice.sends(portal, "org.matrix.msc3381.poll.end", end)
    await it.was_asked("stopPoll")

    it.bob.asks(it.friends, "Tea?", ["green", "black"])
    theirs = await alice.sees(
        lambda event: event["type"].endswith("poll.start") and event["sender"] == it.bobs_ghost
    )
    assert "black" in str(theirs["content"])


async def become_a_supergroup(alice: Person, it: Telegram, portal: str) -> tuple[Chat, str]:
    """The room points to the one that goes on."""
    successor = it.bob.upgrades(it.friends)
    tombstone = await alice.sees(lambda event: event["type"] == "m.room.tombstone")
    room = await alice.is_invited()
    assert tombstone["content"]["replacement_room"] == room
    await alice.joins(room)
    it.bob.says(successor, "we are more now")
    await alice.reads(room, "we are more now")
    await alice.says(room, "welcome everybody")
    await it.hears("<alice> welcome everybody", successor)
    return successor, room


async def say_what_has_no_place(alice: Person, it: Telegram, portal: str) -> None:
    it.bob.sends(it.friends, rocket_launch={"fuel": 1})
    await alice.reads(portal, "a rocket launch")
    large = {
        "file_id": "x",
        "file_unique_id": "x",
        "file_size": 60_000_000,
        "file_name": "film.mkv",
    }
    it.bob.sends(it.friends, document=large)
    await alice.reads(portal, "no files over 20 MB")
    id = it.bob.says(it.friends, "react to this")
    said = (await alice.reads(portal, "react to this"))["event_id"]
    relates = {"rel_type": "m.annotation", "event_id": said, "key": "🦖"}
    await alice.sends(portal, "m.reaction", {"m.relates_to": relates})
    await alice.reads(portal, "Telegram does not allow that reaction here")
    assert "reactions_of_bots" not in it.friends.messages[id]


async def write_in_private(alice: Person, it: Telegram) -> None:
    chat = it.simulator.world.private_chat(it.bob.id)
    it.bob.says(chat, "/start")
    room = await alice.is_invited()
    await alice.joins(room)
    await alice.reads(room, "/start")
    assert (await state(alice, room, "m.room.member", it.bobs_ghost))["displayname"] == "Bob"
    await alice.says(room, "welcome")
    await it.hears("<alice> welcome", chat)


async def lose_the_token(alice: Person, it: Telegram, room: str) -> None:
    it.bot.is_revoked = True
    it.bot.news.set()
    await alice.reads(room, "Log in again with a token from @BotFather")


async def story(kind: Kind, base_url: str, it: Telegram, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await kind.arrives("alice", base_url, session)
        await bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, token=it.bot.token)
        it.bob.says(it.friends, "is anybody there")
        portal = await alice.is_invited()
        await alice.joins(portal)
        await alice.reads(portal, "is anybody there")
        assert (await state(alice, portal, "m.room.name"))["name"] == "Friends"
        await talk(alice, it, portal)
        await change_their_words(alice, it, portal)
        await react(alice, it, portal)
        await show_pictures(alice, it, portal)
        await show_a_sticker_that_moves(alice, it, portal)
        await come_and_go(alice, it, portal)
        await change_the_chat(alice, it, portal)
        await show_more(alice, it, portal)
        await vote(alice, it, portal)
        await say_what_has_no_place(alice, it, portal)
        await write_in_private(alice, it)

        await bridge.kill()
        it.bob.says(it.friends, "said while the bridge was away")
        await alice.says(portal, "said to a bridge that is away")
        await bridge.start()
        await alice.reads(portal, "said while the bridge was away")
        await it.hears("<alice> said to a bridge that is away")
        await kind.holds(alice)
        there = await become_a_supergroup(alice, it, portal)
        await give_rights_and_take_them(alice, it.simulator.world, it.bob, there)
        await lose_the_token(alice, it, room)
        await bridge.stop()
        assert it.bot.token not in bridge.log()


def test_alice_and_bob_talk_over_telegram(tmp_path: Path, kind: Kind) -> None:
    async def act(base_url: str, bridge: BridgeProcess) -> None:
        it = await Telegram.opens()
        bridge.configures(api=it.simulator.address, poll_s=5, group_messages_per_minute=0)
        try:
            await story(kind, base_url, it, bridge)
        finally:
            await it.simulator.closes()

    with beside_a_homeserver(tmp_path, "telegram", **kind.settings) as (base_url, bridge):
        asyncio.run(act(base_url, bridge))
