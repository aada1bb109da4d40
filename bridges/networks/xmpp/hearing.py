"""From messages of XMPP to what happens."""

import mimetypes
from collections.abc import AsyncIterator
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from attrs import define

from bridges.kit.happenings import (
    ChatChange,
    Delivered,
    Edit,
    Happening,
    Message,
    Notice,
    Presence,
    React,
    Read,
    Remove,
    Sender,
    Typing,
    Unreact,
)
from bridges.kit.marks import from_marks
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey, Media, Part, Text, Unknown
from bridges.kit.sources import kept_there
from bridges.networks.xmpp import names
from bridges.networks.xmpp.ids import Ids
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.rooms import Room, Rooms, new_id
from bridges.networks.xmpp.stanzas import Heard, Wrapped, bare, resource, understood, unwrap
from bridges.networks.xmpp.stream import Stream

TYPING_S = 30
OMEMO = "a message encrypted with OMEMO, which this bridge cannot read"
SHOWS = {"": "online", "chat": "online", "away": "unavailable", "xa": "unavailable"}
SHOWS |= {"dnd": "unavailable"}


@define(eq=False)
class Hearing:
    _login_id: str
    _bridge: Bridge
    _stream: Stream
    _rooms: Rooms
    ids: Ids

    async def hear(self, stanza: Element) -> None:
        """Returns when it is safe."""
        if stanza.tag == tag(names.CLIENT, "presence"):
            for happening in (*self._rooms.heard(stanza), *self._presence(stanza)):
                await self._bridge.receive(happening)
        elif (wrapped := unwrap(stanza, self._stream.own)) is not None:
            await self.tell(wrapped)

    async def tell(self, wrapped: Wrapped) -> None:
        heard = understood(wrapped)
        async for happening in self._happenings(heard):
            await self._bridge.receive(happening)
        if not wrapped.query:
            await self.ids.note_place(heard)

    def _presence(self, stanza: Element) -> list[Happening]:
        sender = bare(stanza.get("from") or "")
        if not sender or sender == self._stream.own or self._rooms.find(sender):
            return []
        if stanza.get("type") not in (None, "unavailable"):
            return []
        show = stanza.findtext(tag(names.CLIENT, "show")) or ""
        state = "offline" if stanza.get("type") else SHOWS.get(show, "online")
        status = stanza.findtext(tag(names.CLIENT, "status")) or ""
        return [Presence(Sender(sender), state, status[:200])]

    # -- messages

    def chat_of(self, heard: Heard) -> ChatKey:
        own = bare(heard.sender or self._stream.own) == self._stream.own
        jid = bare(heard.to if own else heard.sender)
        return self._rooms.key(jid) if heard.is_group else ChatKey(jid, self._login_id)

    def _sender(self, heard: Heard, room: Room | None) -> Sender:
        if room is None:
            jid = bare(heard.sender or self._stream.own)
            return Sender(jid, me=jid == self._stream.own)
        nick = resource(heard.sender)
        return Sender(room.id_of(nick, heard.occupant), nick, me=nick == room.nick)

    async def _happenings(self, heard: Heard) -> AsyncIterator[Happening]:
        chat = self.chat_of(heard)
        room = self._rooms.find(chat.id)
        if heard.invited_to and not heard.is_group:
            yield self._invited(heard)
        elif heard.error:
            yield Notice(chat, f"failed {heard.id}", f"Not delivered: {heard.error}")
        elif heard.is_group and room is not None:
            async for happening in self._in_room(heard, chat, room):
                yield happening
        elif not heard.is_group and room is None:
            async for happening in self._said(heard, chat, self._sender(heard, None)):
                yield happening

    def _invited(self, heard: Heard) -> Notice:
        chat = ChatKey(bare(heard.sender), self._login_id)
        text = f"You are invited into {heard.invited_to}. To join: open {heard.invited_to}"
        return Notice(chat, heard.id or new_id(), text)

    async def _in_room(self, heard: Heard, chat: ChatKey, room: Room) -> AsyncIterator[Happening]:
        sender = self._sender(heard, room)
        if heard.subject is not None and not heard.body:
            if heard.subject != room.subject:
                room.subject = heard.subject
                yield ChatChange(chat, sender, heard.id or new_id(), topic=heard.subject)
            return
        if not resource(heard.sender) and not heard.retracts:
            return
        async for happening in self._said(heard, chat, sender):
            yield happening

    async def _said(self, heard: Heard, chat: ChatKey, sender: Sender) -> AsyncIterator[Happening]:
        if await self.ids.is_ours(heard, sender.me):
            return
        if heard.state and not sender.me:
            yield Typing(chat, sender, TYPING_S if heard.state == "composing" else 0)
        if heard.displayed:
            yield Read(chat, sender, heard.displayed)
        if heard.received:
            yield Delivered(chat, sender, heard.received)
        if heard.retracts:
            yield Remove(chat, sender, heard.retracts)
        elif heard.reactions is not None:
            async for happening in self._reactions(heard, chat, sender):
                yield happening
        elif heard.body or heard.is_encrypted:
            yield await self._message(heard, chat, sender)

    async def _message(self, heard: Heard, chat: ChatKey, sender: Sender) -> Message | Edit:
        parts, id = (part_of(heard),), self.ids.of(heard)
        if heard.replaces:
            target = await self.ids.named(chat.id, heard.replaces, sender.id)
            return Edit(chat, sender, id, target, parts)
        await self.ids.note(chat.id, heard, sender.id)
        reply_to = heard.reply_to or None
        return Message(
            chat,
            sender,
            id,
            parts,
            reply_to=reply_to,
            sent_at_ms=heard.sent_at_ms,
            thread=heard.thread or None,
        )

    async def _reactions(
        self, heard: Heard, chat: ChatKey, sender: Sender
    ) -> AsyncIterator[Happening]:
        """All that somebody has at a message, each time."""
        target, new = heard.reacts_to, dict.fromkeys(heard.reactions or ())
        before = await self.ids.reactions(chat.id, target, sender.id)
        for emoji in before:
            if emoji not in new:
                yield Unreact(chat, sender, target, emoji)
        for emoji in new:
            if emoji not in before:
                yield React(chat, sender, target, emoji)
        await self.ids.keep_reactions(chat.id, target, sender.id, list(new))

    async def past(self, wrapped: Wrapped, chat: ChatKey) -> Message | None:
        """A message of an archive, if it is one that stands for itself."""
        heard = understood(wrapped)
        if not heard.stands_alone or await self.ids.is_under_way(heard.id):
            return None
        room = self._rooms.find(chat.id)
        if heard.is_group != (room is not None) or self.chat_of(heard) != chat:
            return None
        said = await self._message(heard, chat, self._sender(heard, room))
        return said if isinstance(said, Message) else None


def part_of(heard: Heard) -> Part:
    if heard.is_encrypted:
        return Unknown(OMEMO)
    if heard.url and heard.url == heard.body.strip():
        return file(heard.url)
    body = heard.body
    if body.startswith("/me "):
        text = from_marks(body[4:])
        return Text(text.body, text.spans, "act")
    return from_marks(body)


def file(url: str) -> Media:
    name = unquote(urlsplit(url).path.rpartition("/")[2])[:200] or "file"
    mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
    kind = mime.partition("/")[0]
    kind = kind if kind in ("image", "video", "audio") else "file"
    return Media(kind, name, mime, kept_there(url))
