"""A scripted peer: Telegram as an account sees it, played by the test."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

from attrs import define, field

from bridges.kit.failures import BadCredentials, Rejected
from bridges.networks.telegram.names import Place
from bridges.networks.telegram.user.account import Admitted, Answer, Entrance
from bridges.networks.telegram.writing import Call

JsonObject = dict[str, Any]

ALICE: JsonObject = {"id": 501, "is_bot": False, "first_name": "Alice"}
BOB: JsonObject = {"id": 502, "is_bot": False, "first_name": "Bob"}
FRIENDS: JsonObject = {"id": -1_000_000_000_777, "type": "supergroup", "title": "Friends"}
NEWS: JsonObject = {"id": -1_000_000_000_888, "type": "channel", "title": "News"}
PRIVATE: JsonObject = {"id": 502, "type": "private", "first_name": "Bob"}
CHATS = (FRIENDS, PRIVATE, NEWS)
SESSION = "a secret session"
CODE, PASSWORD, PICTURE = "12345", "correct horse", "tg://login?token="


@define(eq=False)
class Script:
    """Is the library, the account and the door at once."""

    chats: dict[int, JsonObject] = field(
        factory=lambda: {it["id"]: {**it, "members": {502: "Bob"}} for it in CHATS}
    )
    said: dict[int, list[JsonObject]] = field(factory=lambda: {it["id"]: [] for it in CHATS})
    uniques: dict[int, int] = field(factory=dict)
    files: list[bytes] = field(factory=list)
    done: list[tuple[Any, ...]] = field(factory=list)
    has_password: bool = False
    is_logged_out: bool = False
    pictures: int = 0
    scans: list[Answer] = field(factory=list)
    shown: list[JsonObject] = field(factory=list)
    """Stories."""
    sent: asyncio.Event = field(factory=asyncio.Event)
    listened_to: asyncio.Event = field(factory=asyncio.Event)
    _news: asyncio.Queue[JsonObject | None] = field(factory=asyncio.Queue)
    _numbers: Any = field(factory=lambda: count(1))

    def begins(self) -> None:
        """Another life of the bridge."""
        self.sent, self.listened_to, self._news = asyncio.Event(), asyncio.Event(), asyncio.Queue()

    # -- the library

    def account(self, session: str) -> "Script":
        assert session == SESSION
        return self

    async def entrance(self) -> Entrance:
        return self

    # -- the other side

    def says(
        self, text: str, who: JsonObject = BOB, chat: JsonObject = FRIENDS, **more: Any
    ) -> int:
        message = self.new(chat, {"from": who, "text": text, **more})
        self.tells(message=message)
        return int(message["message_id"])

    def new(self, chat: JsonObject, content: JsonObject) -> JsonObject:
        message = {"message_id": next(self._numbers), "date": 1_790_000_000, "chat": chat} | content
        self.said[chat["id"]].append(message)
        return message

    def tells(self, **news: JsonObject) -> None:
        self._news.put_nowait(news)

    def hangs_up(self) -> None:
        self._news.put_nowait(None)

    # -- the account

    async def connect(self) -> JsonObject:
        if self.is_logged_out:
            raise BadCredentials("You have logged this session out. Log in again.")
        return ALICE

    async def disconnect(self) -> None:
        self._news = asyncio.Queue()
        self.listened_to.clear()

    async def news(self) -> AsyncIterator[JsonObject]:
        self.listened_to.set()
        while (news := await self._news.get()) is not None:
            yield news

    async def dialogs(self, limit: int) -> list[JsonObject]:
        return [
            chat | {"newest": self.said[id][-1] if self.said[id] else None}
            for id, chat in self.chats.items()
        ][:limit]

    async def messages(
        self, chat_id: int, limit: int, *, before: int, after: int
    ) -> list[JsonObject]:
        found = [
            it
            for it in self.said[chat_id]
            if it["message_id"] > after and (not before or it["message_id"] < before)
        ]
        return found[-limit:]

    async def stories(self) -> list[JsonObject]:
        return self.shown

    async def chat(self, chat: int | str) -> JsonObject:
        for one in self.chats.values():
            if chat in (one["id"], f"@{one.get('title', '').lower()}"):
                return one
        raise Rejected("Telegram knows no such chat.")

    async def user(self, id: int) -> JsonObject:
        return next(it for it in (BOB, ALICE, NEWS) if it["id"] == id)

    async def file(self, reference: str, max_bytes: int) -> bytes:
        return f"the file {reference}".encode()

    async def send(self, where: Place, call: Call, unique: int) -> int:
        if unique not in self.uniques:
            content = {"from": ALICE, **call.parameters}
            message = self.new(self.chats[where.chat_id], content)
            self.uniques[unique] = message["message_id"]
            self.files += [it.content for it in call.files.values()]
            # The account hears itself, as on another device.
            self.tells(message=message)
        self.sent.set()
        return self.uniques[unique]

    async def edit(self, chat_id: int, id: int, text: str, entities: list[JsonObject]) -> None:
        self._find(chat_id, id)
        self.done.append(("edit", chat_id, id, text))

    async def delete(self, chat_id: int, id: int) -> None:
        self._find(chat_id, id)
        self.done.append(("delete", chat_id, id))

    async def react(self, chat_id: int, id: int, emoji: str | None) -> None:
        self._find(chat_id, id)
        self.done.append(("react", chat_id, id, emoji))

    def _find(self, chat_id: int, id: int) -> JsonObject:
        for message in self.said[chat_id]:
            if message["message_id"] == id:
                return message
        raise Rejected("Telegram no longer has that message.")

    async def read(self, where: Place, upto: int) -> None:
        self.done.append(("read", where.chat_id, upto))

    async def type(self, where: Place, is_typing: bool) -> None:
        self.done.append(("type", where.chat_id, is_typing))

    async def leave(self, chat_id: int) -> None:
        self.done.append(("leave", chat_id))

    async def log_out(self) -> None:
        self.is_logged_out = True

    # -- the door

    async def send_code(self, phone: str) -> None:
        if not phone.startswith("+"):
            raise Rejected("Telegram knows no account with that number.")
        self.done.append(("code", phone))

    async def enter_code(self, code: str) -> Answer:
        if code != CODE:
            return Answer.WRONG
        return Answer.PASSWORD if self.has_password else Answer.ADMITTED

    async def enter_password(self, password: str) -> Answer:
        return Answer.ADMITTED if password == PASSWORD else Answer.WRONG

    async def qr(self) -> str:
        self.pictures += 1
        return f"{PICTURE}{self.pictures}"

    async def scanned(self) -> Answer:
        return self.scans.pop(0) if self.scans else Answer.EXPIRED

    async def admitted(self) -> Admitted:
        return Admitted(ALICE, SESSION)

    async def close(self) -> None:
        self.done.append(("closed",))
