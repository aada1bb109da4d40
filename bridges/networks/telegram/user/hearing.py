"""What an account is told, as happenings; also what its person says on other devices."""

import asyncio
import logging
from collections import OrderedDict

from attrs import define, field

from bridges.kit.happenings import (
    Edit,
    Happening,
    Message,
    React,
    Read,
    Remove,
    Sender,
    Story,
    Typing,
    Unreact,
)
from bridges.kit.json_values import JsonObject
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey
from bridges.kit.stories import stories_of
from bridges.networks.telegram import service
from bridges.networks.telegram.names import key, key_of, name_of, sender
from bridges.networks.telegram.reading import BROKEN, forwarded_from, parts
from bridges.networks.telegram.service import Spoken

log = logging.getLogger(__name__)

REMEMBERED = 10_000
MAX_FILE = 100_000_000
UNDER_WAY = "?"
"""In the place of the numbers of what we said last."""
ASKED_AGAIN, RESTS_S = 50, 0.2


@define(eq=False)
class UserHearing:
    _login_id: str
    _bridge: Bridge
    _shows_stories: bool = True
    sending: dict[str, asyncio.Lock] = field(factory=dict)
    """By chat: held while we send, so that our own words are known before they come back."""
    sent: set[tuple[str, str]] = field(factory=set)
    _places: OrderedDict[int, ChatKey] = field(factory=OrderedDict)
    """Of messages whose numbers are the account's own."""

    async def hear(self, news: JsonObject) -> None:
        for kind, content in news.items():
            if not isinstance(content, dict):
                continue
            try:
                for happening in await self._read(kind, content):
                    await self._bridge.receive(happening)
                if kind == "message":
                    await self._note(content)
            except BROKEN:
                log.warning("News of the kind %s are not understood", kind)

    async def _read(self, kind: str, content: JsonObject) -> list[Happening]:
        if kind == "message":
            return await self._message(content)
        if kind == "deleted":
            return await self._deleted(content)
        readers = {
            "edited_message": self._edit,
            "message_reaction": self._reactions,
            "read": self._was_read,
            "typing": self._types,
            "story": self._story,
            "story_gone": self._story_gone,
        }
        return readers[kind](content) if kind in readers else []

    async def _message(self, message: JsonObject) -> list[Happening]:
        where, id = key_of(message, self._login_id), str(message["message_id"])
        who = self._sender(message)
        if who.me and await self.is_ours(where, id):
            return []
        if (happened := service.happenings(self._spoken(message, where, who))) is not None:
            return list(happened)
        return [self.as_message(message)]

    async def is_ours(self, where: ChatKey, id: str) -> bool:
        """Whether we have said it, and not another device. Of what was under way when the bridge
        was killed, the next try tells.
        """
        async with self.turn(where):
            if (where.id, id) in self.sent:
                return True
        for _ in range(ASKED_AGAIN):
            if (last := await self._bridge.kept(f"sending {where.id}")) != UNDER_WAY:
                break
            await asyncio.sleep(RESTS_S)
        return id in (last or "").split()

    def turn(self, chat: ChatKey) -> asyncio.Lock:
        return self.sending.setdefault(chat.id, asyncio.Lock())

    def remember_sent(self, chat: ChatKey, id: str) -> None:
        if len(self.sent) > REMEMBERED:
            self.sent.clear()
        self.sent.add((chat.id, id))

    def as_message(self, message: JsonObject) -> Message:
        answered = message.get("reply_to_message")
        return Message(
            key_of(message, self._login_id),
            self._sender(message),
            str(message["message_id"]),
            parts(message, MAX_FILE),
            str(answered["message_id"]) if isinstance(answered, dict) else None,
            sent_at_ms=message["date"] * 1000,
            forwarded_from=forwarded_from(message),
        )

    def is_service(self, message: JsonObject) -> bool:
        return any(member in message for member in service.READERS)

    def _spoken(self, message: JsonObject, where: ChatKey, who: Sender) -> Spoken:
        # No id is 0: what happens to the account itself is told like what happens to others.
        return Spoken(message, where, who, self._login_id, 0)

    def _sender(self, message: JsonObject) -> Sender:
        return sender(message, int(self._login_id))

    async def _note(self, message: JsonObject) -> None:
        """It is safe: for gaps after a restart, and for deletions that name no chat."""
        where, number = key_of(message, self._login_id), int(message["message_id"])
        if where.receiver:
            self._places[number] = where
            if len(self._places) > REMEMBERED:
                self._places.popitem(last=False)
        await self._bridge.keep(f"newest {where.id}", str(number))

    def _edit(self, message: JsonObject) -> list[Happening]:
        where, target = key_of(message, self._login_id), str(message["message_id"])
        changed = f"{target}+{message.get('edit_date', 0)}"
        made = parts(message, MAX_FILE)
        return [Edit(where, self._sender(message), changed, target, made)]

    def _reactions(self, content: JsonObject) -> list[Happening]:
        where, target = key_of(content, self._login_id), str(content["message_id"])
        who = Sender(str(content["user"]["id"]), name_of(content["user"]))
        old, new = (
            [str(it["emoji"]) for it in content[f"{age}_reaction"]] for age in ("old", "new")
        )
        gone: list[Happening] = [Unreact(where, who, target, it) for it in old if it not in new]
        return [*gone, *(React(where, who, target, it) for it in new if it not in old)]

    async def _deleted(self, content: JsonObject) -> list[Happening]:
        ids = [int(one) for one in content["message_ids"]]
        if isinstance(content.get("chat"), dict):
            where = key_of(content, self._login_id)
            return [self._gone(where, id) for id in ids]
        gone: list[Happening] = []
        for id in ids:
            known = self._places.get(id)
            chats = [known] if known else [it for it in await self._bridge.chats() if it.receiver]
            gone += [self._gone(where, id) for where in chats]
        return gone

    def _gone(self, where: ChatKey, id: int) -> Remove:
        return Remove(where, Sender(where.id.partition("/")[0]), str(id))

    def _was_read(self, content: JsonObject) -> list[Happening]:
        by = content.get("by")
        who = Sender(str(by["id"]), name_of(by)) if by else Sender(self._login_id, me=True)
        return [Read(key_of(content, self._login_id), who, str(content["upto"]))]

    def _story(self, content: JsonObject) -> list[Happening]:
        """What the account shows itself is no news to its person."""
        where, who = stories_of(self._login_id), self._sender(content)
        if who.me or not self._shows_stories:
            return []
        id, expires_at_ms = f"{who.id}/{content['message_id']}", content["expire_date"] * 1000
        made, shown_at_ms = parts(content, MAX_FILE), content["date"] * 1000
        return [Story(where, who, id, made, expires_at_ms, shown_at_ms)]

    def _story_gone(self, content: JsonObject) -> list[Happening]:
        who = Sender(str(content["chat"]["id"]))
        id = f"{who.id}/{content['message_id']}"
        return [Remove(stories_of(self._login_id), who, id)] if self._shows_stories else []

    def _types(self, content: JsonObject) -> list[Happening]:
        who = Sender(str(content["user"]["id"]), name_of(content["user"]))
        return [Typing(key_of(content, self._login_id), who, int(content["seconds"]))]


def chat_key(chat: JsonObject, login_id: str) -> ChatKey:
    return key(int(chat["id"]), login_id)
