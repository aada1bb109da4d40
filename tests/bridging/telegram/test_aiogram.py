"""aiogram, a bot library that others wrote, accepts the Telegram that our tests run against.

It checks every answer and every update against its own models of the Bot API.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiogram import Bot, methods
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ContentType
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BufferedInputFile,
    MessageEntity,
    ReactionTypeEmoji,
    ReplyParameters,
    Update,
)
from attrs import frozen

from bridges.kit.parts import Contact, Location, Media, Outgoing, Poll, Span, Text
from bridges.networks.telegram.news import WANTED
from tests.bridges.networks.telegram.simulator import world as worlds
from tests.bridges.networks.telegram.simulator.people import Person
from tests.bridges.networks.telegram.simulator.server import Simulator
from tests.bridges.networks.telegram.stay import Stay, stay

PATIENCE_S = 20
CAT = b"a picture of a cat"


@frozen(eq=False)
class Meeting:
    """aiogram's bot beside Bob, in a group."""

    simulator: Simulator
    ours: worlds.Bot
    bob: Person
    friends: worlds.Chat
    bot: Bot

    @property
    def world(self) -> worlds.World:
        return self.simulator.world

    async def news(self) -> list[Update]:
        found = await self.bot.get_updates(timeout=0, allowed_updates=list(WANTED))
        if found:
            await self.bot.get_updates(offset=found[-1].update_id + 1, timeout=0)
        return found


def meet(story: Callable[[Meeting], Awaitable[None]]) -> None:
    async def act() -> None:
        simulator = Simulator()
        await simulator.opens()
        world = simulator.world
        ours, bob = world.makes_bot(), Person.arrives(world, "Bob")
        friends = world.makes_group("Friends")
        friends.members |= {bob.id: "creator", ours.id: "administrator"}
        # Only the simulator is ever asked: a real server would not know the token either.
        server = TelegramAPIServer.from_base(simulator.address)
        async with (
            asyncio.timeout(PATIENCE_S),
            Bot(ours.token, session=AiohttpSession(api=server)) as bot,
        ):
            meeting = Meeting(simulator, ours, bob, friends, bot)
            await meeting.news()
            await story(meeting)
        await simulator.closes()

    asyncio.run(act())


def test_it_says_changes_and_takes_back() -> None:
    async def story(it: Meeting) -> None:
        me = await it.bot.get_me()
        assert (me.id, me.is_bot) == (it.ours.id, True)
        target = it.bob.says(it.friends, "hello")
        said = await it.bot.send_message(
            it.friends.id,
            "👍 yes",
            entities=[MessageEntity(type="bold", offset=3, length=3)],
            reply_parameters=ReplyParameters(message_id=target),
        )
        assert said.reply_to_message and said.reply_to_message.text == "hello"
        assert said.entities and said.entities[0].extract_from(said.text or "") == "yes"
        changed = await it.bot.edit_message_text(
            "no", chat_id=it.friends.id, message_id=said.message_id
        )
        assert not isinstance(changed, bool) and changed.text == "no"
        thumb = ReactionTypeEmoji(emoji="👍")
        assert await it.bot.set_message_reaction(it.friends.id, target, [thumb])
        assert await it.bot.send_chat_action(it.friends.id, "typing")
        assert await it.bot.pin_chat_message(it.friends.id, said.message_id)
        about = await it.bot.get_chat(it.friends.id)
        assert about.title == "Friends" and about.pinned_message
        assert await it.bot.delete_message(it.friends.id, said.message_id)
        admins = await it.bot.get_chat_administrators(it.friends.id)
        assert {one.user.id for one in admins} == {it.bob.id, it.ours.id}

    meet(story)


def test_it_sends_files_and_gets_them_back() -> None:
    async def story(it: Meeting) -> None:
        file, chat = BufferedInputFile(CAT, "cat.png"), it.friends.id
        photo = await it.bot.send_photo(chat, file, caption="a cat")
        assert photo.photo and photo.caption == "a cat"
        got = await it.bot.download(photo.photo[-1])
        assert got is not None and got.read() == CAT
        assert (await it.bot.send_document(chat, file)).document
        assert (await it.bot.send_voice(chat, file)).voice
        assert (await it.bot.send_video(chat, file)).video
        assert (await it.bot.send_animation(chat, file)).animation
        assert (await it.bot.send_audio(chat, file)).audio
        assert (await it.bot.send_video_note(chat, file)).video_note
        assert (await it.bot.send_sticker(chat, file)).sticker
        assert (await it.bot.send_location(chat, 1.5, 2.5)).location
        assert (await it.bot.send_venue(chat, 1.5, 2.5, "Café", "1 Street")).venue
        assert (await it.bot.send_contact(chat, "+491", "Ann")).contact
        asked = await it.bot.send_poll(chat, "Now?", ["yes", "no"], is_anonymous=False)
        assert asked.poll and (await it.bot.stop_poll(chat, asked.message_id)).is_closed

    meet(story)


def test_it_understands_everything_that_happens() -> None:
    async def story(it: Meeting) -> None:
        bob, friends, world = it.bob, it.friends, it.world
        id = bob.says(friends, "hello", entities=[{"type": "bold", "offset": 0, "length": 5}])
        bob.edits(friends, id, text="goodbye")
        bob.reacts(friends, id, [], ["👍"])
        bob.shows(friends, CAT, caption="a cat", media_group_id="album")
        voice = {"duration": 3, "mime_type": "audio/ogg"}
        bob.hands(friends, "voice", CAT, voice)
        sticker = {"type": "regular", "width": 512, "height": 512, "emoji": "🐈"}
        bob.hands(friends, "sticker", CAT, sticker | {"is_animated": True, "is_video": False})
        ann = Person.arrives(world, "Ann")
        ann.joins(friends)
        ann.leaves(friends)
        bob.renames(friends, "Best friends")
        poll = await it.bot.send_poll(friends.id, "Now?", ["yes", "no"], is_anonymous=False)
        assert poll.poll
        bob.votes(poll.poll.id, [1])
        club = world.makes_group("Club", "group")
        bob.brings(club, it.ours, "member")
        bob.upgrades(club)
        bob.expels(friends, it.ours)

        news = [one for one in await it.news() if one.event_type]
        kinds = [one.event_type for one in news]
        for kind in ("message", "edited_message", "message_reaction", "poll_answer"):
            assert kind in kinds
        assert kinds[-1] == "my_chat_member"
        messages = [one.message for one in news if one.message]
        assert messages[0].text == "hello" and messages[0].from_user
        assert {ContentType(one.content_type).value for one in messages} == {
            *("text", "photo", "voice", "sticker", "new_chat_members", "left_chat_member"),
            *("new_chat_title", "migrate_to_chat_id", "migrate_from_chat_id"),
        }

    meet(story)


def test_it_is_refused_as_telegram_refuses() -> None:
    async def story(it: Meeting) -> None:
        with pytest.raises(TelegramBadRequest, match="chat not found"):
            await it.bot.send_message(-5, "hello")
        with pytest.raises(TelegramBadRequest, match="too long"):
            await it.bot.send_message(it.friends.id, "x" * 4097)
        with pytest.raises(TelegramBadRequest, match="text is empty"):
            await it.bot.send_message(it.friends.id, " ")
        it.ours.slowed["sendMessage"] = 3
        with pytest.raises(TelegramRetryAfter) as waits:
            await it.bot.send_message(it.friends.id, "fast")
        assert waits.value.retry_after == 3
        said = await it.bot.send_message(it.friends.id, "hello")
        with pytest.raises(TelegramBadRequest, match="not modified"):
            await it.bot.edit_message_reply_markup(
                chat_id=it.friends.id, message_id=said.message_id
            )
        waiting = asyncio.create_task(it.bot.get_updates(timeout=5))
        await it.world.until(lambda: it.ours.poller and not it.ours.updates and len(it.ours.calls))
        await asyncio.sleep(0)
        it.bob.expels(it.friends, it.ours)
        assert (await waiting)[-1].my_chat_member
        with pytest.raises(TelegramForbiddenError, match="kicked"):
            await it.bot.send_message(it.friends.id, "hello")
        await it.bot.set_webhook("http://127.0.0.1:9/", secret_token="secret")
        with pytest.raises(TelegramConflictError):
            await it.bot.get_updates(timeout=0)
        it.ours.is_revoked = True
        with pytest.raises(TelegramUnauthorizedError):
            await it.bot.get_me()

    meet(story)


def test_aiogram_knows_every_call_that_our_bridge_makes() -> None:
    """Each must fit aiogram's model of the method."""

    async def story(it: Stay) -> None:
        id = str(it.bob.says(it.friends, "hello"))
        sent = await it.sends(Text("hello", (Span(0, 5, "bold"),)), reply_to=id)
        out = Outgoing(it.chat, (Text("goodbye"),), "e")
        await it.session.edit(sent.id, out)
        picture = Media("image", "cat.png", "image/png", CAT, Text("a cat"))
        await it.session.edit((await it.sends(picture)).id, out)
        for kind, mime in (
            *(("video", "video/mp4"), ("video", "image/gif"), ("audio", "audio/mpeg")),
            *(("voice", "audio/ogg"), ("sticker", "image/webp"), ("file", "text/plain")),
        ):
            await it.sends(Media(kind, "name", mime, CAT))
        await it.sends(Location(1.5, 2.5), Location(1.5, 2.5, "Café"), Contact("Ann", ("+491",)))
        poll = await it.sends(Poll("Now?", ("yes", "no")))
        await it.session.end_poll(it.chat, poll.id)
        await it.session.react(it.chat, id, "👍")
        await it.session.unreact(it.chat, id, "👍")
        await it.session.typing(it.chat, True)
        await it.session.pin(it.chat, sent.id, True)
        await it.session.pin(it.chat, sent.id, False)
        await it.session.set_name(it.chat, "Best friends")
        await it.session.set_topic(it.chat, "about cats")
        await it.session.kick(it.chat, str(it.bob.id), "")
        await it.session.redact(it.chat, sent.id)
        await it.session.chat(it.chat)
        await it.session.fetch("file-0", 100)
        await it.session.leave_chat(it.chat)

        made = [(method, one) for method, several in it.bot.calls.items() for one in several]
        assert len({method for method, _ in made}) > 25
        for method, given in made:
            model = getattr(methods, method[0].upper() + method[1:])
            unknown = set(given) - set(model.model_fields)
            assert not unknown, f"{method} knows no {unknown}"
            parsed = {key: as_json(value) for key, value in given.items()}
            model.model_validate(parsed)

    stay(story)


def as_json(value: Any) -> Any:
    """Forms carry everything as text."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        return json.loads(value)
    return value
