"""Somebody's own account: its connection, and what may be asked of it."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from attrs import define, field

from bridges.kit.abilities import Page
from bridges.kit.chats import Chat, User
from bridges.kit.connection import Connection
from bridges.kit.failures import Rejected, Transient
from bridges.kit.happenings import Message
from bridges.kit.json_values import JsonObject
from bridges.kit.network import Accepts, Bridge, Capabilities, Login, Session
from bridges.kit.parts import ChatKey, Outgoing, Sent, Text
from bridges.kit.utf16 import length
from bridges.networks.telegram.chats import KINDS, number
from bridges.networks.telegram.entities import SPANS, to_entities
from bridges.networks.telegram.names import name_of, place
from bridges.networks.telegram.reactions import VARIANT
from bridges.networks.telegram.user.account import Account
from bridges.networks.telegram.user.hearing import MAX_FILE, UNDER_WAY, UserHearing, chat_key
from bridges.networks.telegram.writing import (
    MAX_CAPTION,
    MAX_TEXT,
    STICKERS,
    VOICES,
    calls,
    cleaned,
)

DIALOGS = 100
"""So many chats are looked at after a pause ..."""
SHOWN_AT_FIRST = 15
"""... and so many get a room at once after the login."""
MISSED, PAGE = 10_000, 1000
"""So many messages of a chat are fetched after a pause, and so many at once."""


@define(eq=False)
class UserSession(Session):
    capabilities = Capabilities(
        media_max_bytes=MAX_FILE,
        media={"voice": Accepts(VOICES, MAX_FILE), "sticker": Accepts(STICKERS, MAX_FILE)},
        replies=True,
        stories=True,
        spans=SPANS,
        deduplicates=True,
        parts=frozenset(("location", "poll", "contact", "sticker", "voice")),
        caption_max=MAX_CAPTION,
        edit_window_s=48 * 3600,
        reactions_max=1,
    )

    _login: Login
    _open: Callable[[], Account]
    _bridge: Bridge
    _hearing: UserHearing = field(init=False)
    _shows_stories: bool = True
    _connection: Connection[Account] = field(factory=partial(Connection, "Telegram"))

    def __attrs_post_init__(self) -> None:
        self._hearing = UserHearing(self._login.id, self._bridge, self._shows_stories)

    async def run(self) -> None:
        account = self._open()
        try:
            await account.connect()
            with self._connection.holding(account):
                await self._catch_up(account)
                await self._look_at_stories(account)
                async for news in account.news():
                    await self._hearing.hear(news)
        finally:
            await account.disconnect()
        raise Transient("The connection to Telegram has ended.")

    async def _catch_up(self, account: Account) -> None:
        """What was said while we were away; after the login, the last word in each chat."""
        is_new = await self._bridge.kept("has looked") is None
        for place_in_list, dialog in enumerate(await account.dialogs(DIALOGS)):
            where, newest = chat_key(dialog, self._login.id), dialog.get("newest")
            if not isinstance(newest, dict):
                continue
            known = await self._bridge.kept(f"newest {where.id}")
            if known is not None and newest["message_id"] > int(known):
                for message in await missed(account, int(dialog["id"]), int(known)):
                    await self._hearing.hear({"message": message})
            elif known is None and (place_in_list < SHOWN_AT_FIRST or not is_new):
                await self._hearing.hear({"message": newest})
        await self._bridge.keep("has looked", "yes")

    async def _look_at_stories(self, account: Account) -> None:
        """Those that are known already are dropped by their numbers."""
        with suppress(Rejected):
            for story in await account.stories() if self._shows_stories else ():
                await self._hearing.hear({"story": story})

    def _now(self) -> Account:
        return self._connection.now()

    async def send(self, out: Outgoing) -> Sent:
        """Its numbers are noted before it counts as said: it comes back as said elsewhere."""
        sending = f"sending {out.chat.id}"
        async with self._hearing.turn(out.chat):
            await self._bridge.keep(sending, UNDER_WAY)
            try:
                ids = await self._say(out)
            except Rejected:
                await self._bridge.keep(sending, "")
                raise
            await self._bridge.keep(sending, " ".join(ids))
        return Sent(ids[0], tuple(ids[1:]))

    async def _say(self, out: Outgoing) -> list[str]:
        where, ids = place(out.chat), list[str]()
        for turn, call in enumerate(await calls(out, where, MAX_FILE)):
            id = str(await self._now().send(where, call, unique(out.transaction, turn)))
            self._hearing.remember_sent(out.chat, id)
            ids.append(id)
        return ids

    async def edit(self, target: str, out: Outgoing) -> None:
        text = next((cleaned(it) for it in out.parts if isinstance(it, Text)), None)
        if text is None or not text.body.strip():
            raise Rejected("On Telegram only texts are changed.")
        if length(text.body) > MAX_TEXT:
            raise Rejected(f"Telegram takes {MAX_TEXT} letters in a message that is changed.")
        chat_id = place(out.chat).chat_id
        await self._now().edit(chat_id, number(target), text.body, to_entities(text))

    async def redact(self, chat: ChatKey, target: str) -> None:
        await self._now().delete(place(chat).chat_id, number(target))

    async def react(self, chat: ChatKey, target: str, emoji: str) -> None:
        plain = emoji.replace(VARIANT, "")
        await self._now().react(place(chat).chat_id, number(target), plain)

    async def unreact(self, chat: ChatKey, target: str, emoji: str) -> None:
        await self._now().react(place(chat).chat_id, number(target), None)

    async def typing(self, chat: ChatKey, is_typing: bool) -> None:
        await self._now().type(place(chat), is_typing)

    async def read(self, chat: ChatKey, upto: str) -> None:
        await self._now().read(place(chat), number(upto))

    async def fetch(self, reference: str, max_bytes: int) -> bytes:
        return await self._now().file(reference, max_bytes)

    async def history(self, chat: ChatKey, before: str | None, limit: int) -> Page:
        """What Telegram tells of the chat itself is left out, and what is not noted yet."""
        older_than = number(before) if before else 0
        chat_id = place(chat).chat_id
        found = await self._now().messages(chat_id, limit, before=older_than, after=0)
        heard, said = self._hearing, list[Message]()
        for one in (heard.as_message(it) for it in found if not heard.is_service(it)):
            if not one.sender.me or not await heard.is_ours(chat, one.id):
                said.append(one)
        more = str(found[0]["message_id"]) if len(found) == limit else None
        return Page(tuple(said), more)

    async def chat(self, key: ChatKey) -> Chat:
        about = await self._now().chat(place(key).chat_id)
        members = {str(id): str(name) for id, name in about.get("members", {}).items()}
        members.pop(self._login.id, None)
        kind = KINDS.get(str(about.get("type")), "group")
        return Chat(name_of(about), str(about.get("description") or ""), kind, members)

    async def user(self, id: str) -> User:
        about = await self._now().user(int(id))
        handles = (f"@{about['username']}",) if about.get("username") else ()
        return User(name_of(about), about.get("is_bot") is True, handles=handles)

    async def open_chat(self, name: str) -> ChatKey:
        wanted = int(name) if name.lstrip("-").isdecimal() else name
        return chat_key(await self._now().chat(wanted), self._login.id)

    async def leave_chat(self, chat: ChatKey) -> None:
        await self._now().leave(place(chat).chat_id)

    async def logout(self) -> None:
        await self._now().log_out()


async def missed(account: Account, chat_id: int, after: int) -> list[JsonObject]:
    """What was said in a chat after that number."""
    found: list[JsonObject] = []
    before = 0
    while len(found) < MISSED:
        page = await account.messages(chat_id, PAGE, before=before, after=after)
        found = [*page, *found]
        if len(page) < PAGE:
            break
        before = int(page[0]["message_id"])
    return found


def unique(transaction: str, turn: int) -> int:
    """The same number at every try, by which Telegram drops a repetition."""
    digest = hashlib.sha256(f"{turn} {transaction}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
