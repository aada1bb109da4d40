"""What Telegram reports, as happenings."""

import logging
from collections.abc import Awaitable, Callable

from attrs import define, field

from bridges.kit.happenings import (
    ChatChange,
    ChatGone,
    Edit,
    Happening,
    MemberChange,
    Message,
    Notice,
    PollEnd,
    Remove,
    Sender,
    Vote,
)
from bridges.kit.json_values import JsonObject
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey, Poll
from bridges.networks.telegram import service
from bridges.networks.telegram.line import Line
from bridges.networks.telegram.names import key, key_of, name_of, sender
from bridges.networks.telegram.reading import BROKEN, forwarded_from, parts, said
from bridges.networks.telegram.rights import GONE, is_there, of_one
from bridges.networks.telegram.service import Spoken

log = logging.getLogger(__name__)


@define(eq=False)
class Account:
    """The bot of a login. `owners`: who has lent their chats to it, by business connection."""

    login_id: str
    bot_id: int
    owners: dict[str, int] = field(factory=dict)


@define(eq=False)
class Hearing:
    _account: Account
    _bridge: Bridge
    _line: Line
    _max_bytes: int

    async def hear(self, update: JsonObject) -> None:
        """Returns when it is safe. What is not understood is named, if it belongs to a chat."""
        for kind, content in update.items():
            if kind == "update_id" or not isinstance(content, dict):
                continue
            try:
                for happening in await self._read(kind, content, str(update.get("update_id"))):
                    await self._bridge.receive(happening)
            except BROKEN:
                log.warning("An update of the kind %s is not understood", kind)
                await self._name(kind, content, str(update.get("update_id")))

    async def _read(self, kind: str, content: JsonObject, id: str) -> list[Happening]:
        readers: dict[str, Callable[[JsonObject, str], Awaitable[list[Happening]]]] = {
            "message": self._message,
            "channel_post": self._message,
            "business_message": self._message,
            "edited_message": self._edit,
            "edited_channel_post": self._edit,
            "edited_business_message": self._edit,
            "deleted_business_messages": self._removed,
            "business_connection": self._connection,
            "message_reaction": self._reaction,
            "message_reaction_count": self._reaction_count,
            "poll": self._poll,
            "poll_answer": self._answer,
            "my_chat_member": self._own_membership,
            "chat_member": self._membership,
            "chat_join_request": self._join_request,
        }
        if kind in readers:
            return await readers[kind](content, id)
        await self._name(kind, content, id)
        return []

    async def _name(self, kind: str, content: JsonObject, id: str) -> None:
        chat = content.get("chat") or (content.get("message") or {}).get("chat")
        if isinstance(chat, dict) and isinstance(chat.get("id"), int):
            words = f"Telegram reports something that this bridge does not know: {said(kind)}."
            where = key(chat["id"], self._account.login_id)
            await self._bridge.receive(Notice(where, f"update {id}", words))

    async def _message(self, message: JsonObject, _: str) -> list[Happening]:
        self._line.chats.meet(message["chat"])
        where, who = key_of(message, self._account.login_id), self._sender(message)
        id = str(message["message_id"])
        if who.id == str(self._account.bot_id) or self._is_our_own(message):
            return []
        self._line.journal.heard(message["chat"]["id"], message["message_id"])
        await self._learn_topic(message)
        self._line.chats.place_in_topic(where, id)
        spoken = Spoken(message, where, who, self._account.login_id, self._account.bot_id)
        if (happened := service.happenings(spoken)) is not None:
            return list(happened)
        made = parts(message, self._max_bytes)
        if isinstance(made[0], Poll):
            await self._line.polls.heard(str(message["poll"]["id"]), where, id, who)
        return [
            Message(
                *(where, who, id, made, self._answered(message)),
                sent_at_ms=message["date"] * 1000,
                forwarded_from=forwarded_from(message),
            )
        ]

    def _sender(self, message: JsonObject) -> Sender:
        owner = self._account.owners.get(str(message.get("business_connection_id")))
        return sender(message, owner)

    def _is_our_own(self, message: JsonObject) -> bool:
        """What we have said in somebody's name in a business chat comes back."""
        bot = message.get("sender_business_bot")
        return isinstance(bot, dict) and bot.get("id") == self._account.bot_id

    def _answered(self, message: JsonObject) -> str | None:
        """In a topic, what answers nothing answers the message that began it."""
        answered = message.get("reply_to_message")
        if not isinstance(answered, dict) or "forum_topic_created" in answered:
            return None
        return str(answered["message_id"])

    async def _learn_topic(self, message: JsonObject) -> None:
        topic, beginning = message.get("message_thread_id"), message.get("reply_to_message") or {}
        for member in ("forum_topic_created", "forum_topic_edited"):
            about = message.get(member) or beginning.get(member)
            if isinstance(about, dict) and about.get("name") and isinstance(topic, int):
                name = str(about["name"])
                await self._line.chats.learn_topic(message["chat"]["id"], topic, name)

    async def _edit(self, message: JsonObject, id: str) -> list[Happening]:
        where, who = key_of(message, self._account.login_id), self._sender(message)
        if who.id == str(self._account.bot_id) or self._is_our_own(message):
            return []
        target = str(message["message_id"])
        return [Edit(where, who, f"update {id}", target, parts(message, self._max_bytes))]

    async def _removed(self, content: JsonObject, _: str) -> list[Happening]:
        """Telegram tells bots of it only in business chats."""
        where, who = key_of(content, self._account.login_id), sender({"chat": content["chat"]})
        return [Remove(where, who, str(one)) for one in content["message_ids"]]

    async def _connection(self, content: JsonObject, id: str) -> list[Happening]:
        self._account.owners[str(content["id"])] = content["user"]["id"]
        state = "lends" if content.get("is_enabled") else "no longer lends"
        words = f"{name_of(content['user'])} {state} their chats to the bot."
        where = key(content["user_chat_id"], self._account.login_id)
        return [Notice(where, f"update {id}", words)]

    async def _reaction(self, content: JsonObject, _: str) -> list[Happening]:
        who = content.get("user") or content["actor_chat"]
        where = self._reacted_in(content)
        if where is None or who["id"] == self._account.bot_id:
            return []
        person = Sender(str(who["id"]), name_of(who))
        return await self._line.reactions.changes(where, person, content)

    async def _reaction_count(self, content: JsonObject, _: str) -> list[Happening]:
        where, chat = self._reacted_in(content), content["chat"]
        if where is None:
            return []
        return await self._line.reactions.counted(
            where, Sender(str(chat["id"]), name_of(chat)), content
        )

    def _reacted_in(self, content: JsonObject) -> ChatKey | None:
        """Reactions do not say in which topic; None if we do not remember it."""
        where = key_of(content, self._account.login_id)
        topic = self._line.chats.topic_of(where, str(content["message_id"]))
        return topic or (None if content["chat"].get("is_forum") else where)

    async def _poll(self, content: JsonObject, id: str) -> list[Happening]:
        poll = await self._line.polls.find(str(content["id"])) if content.get("is_closed") else None
        if poll is None or poll.sender is None:
            return []
        counts = tuple(int(one["voter_count"]) for one in content["options"])
        return [PollEnd(poll.chat, poll.sender, poll.message_id, counts)]

    async def _answer(self, content: JsonObject, _: str) -> list[Happening]:
        poll = await self._line.polls.find(str(content["poll_id"]))
        if poll is None:
            return []
        who = content.get("user") or content["voter_chat"]
        person = Sender(str(who["id"]), name_of(who))
        return [Vote(poll.chat, person, poll.message_id, tuple(map(int, content["option_ids"])))]

    async def _own_membership(self, content: JsonObject, id: str) -> list[Happening]:
        """We were put out, or blocked; that we came is told by a message."""
        self._line.chats.meet(content["chat"])
        where = key_of(content, self._account.login_id)
        status = content["new_chat_member"]["status"]
        if content["chat"].get("type") == "private":
            did = "has blocked the bot" if status in GONE else "has let the bot write again"
            return [Notice(where, f"update {id}", f"{name_of(content['from'])} {did}.")]
        if status in GONE:
            return [ChatGone(where, f"update {id}", "The bot was put out of the chat.")]
        return []

    async def _membership(self, content: JsonObject, id: str) -> list[Happening]:
        """What the bot did itself is known."""
        where, new = key_of(content, self._account.login_id), content["new_chat_member"]
        who = Sender(str(new["user"]["id"]), name_of(new["user"]))
        by = Sender(str(content["from"]["id"]), name_of(content["from"]))
        if str(self._account.bot_id) in (who.id, by.id):
            return []
        before, now = is_there(content["old_chat_member"]), is_there(new)
        if before and now:
            return await self._other_rights(where, by, f"update {id}", new)
        how = "" if now else how_gone(content, who.id != by.id)
        if not before and not now and how not in ("banned", "unbanned"):
            return []
        return [membership(where, who, f"update {id}", now, how, by)]

    async def _other_rights(
        self, where: ChatKey, by: Sender, id: str, member: JsonObject
    ) -> list[Happening]:
        levels = (await self._line.chats.chat(where)).levels
        if levels is None:
            return []
        return [ChatChange(where, by, id, levels=of_one(levels, str(member["user"]["id"]), member))]

    async def _join_request(self, content: JsonObject, id: str) -> list[Happening]:
        where = key_of(content, self._account.login_id)
        return [Notice(where, f"update {id}", f"{name_of(content['from'])} asks to be let in.")]


def how_gone(content: JsonObject, by_another: bool) -> str:
    was, status = (content[f"{age}_chat_member"]["status"] for age in ("old", "new"))
    if status == "kicked":
        return "banned"
    return "unbanned" if was == "kicked" else "kicked" if by_another else ""


def membership(
    where: ChatKey, who: Sender, id: str, is_present: bool, how: str, by: Sender
) -> MemberChange:
    return MemberChange(where, who, id, is_present, how=how, by=None if by.id == who.id else by)
