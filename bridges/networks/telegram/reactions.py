"""Reactions both ways. A bot has one at a message; that of the last who reacted is shown."""

from collections import OrderedDict

from attrs import define, field

from bridges.kit.happenings import Happening, React, Sender, Unreact
from bridges.kit.json_values import JsonObject
from bridges.kit.parts import ChatKey
from bridges.networks.telegram.chats import number
from bridges.networks.telegram.names import place
from bridges.networks.telegram.wire import Refused, Wire

REMEMBERED = 2000
VARIANT = "\ufe0f"
WITH_VARIANT = frozenset("❤✍☃")
"""Telegram writes these without the sign that they are pictures, Matrix with it."""

PAID = "⭐"
UNKNOWN = "❔"


@define(eq=False)
class Reactions:
    _wire: Wire
    _ours: OrderedDict[tuple[ChatKey, str], list[str]] = field(factory=OrderedDict)
    _counted: OrderedDict[tuple[ChatKey, str], set[str]] = field(factory=OrderedDict)
    _custom: dict[str, str] = field(factory=dict)

    async def add(self, chat: ChatKey, target: str, emoji: str) -> None:
        stack = [*self._ours.get((chat, target), []), emoji]
        await self._set(chat, target, emoji)
        self._remember(chat, target, stack)

    async def remove(self, chat: ChatKey, target: str, emoji: str) -> None:
        stack = list(self._ours.get((chat, target), []))
        if emoji in stack:
            stack.remove(emoji)
        await self._set(chat, target, stack[-1] if stack else None)
        self._remember(chat, target, stack)

    async def _set(self, chat: ChatKey, target: str, emoji: str | None) -> None:
        given = [{"type": "emoji", "emoji": emoji.replace(VARIANT, "")}] if emoji else []
        parameters = {
            "chat_id": place(chat).chat_id,
            "message_id": number(target),
            "reaction": given,
        }
        await self._wire.call("setMessageReaction", parameters)

    def _remember(self, chat: ChatKey, target: str, stack: list[str]) -> None:
        self._ours.pop((chat, target), None)
        if stack:
            self._ours[chat, target] = stack
        while len(self._ours) > REMEMBERED:
            self._ours.popitem(last=False)

    async def changes(self, chat: ChatKey, who: Sender, content: JsonObject) -> list[Happening]:
        target = str(content["message_id"])
        old = [await self._shown(it) for it in content["old_reaction"]]
        new = [await self._shown(it) for it in content["new_reaction"]]
        gone: list[Happening] = [Unreact(chat, who, target, it) for it in old if it not in new]
        return [*gone, *(React(chat, who, target, it) for it in new if it not in old)]

    async def counted(self, chat: ChatKey, who: Sender, content: JsonObject) -> list[Happening]:
        """Where nobody is named, the chat itself reacts, once with each."""
        target = str(content["message_id"])
        now = {await self._shown(it["type"]) for it in content["reactions"] if it["total_count"]}
        before = self._counted.pop((chat, target), set())
        self._counted[chat, target] = now
        while len(self._counted) > REMEMBERED:
            self._counted.popitem(last=False)
        gone: list[Happening] = [Unreact(chat, who, target, it) for it in sorted(before - now)]
        return [*gone, *(React(chat, who, target, it) for it in sorted(now - before))]

    async def _shown(self, reaction: JsonObject) -> str:
        match reaction["type"]:
            case "emoji":
                emoji = str(reaction["emoji"])
                return emoji + VARIANT if emoji in WITH_VARIANT else emoji
            case "custom_emoji":
                return await self._fallback(str(reaction["custom_emoji_id"]))
            case "paid":
                return PAID
            case _:
                return UNKNOWN

    async def _fallback(self, id: str) -> str:
        """The emoji that stands for a custom one."""
        if id not in self._custom:
            try:
                found = await self._wire.call("getCustomEmojiStickers", {"custom_emoji_ids": [id]})
                self._custom[id] = str(found[0].get("emoji") or UNKNOWN)
            except (Refused, LookupError, TypeError, AttributeError):
                return UNKNOWN
        return self._custom[id]
