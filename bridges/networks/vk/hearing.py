"""From VK's events to what happens. VK: "Community events"."""

from collections.abc import AsyncIterator

from attrs import define

from bridges.kit.chats import Picture
from bridges.kit.happenings import (
    ChatChange,
    Edit,
    Happening,
    MemberChange,
    Message,
    Read,
    Sender,
    Typing,
)
from bridges.kit.json_values import JsonObject, number, objects
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey, Part, Span, Text, Unknown
from bridges.kit.reactions import one_reaction
from bridges.kit.sources import kept_there
from bridges.networks.vk.attachments import buttons, largest, parts_of
from bridges.networks.vk.people import People
from bridges.networks.vk.reactions import EMOJI
from bridges.networks.vk.wire import Wire
from bridges.networks.vk.words import from_vk

TYPING_S = 6
MAX_FORWARDED, MAX_DEPTH = 30, 4


@define(eq=False)
class Hearing:
    """Of one community, whose number is `group`."""

    group: str
    _login_id: str
    _bridge: Bridge
    _wire: Wire
    people: People

    async def hear(self, update: JsonObject) -> None:
        """Returns when it is safe. What is repeated carries the same ids, and is dropped there."""
        thing, id = update.get("object"), str(update.get("event_id") or "")
        if isinstance(thing, dict):
            async for happening in self._happenings(str(update.get("type")), thing, id):
                await self._bridge.receive(happening)

    async def _happenings(self, type: str, thing: JsonObject, id: str) -> AsyncIterator[Happening]:
        match type:
            case "message_new":
                inner = thing.get("message")
                message = await self.whole(inner if isinstance(inner, dict) else thing)
                if not isinstance(message.get("action"), dict):
                    yield await self.said(message)
                async for one in self._deeds(message):
                    yield one
            case "message_reply" if thing.get("admin_author_id"):
                # What was said through the API has no author there: it is ours.
                yield await self.said(await self.whole(thing))
            case "message_edit":
                message = await self.whole(thing)
                target = str(number(message, "conversation_message_id"))
                sender = await self._sender(message.get("from_id"))
                parts = tuple([it async for it in self._parts(message)])
                yield Edit(self.chat_of(message), sender, id or f"e{target}", target, parts)
            case "message_read":
                upto = str(number(thing, "conversation_message_id"))
                yield Read(self.chat_of(thing), await self._sender(thing.get("from_id")), upto)
            case "message_typing_state":
                sender = await self._sender(thing.get("from_id"))
                yield Typing(ChatKey(sender.id, self._login_id), sender, TYPING_S)
            case "message_reaction_event":
                async for one in self._reaction(thing):
                    yield one

    def chat_of(self, thing: JsonObject) -> ChatKey:
        return ChatKey(str(number(thing, "peer_id") or number(thing, "from_id")), self._login_id)

    async def _sender(self, id: object) -> Sender:
        user = str(id)
        return Sender(user, await self.people.name(user), me=user == f"-{self.group}")

    async def under_way(self, peer: str) -> int | None:
        """The number of a message that was sent, and whose place in the chat is not noted yet."""
        kept = await self._bridge.kept(f"sending {peer}")
        return int(kept) if kept else None

    async def whole(self, message: JsonObject) -> JsonObject:
        """VK cuts large ones, and says so."""
        if not message.get("is_cropped"):
            return message
        answer = await self._wire.call(
            "messages.getByConversationMessageId",
            peer_id=number(message, "peer_id"),
            conversation_message_ids=number(message, "conversation_message_id"),
        )
        items = list(objects(answer.get("items"))) if isinstance(answer, dict) else []
        return items[0] if items else message

    async def said(self, message: JsonObject) -> Message:
        reply = message.get("reply_message")
        replied = number(reply, "conversation_message_id") if isinstance(reply, dict) else 0
        return Message(
            self.chat_of(message),
            await self._sender(message.get("from_id")),
            str(number(message, "conversation_message_id")),
            tuple([it async for it in self._parts(message)]),
            reply_to=str(replied) if replied else None,
            sent_at_ms=number(message, "date") * 1000 or None,
        )

    async def _parts(self, message: JsonObject) -> AsyncIterator[Part]:
        told = False
        if (body := message.get("text")) and isinstance(body, str):
            told = True
            yield from_vk(body, message.get("format_data"))
        for part in parts_of(message):
            told = True
            yield part
        async for part in self._forwarded(message, 0):
            told = True
            yield part
        if keys := buttons(message):
            told = True
            yield keys
        if not told:
            yield Unknown("a message that VK shows only at its site")

    async def _forwarded(self, message: JsonObject, depth: int) -> AsyncIterator[Part]:
        for one in list(objects(message.get("fwd_messages")))[:MAX_FORWARDED]:
            name, body = await self.people.name(str(one.get("from_id"))), str(one.get("text") or "")
            words = from_vk(body, one.get("format_data")).body
            quoted = f"{name}: {words}" if words else f"{name}:"
            yield Text(quoted, (Span(0, len(quoted), "quote"),))
            for part in parts_of(one):
                yield part
            if depth < MAX_DEPTH:
                async for inner in self._forwarded(one, depth + 1):
                    yield inner

    async def _deeds(self, message: JsonObject) -> AsyncIterator[Happening]:
        """What somebody did to a chat. It comes as a message without words."""
        action = message.get("action")
        if not isinstance(action, dict):
            return
        chat, sender = self.chat_of(message), await self._sender(message.get("from_id"))
        id = f"a{number(message, 'conversation_message_id')}"
        match str(action.get("type")):
            case "chat_create" | "chat_title_update":
                yield ChatChange(chat, sender, id, name=str(action.get("text") or ""))
            case "chat_photo_update":
                if found := picture(message, action):
                    yield ChatChange(chat, sender, id, picture=found)
            case "chat_photo_remove":
                yield ChatChange(chat, sender, id, picture=Picture(""))
            case "chat_invite_user":
                who = await self._sender(action.get("member_id") or sender.id)
                by = sender if who.id != sender.id else None
                yield MemberChange(chat, who, id, present=True, by=by)
            case "chat_invite_user_by_link":
                yield MemberChange(chat, sender, id, present=True)
            case "chat_kick_user":
                who = await self._sender(action.get("member_id") or sender.id)
                by = sender if who.id != sender.id else None
                how = "kicked" if by else ""
                yield MemberChange(chat, who, id, present=False, how=how, by=by)
            case "chat_pin_message":
                pinned = (str(number(action, "conversation_message_id")),)
                yield ChatChange(chat, sender, id, pinned=pinned)
            case "chat_unpin_message":
                yield ChatChange(chat, sender, id, pinned=())

    async def _reaction(self, thing: JsonObject) -> AsyncIterator[Happening]:
        chat, target = self.chat_of(thing), str(number(thing, "cmid"))
        sender = await self._sender(thing.get("reacted_id"))
        if sender.me:
            return
        emoji = EMOJI.get(number(thing, "reaction_id"), "")
        async for happening in one_reaction(self._bridge, chat, sender, target, emoji):
            yield happening


def picture(message: JsonObject, action: JsonObject) -> Picture | None:
    for one in objects(message.get("attachments")):
        if isinstance(photo := one.get("photo"), dict) and (found := largest(photo.get("sizes"))):
            return Picture(str(photo.get("id")), kept_there(found["url"]))
    shown = action.get("photo")
    url = shown.get("photo_200") if isinstance(shown, dict) else None
    return Picture(url.partition("?")[0], kept_there(url)) if isinstance(url, str) else None
