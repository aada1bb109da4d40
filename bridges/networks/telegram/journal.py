"""What was sent where, so that a message is not sent twice after a crash or a lost connection.

Telegram cannot be given a name by which it would drop a repetition. So we write down, before we
send, after which message ours will come, and afterwards its number. If only the first is known,
the message is looked for: Telegram lets a bot change only what the bot itself has said, and says
so of each number. Where it could be another message of ours (a forum's topics share their
numbers), or where bots may change what others say (channels, business chats), nothing is looked
for, and the message is sent again.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from attrs import define, evolve, field, frozen

from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey
from bridges.kit.web import Lost
from bridges.networks.telegram.chats import Chats
from bridges.networks.telegram.names import Place, place
from bridges.networks.telegram.wire import Refused, Wire

LOOKED_AT = 100
"""So many numbers are tried, ..."""
FREE = 10
"""... until so many in a row are nobody's."""
REMEMBERED = 500

Send = Callable[[], Awaitable[int]]
"""Sends one message, and returns its number."""


@frozen
class Entry:
    """`sent` are the numbers of the pieces that are there; the next comes after `after`."""

    transaction: str = ""
    after: int = 0
    sent: tuple[int, ...] = ()
    is_open: bool = False

    @property
    def newest(self) -> int:
        return max((self.after, *self.sent))

    def to_text(self) -> str:
        return json.dumps([self.transaction, self.after, self.sent, self.is_open])

    @classmethod
    def from_text(cls, text: str) -> "Entry":
        transaction, after, sent, is_open = json.loads(text)
        return cls(transaction, after, tuple(sent), is_open)


@define(eq=False)
class Journal:
    _wire: Wire
    _bridge: Bridge
    _chats: Chats
    _recall_s: float
    recalled: int = 0
    """How often a message was found that would have been sent twice."""
    _entries: dict[str, Entry] = field(factory=dict)
    _doubtful: set[str] = field(factory=set)
    _heard: dict[int, deque[int]] = field(factory=dict)
    _turns: dict[str, asyncio.Lock] = field(factory=dict)

    def heard(self, chat_id: int, message_id: int) -> None:
        """A message of somebody else has this number."""
        self._heard.setdefault(chat_id, deque(maxlen=REMEMBERED)).append(message_id)

    async def send(self, chat: ChatKey, transaction: str, sends: Sequence[Send]) -> list[int]:
        """The numbers of all pieces; those of an earlier try are not sent again."""
        async with self._turns.setdefault(chat.id, asyncio.Lock()):
            entry = await self._entry(chat, transaction)
            for send in sends[len(entry.sent) :]:
                found = await self._recall(chat, entry) if chat.id in self._doubtful else None
                if found is None:
                    entry = evolve(entry, after=self._newest(chat, entry), is_open=True)
                    await self._write(chat, entry)
                    found = await self._attempt(chat, send)
                entry = evolve(entry, sent=(*entry.sent, found), is_open=False)
                await self._write(chat, entry)
            return list(entry.sent)

    async def _entry(self, chat: ChatKey, transaction: str) -> Entry:
        before = self._entries.get(chat.id)
        if before is None:
            text = await self._bridge.kept(f"sent {chat.id}")
            before = Entry.from_text(text) if text else Entry()
            if before.is_open:
                self._doubtful.add(chat.id)
        if before.transaction == transaction:
            return before
        self._doubtful.discard(chat.id)
        return Entry(transaction, before.newest)

    def _newest(self, chat: ChatKey, entry: Entry) -> int:
        heard = self._heard.get(place(chat).chat_id)
        return max(entry.newest, *heard) if heard else entry.newest

    async def _write(self, chat: ChatKey, entry: Entry) -> None:
        await self._bridge.keep(f"sent {chat.id}", entry.to_text())
        self._entries[chat.id] = entry

    async def _attempt(self, chat: ChatKey, send: Send) -> int:
        try:
            return await send()
        except (Lost, asyncio.CancelledError):
            self._doubtful.add(chat.id)
            raise

    async def _recall(self, chat: ChatKey, entry: Entry) -> int | None:
        where = place(chat)
        found = await self._look(where, entry) if await self._is_certain(chat, where) else None
        self._doubtful.discard(chat.id)
        self.recalled += found is not None
        return found

    async def _is_certain(self, chat: ChatKey, where: Place) -> bool:
        """Whether what the bot has said there can be no other message than this one."""
        if where.business or where.topic or await self._chats.type_of(where.chat_id) == "channel":
            return False
        return not any(it.id.startswith(f"{where.chat_id}/") for it in await self._bridge.chats())

    async def _look(self, where: Place, entry: Entry) -> int | None:
        # What is still on its way shall arrive first.
        await asyncio.sleep(self._recall_s)
        of_others, free = set(self._heard.get(where.chat_id, ())), 0
        for number in range(entry.newest + 1, entry.newest + 1 + LOOKED_AT):
            if number in of_others:
                free = 0
                continue
            owner = await self._owner(where, number)
            if owner == "us":
                return number
            free = free + 1 if owner == "nobody" else 0
            if free >= FREE:
                return None
        return None

    async def _owner(self, where: Place, number: int) -> str:
        """Asked for a change that changes nothing."""
        try:
            await self._wire.call("editMessageReplyMarkup", {**where.chat(), "message_id": number})
        except Refused as refusal:
            if "not modified" in refusal.description:
                return "us"
            return "nobody" if "not found" in refusal.description else "somebody"
        return "us"
