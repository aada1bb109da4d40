"""Bots, people, chats, and what each bot has not yet been told."""

import asyncio
from collections import defaultdict
from itertools import count
from typing import Any

from attrs import define, field

JsonObject = dict[str, Any]

FIRST_DATE = 1_790_000_000
SUPERGROUPS = -1_000_000_000_000
AT_ONCE = 100
UNASKED = frozenset(("message_reaction", "message_reaction_count", "chat_member"))
"""Only told to bots that name them."""


@define(eq=False)
class Bot:
    """`reads_all`: its privacy mode is off. `calls`: what it has asked, by method."""

    token: str
    user: JsonObject
    reads_all: bool = True
    is_revoked: bool = False
    updates: list[JsonObject] = field(factory=list)
    wanted: list[str] = field(factory=list)
    webhook: JsonObject = field(factory=dict)
    news: asyncio.Event = field(factory=asyncio.Event)
    poller: object = None
    calls: dict[str, list[JsonObject]] = field(factory=lambda: defaultdict(list))
    slowed: dict[str, int] = field(factory=dict)
    """Methods that are answered with 429 next, and for how many seconds."""

    @property
    def id(self) -> int:
        return int(self.user["id"])


@define(eq=False)
class Chat:
    id: int
    type: str
    title: str = ""
    description: str = ""
    is_forum: bool = False
    members: dict[int, str] = field(factory=dict)
    messages: dict[int, JsonObject] = field(factory=dict)
    deleted: set[int] = field(factory=set)
    pinned: list[int] = field(factory=list)
    moved_to: int | None = None
    numbers: Any = field(factory=lambda: count(1))

    def about(self) -> JsonObject:
        """As it stands in messages."""
        named = {"title": self.title} if self.type != "private" else {"first_name": self.title}
        return (
            {"id": self.id, "type": self.type}
            | named
            | ({"is_forum": True} if self.is_forum else {})
        )


@define(eq=False)
class World:
    bots: dict[str, Bot] = field(factory=dict)
    users: dict[int, JsonObject] = field(factory=dict)
    chats: dict[int, Chat] = field(factory=dict)
    files: dict[str, bytes] = field(factory=dict)
    polls: dict[str, JsonObject] = field(factory=dict)
    asked_by: dict[str, int] = field(factory=dict)
    """Who asks a poll."""
    custom_emoji: dict[str, str] = field(factory=dict)
    news: asyncio.Event = field(factory=asyncio.Event)
    _ids: Any = field(factory=lambda: count(1001))
    _update_ids: Any = field(factory=lambda: count(50_001))
    _small_numbers: Any = field(factory=lambda: count(1))
    _seconds: Any = field(factory=lambda: count(FIRST_DATE))

    def makes_bot(self, name: str = "Bridge", reads_all: bool = True) -> Bot:
        user = self.makes_user(name, is_bot=True)
        user["username"] = f"{name.lower()}_bot"
        token = f"{user['id']}:{'A' * 30}-{user['id']}"
        self.bots[token] = Bot(token, user, reads_all)
        return self.bots[token]

    def makes_user(self, name: str, is_bot: bool = False) -> JsonObject:
        id = next(self._ids)
        self.users[id] = {"id": id, "is_bot": is_bot, "first_name": name}
        return self.users[id]

    def makes_group(self, title: str, type: str = "supergroup", **more: Any) -> Chat:
        id = -next(self._ids)
        chat = Chat(SUPERGROUPS + id if type != "group" else id, type, title, **more)
        self.chats[chat.id] = chat
        return chat

    def private_chat(self, user_id: int) -> Chat:
        if user_id not in self.chats:
            name = str(self.users[user_id]["first_name"])
            self.chats[user_id] = Chat(user_id, "private", name, members={user_id: "member"})
        return self.chats[user_id]

    def now(self) -> int:
        return int(next(self._seconds))

    def next_number(self, chat: Chat) -> int:
        """Only supergroups and channels count on their own."""
        has_own = chat.type in ("supergroup", "channel")
        return int(next(chat.numbers if has_own else self._small_numbers))

    def new_message(self, chat: Chat, content: JsonObject) -> JsonObject:
        id = self.next_number(chat)
        message = {"message_id": id, "date": self.now(), "chat": chat.about()} | content
        chat.messages[id] = message
        self.news.set()
        return message

    def keeps_file(self, data: bytes) -> JsonObject:
        id = f"file-{len(self.files)}"
        self.files[id] = data
        return {"file_id": id, "file_unique_id": f"unique-{id}", "file_size": len(data)}

    def tells(self, kind: str, content: JsonObject, chat: Chat) -> None:
        """To the bots that are there and may know."""
        for bot in self.bots.values():
            if may_know(bot, kind, content, chat):
                self.tells_bot(bot, kind, content)

    def tells_bot(self, bot: Bot, kind: str, content: JsonObject) -> None:
        if kind in UNASKED and kind not in bot.wanted:
            return
        bot.updates.append({"update_id": next(self._update_ids), kind: content})
        bot.news.set()

    async def until(self, wanted: Any) -> Any:
        """What the function returns, once it is something."""
        while not (found := wanted()):
            self.news.clear()
            await self.news.wait()
        return found


def may_know(bot: Bot, kind: str, content: JsonObject, chat: Chat) -> bool:
    if chat.members.get(bot.id) in (None, "left", "kicked") and chat.type != "private":
        return False
    if (content.get("from") or {}).get("id") == bot.id:
        return False
    is_admin = chat.members.get(bot.id) == "administrator"
    if kind in UNASKED and not is_admin:
        return chat.type == "private" and kind == "message_reaction"
    if bot.reads_all or is_admin or chat.type == "private" or "text" not in content:
        return True
    answered = (content.get("reply_to_message") or {}).get("from") or {}
    return str(content["text"]).startswith("/") or answered.get("id") == bot.id
