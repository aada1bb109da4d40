"""What happens on Telegram reaches the bridge."""

import asyncio
from typing import Any

import pytest
from attrs import define, field

from bridges.kit.chats import Levels, Picture
from bridges.kit.contract import Notebook
from bridges.kit.failures import Rejected
from bridges.kit.happenings import (
    ChatChange,
    ChatGone,
    Edit,
    Happening,
    MemberChange,
    Message,
    Notice,
    PollEnd,
    React,
    Remove,
    Sender,
    Unreact,
    Vote,
)
from bridges.kit.parts import ChatKey, Poll, Text, Unknown, plain
from bridges.kit.sources import kept_there
from tests.bridges.networks.telegram.simulator.people import Person
from tests.bridges.networks.telegram.simulator.places import membership
from tests.bridges.networks.telegram.stay import Stay, stay


def test_messages_arrive_with_who_said_them_and_what_they_answer() -> None:
    async def story(it: Stay) -> None:
        first = it.bob.says(it.friends, "hello")
        it.bob.answers(it.friends, first, "is anybody there")

        heard = await it.notebook.message("is anybody there")
        assert heard.chat == it.chat
        assert heard.sender == Sender(str(it.bob.id), "Bob")
        assert heard.reply_to == str(first)
        assert heard.sent_at_ms == it.friends.messages[int(heard.id)]["date"] * 1000

    stay(story)


def test_edits_and_reactions_arrive() -> None:
    async def story(it: Stay) -> None:
        id = it.bob.says(it.friends, "helo")
        it.bob.edits(it.friends, id, text="hello")
        edit: Edit = await it.hears(Edit, target=str(id))
        assert edit.parts == (Text("hello"),)

        it.bob.reacts(it.friends, id, [], ["❤"])
        it.bob.reacts(it.friends, id, ["❤"], ["👍", "🔥"])
        assert (await it.hears(React, target=str(id))).emoji == "❤\ufe0f"
        assert (await it.hears(Unreact, target=str(id))).emoji == "❤\ufe0f"
        await it.hears(React, emoji="👍")
        await it.hears(React, emoji="🔥")

    stay(story)


def test_a_custom_emoji_is_shown_as_the_one_it_stands_for() -> None:
    async def story(it: Stay) -> None:
        it.world.custom_emoji["77"] = "🐈"
        id = it.bob.says(it.friends, "cats")
        content = {
            "chat": it.friends.about(),
            "message_id": id,
            "user": it.bob.user,
            "date": 1,
            "old_reaction": [],
            "new_reaction": [
                {"type": "custom_emoji", "custom_emoji_id": "77"},
                {"type": "custom_emoji", "custom_emoji_id": "unknown"},
                {"type": "paid"},
            ],
        }
        it.world.tells("message_reaction", content, it.friends)
        for emoji in ("🐈", "❔", "⭐"):
            await it.hears(React, emoji=emoji)

    stay(story)


def test_where_reactions_are_only_counted_the_chat_itself_reacts() -> None:
    async def story(it: Stay) -> None:
        id = it.bob.says(it.friends, "news")

        def counts(*emoji: str) -> dict[str, Any]:
            counted = [{"type": {"type": "emoji", "emoji": one}, "total_count": 3} for one in emoji]
            about = {"chat": it.friends.about(), "message_id": id, "date": 1}
            return about | {"reactions": counted}

        it.world.tells("message_reaction_count", counts("👍"), it.friends)
        it.world.tells("message_reaction_count", counts("👎"), it.friends)
        assert (await it.hears(React, emoji="👍")).sender.name == "Friends"
        await it.hears(Unreact, emoji="👍")
        await it.hears(React, emoji="👎")

    stay(story)


def test_people_come_and_go_and_change_the_chat() -> None:
    async def story(it: Stay) -> None:
        ann = Person.arrives(it.world, "Ann")
        ann.joins(it.friends)
        came: MemberChange = await it.hears(MemberChange, present=True)
        assert (came.sender, came.by) == (Sender(str(ann.id), "Ann"), None)
        ann.leaves(it.friends)
        assert (await it.hears(MemberChange, present=False)).how == ""
        ann.joins(it.friends)
        it.bob.sends(it.friends, left_chat_member=ann.user)
        kicked: MemberChange = await it.hears(MemberChange, how="kicked")
        assert kicked.by == Sender(str(it.bob.id), "Bob")

        it.bob.renames(it.friends, "Best friends")
        await it.hears(ChatChange, name="Best friends")
        photo = it.world.keeps_file(b"photo") | {"width": 640, "height": 640}
        it.bob.sends(it.friends, new_chat_photo=[photo])
        await it.hears(ChatChange, picture=Picture(photo["file_unique_id"]))
        it.bob.sends(it.friends, delete_chat_photo=True)
        await it.hears(ChatChange, picture=Picture(""))
        id = it.bob.says(it.friends, "remember this")
        it.bob.sends(it.friends, pinned_message=it.friends.messages[id])
        await it.hears(ChatChange, pinned=(str(id),))
        timer = {"message_auto_delete_time": 86400}
        it.bob.sends(it.friends, message_auto_delete_timer_changed=timer)
        await it.hears(ChatChange, timer_ms=86_400_000)

    stay(story)


def test_those_who_join_a_large_group_are_told_by_membership() -> None:
    async def story(it: Stay) -> None:
        ann = Person.arrives(it.world, "Ann")

        def changes(was: str, status: str) -> None:
            content = {
                "chat": it.friends.about(),
                "from": it.bob.user,
                "date": 1,
                "old_chat_member": {"status": was, "user": ann.user},
                "new_chat_member": {"status": status, "user": ann.user},
            }
            it.world.tells("chat_member", content, it.friends)

        changes("left", "member")
        await it.hears(MemberChange, present=True)
        changes("member", "administrator")
        changes("administrator", "kicked")
        bob = Sender(str(it.bob.id), "Bob")
        assert (await it.hears(MemberChange, how="banned")).by == bob
        changes("kicked", "left")
        assert (await it.hears(MemberChange, how="unbanned")).by == bob
        changes("left", "member")
        changes("member", "left")
        assert (await it.hears(MemberChange, how="kicked")).by == bob
        told = [one for one in it.notebook.happenings if isinstance(one, MemberChange)]
        assert [one.present for one in told] == [True, False, False, True, False]

    stay(story)


def test_rights_that_people_give_each_other_are_told_as_levels() -> None:
    async def story(it: Stay) -> None:
        ann = Person.arrives(it.world, "Ann")
        for was, status, level in (
            ("member", "administrator", 50),
            ("administrator", "member", 0),
            ("member", "restricted", -1),
            ("restricted", "member", 0),
        ):
            it.friends.members[ann.id] = status
            content = membership(it.world, it.friends, it.bob.user, ann.id, was)
            it.world.tells("chat_member", content, it.friends)
            await it.hears(ChatChange, levels=Levels({str(ann.id): level}, change=50))
            it.notebook.happenings.clear()

    stay(story)


def test_a_group_that_becomes_a_supergroup_has_a_successor() -> None:
    async def story(it: Stay) -> None:
        club = it.world.makes_group("Club", "group")
        club.members |= {it.bob.id: "creator", it.bot.id: "member"}
        successor = it.bob.upgrades(club)

        gone: ChatGone = await it.hears(ChatGone)
        assert gone.chat == ChatKey(str(club.id), str(it.bot.id))
        assert gone.successor == ChatKey(str(successor.id))
        assert sum(isinstance(one, ChatGone) for one in it.notebook.happenings) == 1

        sent = await it.says("said to the old id", chat=gone.chat)
        assert it.there(sent, successor)["text"] == "said to the old id"

    stay(story)


def test_a_topic_is_a_chat_of_its_own_with_its_name() -> None:
    async def story(it: Stay) -> None:
        forum = it.world.makes_group("Forum", is_forum=True)
        forum.members |= {it.bob.id: "creator", it.bot.id: "administrator"}
        in_topic = {"message_thread_id": 9, "is_topic_message": True}
        created = {"name": "Cats", "icon_color": 0}
        beginning = it.bob.sends(forum, forum_topic_created=created, **in_topic)
        it.bob.answers(forum, beginning, "meow", **in_topic)
        it.bob.says(forum, "in general")

        meow = await it.notebook.message("meow")
        assert meow.chat == it.key(forum, "/9")
        assert meow.reply_to is None
        assert (await it.session.chat(meow.chat)).name == "Forum: Cats"
        assert (await it.notebook.message("in general")).chat == it.key(forum)
        it.bob.reacts(forum, int(meow.id), [], ["👍"])
        assert (await it.hears(React, emoji="👍")).chat == meow.chat

        sent = await it.says("purr", chat=meow.chat)
        assert it.there(sent, forum)["message_thread_id"] == 9
        it.bob.sends(forum, forum_topic_edited={"name": "Felines"}, **in_topic)
        await it.hears(ChatChange, name="Felines")
        assert (await it.another().chat(meow.chat)).name == "Forum: Felines"

    stay(story)


def test_an_album_arrives_piece_by_piece_in_order() -> None:
    async def story(it: Stay) -> None:
        for number in range(3):
            it.bob.shows(it.friends, b"%d" % number, media_group_id="album", caption=f"n{number}")
        texts = [f"[image: photo.jpg] n{number}" for number in range(3)]
        heard = [await it.notebook.message(text) for text in texts]
        places = [it.notebook.happenings.index(one) for one in heard]
        assert places == sorted(places)

    stay(story)


def test_a_file_is_fetched_when_it_is_needed() -> None:
    async def story(it: Stay) -> None:
        it.bob.shows(it.friends, b"a picture", caption="look")
        heard: Message = await it.hears(Message)
        (media,) = heard.parts
        assert media.content == kept_there("file-1", 9)  # type: ignore[union-attr]
        assert await it.session.fetch("file-1", 100) == b"a picture"

    stay(story)


def test_a_poll_of_theirs_arrives_and_its_end_too() -> None:
    async def story(it: Stay) -> None:
        id = it.bob.asks(it.friends, "Now?", ["yes", "no"])
        asked: Message = await it.hears(Message, id=str(id))
        assert asked.parts == (Poll("Now?", ("yes", "no")),)
        poll = it.friends.messages[id]["poll"]
        poll |= {"is_closed": True}
        poll["options"][1]["voter_count"] = 4
        it.world.tells_bot(it.bot, "poll", poll)
        end: PollEnd = await it.hears(PollEnd)
        assert (end.target, end.counts, end.sender.name) == (str(id), (0, 4), "Bob")

    stay(story)


def test_votes_in_a_poll_of_ours_arrive_also_after_a_restart() -> None:
    async def story(it: Stay) -> None:
        sent = await it.sends(Poll("Now?", ("yes", "no")))
        it.bob.votes(it.there(sent)["poll"]["id"], [1])
        assert (await it.hears(Vote, target=sent.id)).options == (1,)
        it.bob.votes(it.there(sent)["poll"]["id"], [])
        await it.hears(Vote, options=())

    stay(story)


def test_business_chats_are_chats_of_their_own_with_deletions() -> None:
    async def story(it: Stay) -> None:
        owner = Person.arrives(it.world, "Owner")
        connection = {
            "id": "c1",
            "user": owner.user,
            "user_chat_id": owner.id,
            "date": 1,
            "is_enabled": True,
        }
        it.world.tells_bot(it.bot, "business_connection", connection)
        await it.hears(Notice, text="Owner lends their chats to the bot.")
        chat = it.world.private_chat(it.bob.id)
        for who, text in ((it.bob, "good day"), (owner, "hello Bob")):
            message = it.world.new_message(
                chat, {"from": who.user, "text": text, "business_connection_id": "c1"}
            )
            it.world.tells_bot(it.bot, "business_message", message)
        key = it.key(chat, "@c1")
        assert (await it.notebook.message("good day")).sender.me is False
        heard = await it.notebook.message("hello Bob")
        assert (heard.chat, heard.sender.me) == (key, True)
        deleted = {"business_connection_id": "c1", "chat": chat.about()}
        it.world.tells_bot(
            it.bot, "deleted_business_messages", deleted | {"message_ids": [int(heard.id)]}
        )
        assert (await it.hears(Remove)).target == heard.id
        assert it.there(await it.says("yes?", chat=key), chat)["text"] == "yes?"
        assert it.bot.calls["sendMessage"][-1]["business_connection_id"] == "c1"

    stay(story)


def test_being_put_out_and_being_blocked_is_told() -> None:
    async def story(it: Stay) -> None:
        it.bob.expels(it.friends, it.bot)
        assert (await it.hears(ChatGone)).chat == it.chat
        it.bob.expels(it.world.private_chat(it.bob.id), it.bot)
        await it.hears(Notice, text="Bob has blocked the bot.")
        with pytest.raises(Rejected, match="blocked"):
            await it.says("hello?", chat=it.key(it.world.private_chat(it.bob.id)))

    stay(story)


def test_what_is_not_known_is_named_and_what_is_broken_stops_nothing() -> None:
    async def story(it: Stay) -> None:
        it.world.tells_bot(it.bot, "message", {"message_id": "?", "chat": {"id": "?"}})
        it.world.tells_bot(it.bot, "poll_answer", {"poll_id": "1"})
        it.world.tells_bot(it.bot, "moon_landing", {"chat": it.friends.about()})
        it.bob.sends(it.friends, rocket={"fuel": 1})
        it.bob.says(it.friends, "still here")

        await it.notebook.message("still here")
        named: Notice = await it.hears(Notice, chat=it.chat)
        assert "moon landing" in named.text
        assert (await it.hears(Message, parts=(Unknown("a rocket"),))).chat == it.chat

    stay(story)


@define(slots=False)
class FullDisk(Notebook):
    """Cannot write the first thing that it is told."""

    refused: list[Happening] = field(factory=list)

    async def receive(self, happening: Happening) -> None:
        if not self.refused:
            self.refused.append(happening)
            raise OSError("the disk is full")
        await super().receive(happening)


def test_what_is_not_safe_is_told_again() -> None:
    async def story(it: Stay) -> None:
        disk = FullDisk()
        it.bob.says(it.friends, "first")
        it.bob.says(it.friends, "second")
        with pytest.raises(OSError, match="full"):
            await it.another(disk).run()
        again = asyncio.create_task(it.another(disk).run())
        await disk.message("second")
        assert plain(disk.happenings[0].parts) == "first"  # type: ignore[union-attr]
        again.cancel()

    stay(story, runs=False)
