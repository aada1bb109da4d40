"""Somebody's own account, beside a scripted peer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import pytest
from attrs import frozen

from bridges.kit.abilities import claimed
from bridges.kit.chats import Chat
from bridges.kit.contract import Contract, Notebook, Town, Visit
from bridges.kit.failures import BadCredentials, Fatal, NetworkFailure, Rejected, Transient
from bridges.kit.happenings import (
    ChatChange,
    Edit,
    Message,
    React,
    Read,
    Remove,
    Sender,
    Story,
    Typing,
    Unreact,
)
from bridges.kit.network import Login
from bridges.kit.parts import ChatKey, Media, Outgoing, Sent, Span, Text
from bridges.kit.stories import stories_of
from bridges.networks.telegram.network import Telegram
from bridges.networks.telegram.settings import TelegramSettings
from bridges.networks.telegram.user import session as user_session
from bridges.networks.telegram.user.logins import PHONE
from bridges.networks.telegram.user.session import UserSession
from tests.bridges.networks.telegram.user.script import (
    ALICE,
    BOB,
    CODE,
    FRIENDS,
    PRIVATE,
    SESSION,
    Script,
)

CHAT = ChatKey(str(FRIENDS["id"]))
ALONE = ChatKey("502", "501")
LOGIN = Login("501", "Alice", {"session": SESSION})
PATIENCE_S = 10


class Accounts(Telegram):
    """Only with accounts of people's own."""

    flows = (PHONE,)
    session_class = UserSession


@asynccontextmanager
async def user_town(script: Script) -> AsyncIterator[Town]:
    async def says(text: str) -> None:
        script.says(text)

    async def hears(text: str) -> None:
        while not any(it.get("text") == text for it in script.said[FRIENDS["id"]]):
            script.sent.clear()
            await script.sent.wait()

    network = Accounts(TelegramSettings(), script)
    yield Town(network, {"phone": "+491", "code": CODE}, CHAT, says, hears)


class TestContract(Contract):
    script: Script

    def town(self, notebook: Notebook) -> AbstractAsyncContextManager[Town]:
        self.script = Script()
        return user_town(self.script)

    async def ready(self, visit: Visit) -> None:
        await self.script.listened_to.wait()


@frozen(eq=False)
class Stay:
    script: Script
    session: UserSession
    notebook: Notebook

    async def says(self, text: str, transaction: str = "t1", chat: ChatKey = CHAT) -> Sent:
        return await self.session.send(Outgoing(chat, (Text(text),), transaction))

    async def hears(self, kind: type, **attributes: Any) -> Any:
        return await self.notebook.first(
            lambda one: (
                isinstance(one, kind) and all(getattr(one, k) == v for k, v in attributes.items())
            )
        )

    def heard(self) -> list[str]:
        return [str(one.id) for one in self.notebook.happenings if isinstance(one, Message)]


def stay(
    story: Callable[[Stay], Awaitable[None]],
    script: Script | None = None,
    notebook: Notebook | None = None,
    shows_stories: bool = True,
) -> None:
    async def act() -> None:
        peer, notes = script or Script(), notebook or Notebook()
        peer.begins()
        session = UserSession(LOGIN, lambda: peer, notes, shows_stories)
        running = asyncio.create_task(session.run())
        async with asyncio.timeout(PATIENCE_S):
            await peer.listened_to.wait()
            await story(Stay(peer, session, notes))
        running.cancel()
        with suppress(asyncio.CancelledError, NetworkFailure):
            await running

    asyncio.run(act())


def test_its_abilities_are_those_that_it_defines() -> None:
    assert claimed(UserSession) == [
        "edits",
        "redactions",
        "reactions",
        "typing",
        "receipts",
        "files fetched when needed",
        "history",
        "opening chats",
        "logging out",
    ]


def test_what_is_said_here_and_on_other_devices_arrives() -> None:
    async def story(it: Stay) -> None:
        bold = [{"type": "bold", "offset": 0, "length": 5}]
        first = it.script.says("hello", entities=bold)
        it.script.says("hi Bob", ALICE, reply_to_message={"message_id": first})
        it.script.says("in private", chat=PRIVATE)

        hello = await it.notebook.message("hello")
        assert (hello.chat, hello.sender) == (CHAT, Sender("502", "Bob"))
        assert hello.parts == (Text("hello", (Span(0, 5, "bold"),)),)
        mine = await it.notebook.message("hi Bob")
        assert (mine.sender.me, mine.reply_to) == (True, str(first))
        assert (await it.notebook.message("in private")).chat == ALONE

    stay(story)


def test_what_we_send_does_not_come_back_and_is_not_sent_twice() -> None:
    async def story(it: Stay) -> None:
        sent = await it.says("hello")
        assert await it.says("hello") == sent
        it.script.says("and you")
        await it.notebook.message("and you")
        assert sent.id not in it.heard()
        assert len(it.script.said[FRIENDS["id"]]) == 2

    stay(story)


def test_after_a_crash_in_the_middle_telegram_drops_the_repetition() -> None:
    script = Script()

    async def once(it: Stay) -> None:
        await it.says("hello")

    stay(once, script)
    stay(once, script)
    assert len(script.said[FRIENDS["id"]]) == 1


def test_changes_reactions_typing_and_receipts_arrive() -> None:
    async def story(it: Stay) -> None:
        id = it.script.says("helo")
        message = it.script.said[FRIENDS["id"]][-1]
        it.script.tells(edited_message=message | {"text": "hello", "edit_date": 5})
        assert (await it.hears(Edit, target=str(id))).parts == (Text("hello"),)
        thumb = [{"type": "emoji", "emoji": "👍"}]
        about = {"chat": FRIENDS, "message_id": id, "user": BOB}
        it.script.tells(message_reaction=about | {"old_reaction": [], "new_reaction": thumb})
        assert (await it.hears(React)).emoji == "👍"
        it.script.tells(message_reaction=about | {"old_reaction": thumb, "new_reaction": []})
        await it.hears(Unreact, emoji="👍")
        it.script.tells(typing={"chat": FRIENDS, "user": BOB, "seconds": 6})
        assert (await it.hears(Typing)).seconds == 6
        it.script.tells(read={"chat": FRIENDS, "upto": id, "by": BOB})
        it.script.tells(read={"chat": FRIENDS, "upto": id, "by": None})
        assert (await it.hears(Read, sender=Sender("502", "Bob"))).upto == str(id)
        assert (await it.hears(Read, sender=Sender("501", me=True))).upto == str(id)
        it.script.tells(message=it.script.new(FRIENDS, {"from": BOB, "new_chat_title": "Club"}))
        await it.hears(ChatChange, name="Club")

    stay(story)


def a_story(id: int, who: dict[str, Any] = BOB, **more: Any) -> dict[str, Any]:
    photo = {"file_id": f"story/502/{id}", "file_unique_id": "p", "file_size": 5}
    about = {"message_id": id, "chat": who, "from": who, "date": 1000, "expire_date": 87_400}
    return about | {"photo": [photo], "caption": "at the sea"} | more


def test_stories_are_shown_and_taken_away_but_not_ones_own() -> None:
    script = Script(shown=[a_story(4)])

    async def story(it: Stay) -> None:
        shown = await it.hears(Story, id="502/4")
        assert (shown.chat, shown.sender) == (stories_of("501"), Sender("502", "Bob"))
        assert (shown.sent_at_ms, shown.expires_at_ms) == (1_000_000, 87_400_000)
        (picture,) = shown.parts
        assert isinstance(picture, Media) and picture.caption == Text("at the sea")
        it.script.tells(story=a_story(5, ALICE))
        it.script.tells(story=a_story(6))
        it.script.tells(story_gone={"chat": PRIVATE, "message_id": 6})
        await it.hears(Remove, target="502/6", chat=stories_of("501"))
        assert [one.id for one in it.notebook.happenings if isinstance(one, Story)] == [
            "502/4",
            "502/6",
        ]

    stay(story, script)


def test_who_does_not_want_stories_is_spared_them() -> None:
    async def story(it: Stay) -> None:
        it.script.tells(story=a_story(6))
        it.script.tells(story_gone={"chat": PRIVATE, "message_id": 6})
        it.script.says("hello")
        await it.notebook.message("hello")
        assert not [one for one in it.notebook.happenings if isinstance(one, Story | Remove)]

    stay(story, Script(shown=[a_story(4)]), shows_stories=False)


class Housed(Notebook):
    """A bridge that has a room for the private chat."""

    async def chats(self) -> list[ChatKey]:
        return [CHAT, ALONE]


def test_deletions_find_their_chat_also_after_a_restart() -> None:
    async def story(it: Stay) -> None:
        id = it.script.says("oops", chat=PRIVATE)
        await it.notebook.message("oops")
        it.script.tells(deleted={"chat": None, "message_ids": [id]})
        assert (await it.hears(Remove)).chat == ALONE
        it.script.tells(deleted={"chat": FRIENDS, "message_ids": [77]})
        assert (await it.hears(Remove, target="77")).chat == CHAT
        it.script.tells(deleted={"chat": None, "message_ids": [4]})
        assert (await it.hears(Remove, target="4")).chat == ALONE

    stay(story, notebook=Housed())


def test_after_the_login_the_last_words_are_shown_and_after_a_pause_all() -> None:
    script, notebook = Script(), Notebook()
    for text in ("old", "older than the login", "the last"):
        script.new(FRIENDS, {"from": BOB, "text": text})

    async def first(it: Stay) -> None:
        await it.notebook.message("the last")
        assert it.heard() == ["3"]

    async def later(it: Stay) -> None:
        await it.notebook.message("missed too")
        assert it.heard() == ["3", "4", "5"]

    stay(first, script, notebook)
    for text in ("missed", "missed too"):
        script.new(FRIENDS, {"from": BOB, "text": text})
    stay(later, script, notebook)


def test_what_was_missed_is_fetched_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_session, "PAGE", 3)
    script, notebook = Script(), Notebook()
    script.new(FRIENDS, {"from": BOB, "text": "known"})

    async def first(it: Stay) -> None:
        await it.notebook.message("known")

    async def later(it: Stay) -> None:
        await it.notebook.message("missed 9")
        assert it.heard() == [str(number) for number in range(1, 12)]

    stay(first, script, notebook)
    for number in range(10):
        script.new(FRIENDS, {"from": BOB, "text": f"missed {number}"})
    stay(later, script, notebook)


def test_the_past_is_handed_out_page_by_page() -> None:
    async def story(it: Stay) -> None:
        for turn in range(5):
            it.script.new(FRIENDS, {"from": BOB, "text": f"n{turn}"})
        it.script.new(FRIENDS, {"from": BOB, "new_chat_title": "Club"})

        page = await it.session.history(CHAT, None, 3)
        assert [one.id for one in page.messages] == ["4", "5"]
        assert page.before == "4"
        page = await it.session.history(CHAT, page.before, 3)
        assert [one.id for one in page.messages] == ["1", "2", "3"]
        assert (await it.session.history(CHAT, "1", 3)).messages == ()

    stay(story)


def test_what_is_asked_is_done() -> None:
    async def story(it: Stay) -> None:
        id = it.script.says("hello")
        session, target = it.session, str(id)
        await session.edit(target, Outgoing(CHAT, (Text("goodbye"),), "e"))
        await session.react(CHAT, target, "❤\ufe0f")
        await session.unreact(CHAT, target, "❤\ufe0f")
        await session.read(CHAT, target)
        await session.typing(CHAT, True)
        await session.redact(CHAT, target)
        await session.leave_chat(CHAT)
        chat_id = FRIENDS["id"]
        assert it.script.done == [
            ("edit", chat_id, id, "goodbye"),
            ("react", chat_id, id, "❤"),
            ("react", chat_id, id, None),
            ("read", chat_id, id),
            ("type", chat_id, True),
            ("delete", chat_id, id),
            ("leave", chat_id),
        ]
        assert await session.open_chat("@friends") == CHAT
        assert await session.chat(CHAT) == Chat("Friends", members={"502": "Bob"})
        assert await session.fetch("1/2", 100) == b"the file 1/2"
        with pytest.raises(Rejected, match="letters"):
            await session.edit(target, Outgoing(CHAT, (Text("x" * 5000),), "e"))

    stay(story)


def test_a_connection_that_ends_is_made_anew_and_a_logout_elsewhere_ends_the_login() -> None:
    async def act() -> None:
        script = Script()
        session = UserSession(LOGIN, lambda: script, Notebook())
        with pytest.raises(Transient, match="not connected"):
            await session.send(Outgoing(CHAT, (Text("x"),), "t"))
        script.hangs_up()
        with pytest.raises(Transient, match="has ended"):
            await session.run()
        await script.log_out()
        with pytest.raises(BadCredentials, match="Log in again"):
            await session.run()

    asyncio.run(act())


def test_without_the_operators_application_the_session_says_so() -> None:
    async def act() -> None:
        session = Telegram(TelegramSettings()).session(LOGIN, Notebook())
        with pytest.raises(Fatal, match=r"my\.telegram\.org"):
            await session.run()

    asyncio.run(act())
