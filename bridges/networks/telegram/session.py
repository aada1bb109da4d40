"""One bot: its connection, and what may be asked of it."""

import asyncio
from collections.abc import Mapping
from functools import partial
from secrets import token_urlsafe

from attrs import define, evolve, field, frozen

from bridges.kit.chats import Chat, Picture, User
from bridges.kit.failures import Rejected
from bridges.kit.json_values import JsonObject
from bridges.kit.network import Accepts, Bridge, Capabilities, Login, Session
from bridges.kit.parts import ChatKey, Outgoing, Sent, Text
from bridges.kit.utf16 import length
from bridges.networks.telegram import news
from bridges.networks.telegram.chats import number
from bridges.networks.telegram.entities import SPANS, to_entities
from bridges.networks.telegram.hearing import Account, Hearing
from bridges.networks.telegram.line import Line
from bridges.networks.telegram.names import key, place
from bridges.networks.telegram.news import Ears, Visits
from bridges.networks.telegram.settings import TelegramSettings
from bridges.networks.telegram.wire import File, Refused, Wire
from bridges.networks.telegram.writing import (
    MAX_CAPTION,
    MAX_TEXT,
    STICKERS,
    VOICES,
    Call,
    calls,
    cleaned,
)

MAX_TITLE, MAX_DESCRIPTION = 128, 255
UPLOAD_BYTES = 50_000_000
MAX_PICTURE = 10_000_000
ALIVE_S = 60
PARTS = frozenset(("location", "poll", "contact", "sticker", "voice"))
CAPABILITIES = Capabilities(
    media_max_bytes=UPLOAD_BYTES,
    media={"voice": Accepts(VOICES, UPLOAD_BYTES), "sticker": Accepts(STICKERS, UPLOAD_BYTES)},
    replies=True,
    spans=SPANS,
    parts=PARTS,
    caption_max=MAX_CAPTION,
    speaks_for_others=True,
    messages_per_s=30,
    burst=30,
    messages_per_s_in_chat=1,
    burst_in_chat=5,
    silence_max_s=180,
)


@frozen
class Surroundings:
    """What a session is given besides its login. `webhook` is its own address, if it has one."""

    settings: TelegramSettings
    wire: Wire
    bridge: Bridge
    webhook: str = ""


@define(eq=False)
class BotSession(Session):
    capabilities = CAPABILITIES

    _login: Login
    _around: Surroundings
    visits: Visits = field(init=False)
    _line: Line = field(init=False)
    _hearing: Hearing = field(init=False)
    _secret: str = field(factory=partial(token_urlsafe, 32), repr=False)

    def __attrs_post_init__(self) -> None:
        account, around = Account(self._login.id, int(self._login.id)), self._around
        self._line = Line.over(around.wire, around.bridge, account.bot_id, around.settings)
        limit = around.settings.download_max_bytes
        self._hearing = Hearing(account, around.bridge, self._line, limit)
        self.visits = Visits(self._secret, self._hearing.hear)

    @property
    def recalled(self) -> int:
        """Messages that would have been sent twice."""
        return self._line.journal.recalled

    async def run(self) -> None:
        wire = self._line.wire
        if not self._around.webhook:
            ears = Ears(self._hearing.hear, self._around.bridge.alive)
            await news.poll(wire, self._around.settings.poll_s, ears)
        await news.ask_for_calls(wire, self._around.webhook, self._secret)
        while True:
            await asyncio.sleep(ALIVE_S)
            await wire.call("getMe")
            self._around.bridge.alive()

    async def send(self, out: Outgoing) -> Sent:
        where = place(out.chat)
        made = await calls(out, where, self._around.settings.upload_max_bytes)
        sends = [partial(self._send, out.chat, one) for one in made]
        first, *more = await self._line.journal.send(out.chat, out.transaction, sends)
        return Sent(str(first), tuple(map(str, more)))

    def capabilities_in(self, chat: ChatKey) -> Capabilities:
        """A Bot API server of the operator's own takes larger files. In a group Telegram takes
        fewer messages than elsewhere: half of a minute's at once, the others over the minute.
        """
        settings = self._around.settings
        can = evolve(CAPABILITIES, media_max_bytes=settings.upload_max_bytes)
        most, is_group = settings.group_messages_per_minute, place(chat).chat_id < 0
        if not is_group or most == 0:
            return evolve(can, messages_per_s_in_chat=None) if is_group else can
        half = max(most // 2, 1)
        return evolve(can, messages_per_s_in_chat=half / 60, burst_in_chat=half)

    async def _send(self, chat: ChatKey, call: Call) -> int:
        """A group that has another id now is followed."""
        wire = self._line.wire
        try:
            message = await wire.call(call.method, call.parameters, call.files)
        except Refused as refusal:
            if not isinstance(refusal.migrate_to, int):
                raise
            there = call.parameters | {"chat_id": refusal.migrate_to}
            message = await wire.call(call.method, there, call.files)
        id: int = message["message_id"]
        self._line.chats.place_in_topic(chat, str(id))
        if "poll" in message:
            await self._line.polls.asked(str(message["poll"]["id"]), chat, str(id))
        return id

    async def chat(self, key: ChatKey) -> Chat:
        return await self._line.chats.chat(key)

    async def user(self, id: str) -> User:
        return await self._line.chats.user(id)

    async def fetch(self, reference: str, max_bytes: int) -> bytes:
        file = await self._line.wire.call("getFile", {"file_id": reference})
        if "file_path" not in file:
            raise Rejected("Telegram hands bots no files over 20 MB.")
        return await self._line.wire.download(str(file["file_path"]), max_bytes)

    async def edit(self, target: str, out: Outgoing) -> None:
        """Of a text, or of what stands under a file."""
        about = {**place(out.chat).chat(), "message_id": number(target)}
        text = next((cleaned(it) for it in out.parts if isinstance(it, Text)), None)
        if text is None or not text.body.strip():
            raise Rejected("Telegram lets a bot change texts only.")
        if length(text.body) > MAX_TEXT:
            raise Rejected(f"Telegram takes {MAX_TEXT} letters in a message that is changed.")
        words = {"text": text.body, "entities": to_entities(text)}
        try:
            await self._change("editMessageText", about | words)
        except Refused as refusal:
            if "no text in the message" not in refusal.description:
                raise
            under = {"caption": text.body, "caption_entities": to_entities(text)}
            await self._change("editMessageCaption", about | under)

    async def _change(self, method: str, parameters: JsonObject) -> None:
        """What is as it should be already is well."""
        try:
            await self._line.wire.call(method, parameters)
        except Refused as refusal:
            if "not modified" not in refusal.description:
                raise

    async def redact(self, chat: ChatKey, target: str) -> None:
        where, id = place(chat), number(target)
        if where.business:
            business = {"business_connection_id": where.business, "message_ids": [id]}
            await self._line.wire.call("deleteBusinessMessages", business)
        else:
            about = {"chat_id": where.chat_id, "message_id": id}
            await self._line.wire.call("deleteMessage", about)

    async def react(self, chat: ChatKey, target: str, emoji: str) -> None:
        await self._line.reactions.add(chat, target, emoji)

    async def unreact(self, chat: ChatKey, target: str, emoji: str) -> None:
        await self._line.reactions.remove(chat, target, emoji)

    async def end_poll(self, chat: ChatKey, target: str) -> None:
        about = {**place(chat).chat(), "message_id": number(target)}
        await self._line.wire.call("stopPoll", about)

    async def typing(self, chat: ChatKey, is_typing: bool) -> None:
        """It ends by itself."""
        if is_typing:
            action = {**place(chat).parameters(), "action": "typing"}
            await self._line.wire.call("sendChatAction", action)

    async def read(self, chat: ChatKey, upto: str) -> None:
        """Only in chats that somebody lends to the bot: it is they who have read."""
        where, id = place(chat), number(upto)
        if where.business:
            await self._line.wire.call("readBusinessMessage", where.chat() | {"message_id": id})

    async def pin(self, chat: ChatKey, target: str, is_pinned: bool) -> None:
        about = {**place(chat).chat(), "message_id": number(target)}
        if is_pinned:
            await self._line.wire.call("pinChatMessage", about | {"disable_notification": True})
        else:
            await self._line.wire.call("unpinChatMessage", about)

    async def set_name(self, chat: ChatKey, name: str) -> None:
        where = place(chat)
        if where.topic:
            topic = {"message_thread_id": where.topic, "name": name[:MAX_TITLE]}
            await self._change("editForumTopic", {"chat_id": where.chat_id} | topic)
        else:
            title = {"title": name[:MAX_TITLE]}
            await self._change("setChatTitle", {"chat_id": where.chat_id} | title)

    async def set_topic(self, chat: ChatKey, topic: str) -> None:
        where = place(chat)
        if where.topic:
            raise Rejected("A topic on Telegram has no description.")
        about = {"description": topic[:MAX_DESCRIPTION]}
        await self._change("setChatDescription", {"chat_id": where.chat_id} | about)

    async def set_picture(self, chat: ChatKey, picture: Picture | None) -> None:
        about = {"chat_id": place(chat).chat_id}
        if picture is None:
            await self._line.wire.call("deleteChatPhoto", about)
            return
        content = await picture.content.read(MAX_PICTURE)
        file = File("photo.jpg", "image/jpeg", content)
        await self._line.wire.call("setChatPhoto", about, {"photo": file})

    async def kick(self, chat: ChatKey, user: str, reason: str) -> None:
        """Telegram's way to kick: they may come back."""
        await self.ban(chat, user, reason)
        await self.unban(chat, user)

    async def ban(self, chat: ChatKey, user: str, reason: str) -> None:
        await self._line.wire.call("banChatMember", member(chat, user))

    async def unban(self, chat: ChatKey, user: str) -> None:
        only = {"only_if_banned": True}
        await self._line.wire.call("unbanChatMember", member(chat, user) | only)

    async def set_levels(self, chat: ChatKey, users: Mapping[str, int]) -> None:
        for user, level in users.items():
            await self._line.rights.set(place(chat).chat_id, number(user), level)

    async def open_chat(self, name: str) -> ChatKey:
        about = await self._line.chats.find(name)
        self._line.chats.meet(about)
        return key(about["id"], self._login.id)

    async def leave_chat(self, chat: ChatKey) -> None:
        where = place(chat)
        if where.chat_id < 0 and not where.topic:
            await self._line.wire.call("leaveChat", {"chat_id": where.chat_id})


def member(chat: ChatKey, user: str) -> JsonObject:
    return {"chat_id": place(chat).chat_id, "user_id": number(user)}
