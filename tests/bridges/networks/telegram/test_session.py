"""What may be asked of a bot."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from bridges.kit.abilities import claimed
from bridges.kit.chats import Levels
from bridges.kit.contract import Answers, Here
from bridges.kit.failures import BadCredentials, Rejected, Transient
from bridges.kit.happenings import ChatChange
from bridges.kit.parts import Media, Outgoing, Poll, Span, Text
from bridges.networks.telegram import create
from bridges.networks.telegram.names import place
from bridges.networks.telegram.session import BotSession
from bridges.webhooks import Webhooks
from tests.bridges.networks.telegram.simulator.people import Person
from tests.bridges.networks.telegram.stay import Stay, stay
from tests.clients.started_server import free_port


def test_its_abilities_are_those_that_it_defines() -> None:
    assert claimed(BotSession) == [
        "edits",
        "redactions",
        "reactions",
        "ending polls",
        "typing",
        "receipts",
        "files fetched when needed",
        "topic",
        "name",
        "picture",
        "pins",
        "kicking",
        "banning",
        "levels",
        "opening chats",
    ]


def test_texts_go_with_their_looks_and_answers() -> None:
    async def story(it: Stay) -> None:
        id = it.bob.says(it.friends, "hello")
        mention = Span(0, 3, "user", str(it.bob.id))
        sent = await it.sends(Text("Bob: yes", (mention, Span(5, 3, "bold"))), reply_to=str(id))
        there = it.there(sent)
        assert there["reply_to_message"]["text"] == "hello"
        assert [one["type"] for one in there["entities"]] == ["text_mention", "bold"]
        assert there["entities"][0]["user"] == it.bob.user

        gone = await it.sends(Text("to nobody"), reply_to="999")
        assert "reply_to_message" not in it.there(gone)

    stay(story)


def test_a_long_text_has_an_id_for_each_piece() -> None:
    async def story(it: Stay) -> None:
        sent = await it.says("word " * 1500)
        ids = [sent.id, *sent.more]
        assert len(ids) == 2
        assert "".join(it.friends.messages[int(one)]["text"] for one in ids) == "word " * 1500

    stay(story)


def test_texts_and_captions_are_changed_and_the_same_again_is_well() -> None:
    async def story(it: Stay) -> None:
        sent = await it.says("helo")
        for _ in range(2):
            await it.session.edit(sent.id, Outgoing(it.chat, (Text("hello"),), "e1"))
        assert it.there(sent)["text"] == "hello"

        picture = await it.sends(Media("image", "cat.png", "image/png", b"cat", Text("a cta")))
        await it.session.edit(picture.id, Outgoing(it.chat, (Text("a cat"),), "e2"))
        assert it.there(picture)["caption"] == "a cat"
        with pytest.raises(Rejected, match="4096"):
            await it.session.edit(sent.id, Outgoing(it.chat, (Text("x" * 5000),), "e3"))

    stay(story)


def test_of_several_reactions_the_last_is_shown() -> None:
    async def story(it: Stay) -> None:
        id = it.bob.says(it.friends, "hello")
        shown = it.friends.messages[id]
        await it.session.react(it.chat, str(id), "❤\ufe0f")
        await it.session.react(it.chat, str(id), "👍")
        assert shown["reactions_of_bots"] == ["👍"]
        await it.session.unreact(it.chat, str(id), "👍")
        assert shown["reactions_of_bots"] == ["❤"]
        await it.session.unreact(it.chat, str(id), "❤\ufe0f")
        assert shown["reactions_of_bots"] == []
        with pytest.raises(Rejected, match="does not allow that reaction"):
            await it.session.react(it.chat, str(id), "🦖")

    stay(story)


def test_messages_are_taken_back_pinned_and_polls_ended() -> None:
    async def story(it: Stay) -> None:
        sent = await it.says("wrong room")
        await it.session.redact(it.chat, sent.id)
        assert int(sent.id) in it.friends.deleted

        poll = await it.sends(Poll("Now?", ("yes", "no")))
        await it.session.pin(it.chat, poll.id, True)
        assert it.friends.pinned == [int(poll.id)]
        assert (await it.session.chat(it.chat)).pinned == (poll.id,)
        await it.session.pin(it.chat, poll.id, False)
        assert it.friends.pinned == []
        await it.session.end_poll(it.chat, poll.id)
        assert it.there(poll)["poll"]["is_closed"]
        with pytest.raises(Rejected, match="over already"):
            await it.session.end_poll(it.chat, poll.id)

    stay(story)


def test_a_chat_presents_itself_and_is_changed() -> None:
    async def story(it: Stay) -> None:
        await it.session.set_name(it.chat, "Best friends")
        await it.session.set_name(it.chat, "Best friends")
        await it.session.set_topic(it.chat, "about cats")
        shown = await it.session.chat(it.chat)
        assert (shown.name, shown.topic, shown.kind) == ("Best friends", "about cats", "group")
        assert shown.members == {str(it.bob.id): "Bob"}
        assert shown.levels == Levels({str(it.bob.id): 100, str(it.bot.id): 50})

        private = it.world.private_chat(it.bob.id)
        alone = await it.session.chat(it.key(private))
        assert (alone.name, alone.is_direct, alone.members) == (
            "Bob",
            True,
            {str(it.bob.id): "Bob"},
        )

    stay(story)


def test_people_are_kicked_and_banned() -> None:
    async def story(it: Stay) -> None:
        ann = Person.arrives(it.world, "Ann")
        it.friends.members[ann.id] = "member"
        await it.session.kick(it.chat, str(ann.id), "enough")
        assert it.friends.members[ann.id] == "left"
        await it.session.ban(it.chat, str(ann.id), "really")
        assert it.friends.members[ann.id] == "kicked"
        await it.session.unban(it.chat, str(ann.id))
        assert it.friends.members[ann.id] == "left"

    stay(story)


def test_levels_become_rights_and_rights_are_taken_again() -> None:
    async def story(it: Stay) -> None:
        ann = Person.arrives(it.world, "Ann")
        it.friends.members[ann.id] = "member"
        await it.session.set_levels(it.chat, {str(ann.id): 50})
        assert it.friends.members[ann.id] == "administrator"
        given = it.bot.calls["promoteChatMember"][-1]
        assert given["can_restrict_members"] is True and given["can_post_messages"] is False
        assert "can_promote_members" not in given
        await it.session.set_levels(it.chat, {str(ann.id): -1})
        assert it.friends.members[ann.id] == "restricted"
        await it.session.set_levels(it.chat, {str(ann.id): 0})
        assert it.friends.members[ann.id] == "member"
        calls = len(it.bot.calls["promoteChatMember"]), len(it.bot.calls["restrictChatMember"])
        assert calls == (2, 2)
        await it.session.set_levels(it.chat, {str(ann.id): 0})
        assert len(it.bot.calls["promoteChatMember"]) == 2
        ann.says(it.friends, "hello")
        await it.notebook.message("hello")
        assert not any(isinstance(one, ChatChange) for one in it.notebook.happenings)

    stay(story)


def test_where_the_bot_may_give_no_rights_it_is_said_why() -> None:
    async def story(it: Stay) -> None:
        bob = str(it.bob.id)
        with pytest.raises(Rejected, match="owner of a chat"):
            await it.session.set_levels(it.chat, {bob: 50})
        it.friends.members[it.bot.id] = "member"
        with pytest.raises(Rejected, match="make it an administrator"):
            await it.session.set_levels(it.chat, {bob: 50})
        small = it.world.makes_group("Small", "group")
        small.members |= {it.bob.id: "creator", it.bot.id: "administrator"}
        with pytest.raises(Rejected, match="supergroups and channels only"):
            await it.session.set_levels(it.key(small), {bob: 50})

    stay(story)


def test_what_was_read_is_told_in_chats_that_are_lent() -> None:
    async def story(it: Stay) -> None:
        chat = it.world.private_chat(it.bob.id)
        await it.session.read(it.chat, "5")
        assert "readBusinessMessage" not in it.bot.calls
        await it.session.read(it.key(chat, "@c1"), "7")
        asked = {"chat_id": it.bob.id, "business_connection_id": "c1", "message_id": 7}
        assert it.bot.calls["readBusinessMessage"] == [asked]

    stay(story)


def test_a_chat_is_opened_by_its_name_and_left() -> None:
    async def story(it: Stay) -> None:
        assert await it.session.open_chat("@friends") == it.chat
        with pytest.raises(Rejected, match="knows no such chat"):
            await it.session.open_chat("@nowhere")
        await it.session.leave_chat(it.chat)
        assert it.friends.members[it.bot.id] == "left"
        with pytest.raises(Rejected, match="not in this chat"):
            await it.says("anybody?")

    stay(story)


def test_in_groups_it_goes_as_slowly_as_telegram_wants() -> None:
    async def story(it: Stay) -> None:
        can = it.session.capabilities_in(it.chat)
        pace = (can.messages_per_s_in_chat or 0) * 60 + can.burst_in_chat
        assert (pace, can.burst_in_chat, can.messages_per_s) == (20, 10, 30)
        alone = it.session.capabilities_in(it.key(it.world.private_chat(it.bob.id)))
        assert alone.messages_per_s_in_chat == 1

    async def untold(it: Stay) -> None:
        assert it.session.capabilities_in(it.chat).messages_per_s_in_chat is None

    stay(story)
    stay(untold, group_messages_per_minute=0)


def test_typing_shows_and_ends_by_itself() -> None:
    async def story(it: Stay) -> None:
        await it.session.typing(it.chat, True)
        await it.session.typing(it.chat, False)
        assert [one["action"] for one in it.bot.calls["sendChatAction"]] == ["typing"]

    stay(story)


def test_a_flood_is_waited_out() -> None:
    async def story(it: Stay) -> None:
        it.bot.slowed["sendMessage"] = 7
        with pytest.raises(Transient) as failure:
            await it.says("too fast", transaction="t1")
        assert failure.value.after_s == 7
        await it.says("too fast", transaction="t1")
        assert len(it.friends.messages) == 1
        assert it.session.recalled == 0

    stay(story)


def test_a_token_that_is_revoked_ends_the_session() -> None:
    async def story(it: Stay) -> None:
        it.bot.is_revoked = True
        with pytest.raises(BadCredentials, match="@BotFather"):
            await it.another().run()
        with pytest.raises(BadCredentials):
            await it.says("hello")

    stay(story)


def test_logging_in_asks_for_the_token_and_warns_of_privacy() -> None:
    async def story(it: Stay) -> None:
        flow = it.network.flows[0]
        it.bot.reads_all = False
        answers = Answers({"token": f" {it.bot.token}\n"})
        login = await it.network.login(flow, answers)
        assert (login.id, login.name) == (str(it.bot.id), "Bridge")
        assert it.bot.token not in repr(login)
        assert any("/setprivacy" in note for note in answers.notes)
        with pytest.raises(Rejected, match="looks like"):
            await it.network.login(flow, Answers({"token": "hello"}))
        with pytest.raises(Rejected, match="no bot with that token"):
            await it.network.login(flow, Answers({"token": f"1234:{'x' * 30}"}))

    stay(story)


def test_news_also_come_by_webhook_and_nobody_else_may_bring_them() -> None:
    async def story(it: Stay) -> None:
        network = create({"api": it.simulator.address, "webhook": True})
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        served, webhooks = web.Application(), Webhooks(address, network)
        webhooks.serve(served)
        runner = web.AppRunner(served, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await network.start(Here(f"{address}/webhook/telegram"))
        login = await network.login(network.flows[0], Answers({"token": it.bot.token}))
        running = asyncio.create_task(network.session(login, it.notebook).run())
        await it.world.until(lambda: it.bot.webhook)

        it.bob.says(it.friends, "by webhook")
        await it.notebook.message("by webhook")
        assert it.bot.webhook["url"] == f"{address}/webhook/telegram/{it.bot.id}"
        async with aiohttp.ClientSession() as http:
            for secret, status in (("", 403), ("guessed", 403), (it.bot.webhook["secret"], 400)):
                headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
                url = it.bot.webhook["url"]
                async with http.post(url, data="{}", headers=headers) as answer:
                    assert answer.status == status
        running.cancel()
        await network.stop()
        await runner.cleanup()

    stay(story)


def test_places_are_written_and_read_alike() -> None:
    async def story(it: Stay) -> None:
        where = place(it.key(it.friends, "/7@c1"))
        assert (where.chat_id, where.topic, where.business) == (it.friends.id, 7, "c1")

    stay(story)
