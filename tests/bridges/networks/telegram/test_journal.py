"""After a crash or a lost connection no message is sent twice, as far as Telegram lets us know."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import web

from bridges.kit.failures import Transient
from bridges.kit.parts import Outgoing, Text
from bridges.networks.telegram.session import BotSession
from tests.bridges.networks.telegram.simulator.server import Simulator
from tests.bridges.networks.telegram.stay import Stay, stay


def loses_answers(it: Stay, *, does: bool) -> list[str]:
    """From now on calls to send get no answer; `does`: Telegram does them nevertheless."""
    lost: list[str] = []
    call = Simulator._call

    async def cut(self: Simulator, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if not method.startswith("send") or len(lost) >= 1:
            return await call(self, request)
        lost.append(method)
        if does:
            await call(self, request)
        assert request.transport is not None
        request.transport.close()
        raise web.HTTPServiceUnavailable

    router: Any = it.simulator
    assert router._runner is not None
    for resource in router._runner.app.router.resources():
        for route in resource:
            if route._handler == it.simulator._call:
                route._handler = cut.__get__(it.simulator)
    return lost


async def sends(it: Stay, session: BotSession, text: str, transaction: str = "t1") -> str:
    return (await session.send(Outgoing(it.chat, (Text(text),), transaction))).id


def texts(it: Stay) -> list[str]:
    return [str(one["text"]) for one in it.friends.messages.values() if "text" in one]


@pytest.mark.parametrize("after_a_crash", [False, True], ids=["lost connection", "crash"])
def test_what_telegram_has_is_found_and_not_sent_again(after_a_crash: bool) -> None:
    async def story(it: Stay) -> None:
        await it.says("before")
        loses_answers(it, does=True)
        with pytest.raises(Transient):
            await sends(it, it.session, "hello")
        it.bob.says(it.friends, "meanwhile")
        session = it.another() if after_a_crash else it.session
        assert await sends(it, session, "hello") == "2"
        assert session.recalled == 1
        assert await sends(it, session, "next", "t2") == "4"
        assert texts(it) == ["before", "hello", "meanwhile", "next"]

    stay(story)


def test_what_telegram_does_not_have_is_sent() -> None:
    async def story(it: Stay) -> None:
        await it.says("before")
        loses_answers(it, does=False)
        with pytest.raises(Transient):
            await sends(it, it.session, "hello")
        it.bob.says(it.friends, "meanwhile")
        session = it.another()
        await sends(it, session, "hello")
        assert session.recalled == 0
        assert texts(it) == ["before", "meanwhile", "hello"]

    stay(story)


def test_an_earlier_message_of_ours_is_not_mistaken_for_it() -> None:
    async def story(it: Stay) -> None:
        await it.says("first", transaction="a")
        again = it.another()
        await sends(it, again, "second", "b")
        loses_answers(it, does=False)
        with pytest.raises(Transient):
            await sends(it, again, "third", "c")
        last = it.another()
        await sends(it, last, "third", "c")
        assert texts(it) == ["first", "second", "third"]
        assert last.recalled == 0

    stay(story)


def test_what_was_noted_as_sent_is_not_even_looked_for() -> None:
    async def story(it: Stay) -> None:
        first = await sends(it, it.session, "hello")
        assert await sends(it, it.another(), "hello") == first
        assert texts(it) == ["hello"]
        assert it.bot.calls["editMessageReplyMarkup"] == []

    stay(story)


def test_of_a_text_in_pieces_only_what_is_missing_is_sent() -> None:
    async def story(it: Stay) -> None:
        await it.says("before")
        text = "a" * 4096 + "b" * 10
        sending = asyncio.create_task(sends(it, it.session, text))
        await it.world.until(lambda: len(it.bot.calls["sendMessage"]) == 2)
        it.bot.slowed["sendMessage"] = 1
        with suppress(Transient):
            await sending
        await sends(it, it.another(), text)
        assert [len(one) for one in texts(it)] == [6, 4096, 10]

    stay(story)


def test_in_a_channel_and_in_topics_nothing_is_looked_for() -> None:
    async def story(it: Stay) -> None:
        news = it.world.makes_group("News", "channel")
        news.members[it.bot.id] = "administrator"
        loses_answers(it, does=True)
        out = Outgoing(it.key(news), (Text("hello"),), "t1")
        with pytest.raises(Transient):
            await it.session.send(out)
        await it.session.send(out)
        assert len(news.messages) == 2
        assert it.bot.calls["editMessageReplyMarkup"] == []

    stay(story)
