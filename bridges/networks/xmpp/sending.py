"""What people on Matrix say. A message counts as sent when the server has it."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from xml.etree.ElementTree import Element

from attrs import define, field

from bridges.kit.failures import Rejected, Transient
from bridges.kit.parts import Media, Outgoing
from bridges.networks.xmpp import writing
from bridges.networks.xmpp.archive import Archive
from bridges.networks.xmpp.ids import Ids
from bridges.networks.xmpp.rooms import Rooms
from bridges.networks.xmpp.stanzas import Wrapped, understood
from bridges.networks.xmpp.stream import Refused, Stream
from bridges.networks.xmpp.uploads import Uploads

BACK_S = 20
LOOKED_AT = 50
"""Messages of an archive among which one of ours is looked for."""


@define(eq=False)
class Sending:
    _stream: Stream
    _rooms: Rooms
    _archive: Archive
    _ids: Ids
    _uploads: Uploads
    _coming_back: dict[str, asyncio.Future[str]] = field(factory=dict)

    async def send(self, out: Outgoing) -> tuple[str, ...]:
        """The ids of the messages that it became. Each file is a message of its own."""
        text = writing.worded(out.parts)
        bodies: list[str | Media] = [text] if text else []
        bodies += [it for it in out.parts if isinstance(it, Media)]
        if not bodies:
            raise Rejected("XMPP takes no empty messages.")
        ids = []
        for place, body in enumerate(bodies):
            own_id = writing.id_of(f"{out.transaction}.{place}" if place else out.transaction)
            extra = writing.answering(out) if not place else ()
            ids.append(await self._once(out.chat.id, own_id, body, extra))
        return tuple(ids)

    async def _once(
        self, chat: str, own_id: str, body: str | Media, extra: Iterable[Element]
    ) -> str:
        """What was tried before, and may have arrived, is looked for first."""
        tried = await self._ids.said(own_id)
        if tried or (tried == "" and (tried := await self._found(chat, own_id))):
            return tried
        if isinstance(body, Media):
            url = await self._uploads.put(body)
            contents = [*writing.said(url, own_id), writing.file_at(url)]
        else:
            contents = [*writing.said(body, own_id), *extra]
        await self._ids.note_said(own_id, "")
        id = await self._say(chat, own_id, contents)
        await self._ids.note_ours(chat, own_id, id)
        await self._ids.note_said(own_id, id)
        return id

    async def _say(self, chat: str, own_id: str, contents: Iterable[Element]) -> str:
        if not self._is_room(chat):
            self._stream.say("chat", chat, own_id, contents)
            await self._stream.confirm()
            return own_id
        await self._rooms.joined(chat)
        back: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._coming_back[own_id] = back
        try:
            self._stream.say("groupchat", chat, own_id, contents)
            async with asyncio.timeout(BACK_S):
                return await back
        except TimeoutError:
            raise Transient("XMPP: the room does not answer.") from None
        finally:
            self._coming_back.pop(own_id, None)

    def came_back(self, stanza: Element) -> bool:
        """A room says to all, us too, what it took; or says to us why it did not.

        True: that was for us alone.
        """
        id = stanza.get("id") or ""
        back = self._coming_back.get(id)
        if back is None or back.done():
            return False
        if stanza.get("type") == "error":
            back.set_exception(Refused(stanza))
        elif stanza.get("type") == "groupchat":
            back.set_result(self._ids.of(understood(Wrapped(stanza))))
        return stanza.get("type") == "error"

    def lost(self) -> None:
        """The connection is gone: nothing comes back over it."""
        for back in self._coming_back.values():
            if not back.done():
                back.set_exception(Transient("XMPP: the connection was lost."))

    async def _found(self, chat: str, own_id: str) -> str:
        """In the archive; empty if it is not there, or there is none."""
        is_room = self._is_room(chat)
        with suppress(Rejected):
            found = await self._archive.ask(
                chat if is_room else "",
                before="",
                other="" if is_room else chat,
                limit=LOOKED_AT,
            )
            for heard in map(understood, found.messages):
                if own_id in (heard.id, heard.origin_id):
                    return self._ids.of(heard)
        return ""

    def _is_room(self, chat: str) -> bool:
        return self._rooms.find(chat) is not None

    # -- about messages

    async def edit(self, target: str, out: Outgoing) -> None:
        chat, own_id = out.chat.id, writing.id_of(out.transaction)
        named = await self._ids.ours(chat, target)
        text = writing.worded(out.parts)
        if not text:
            raise Rejected("XMPP takes no empty messages.")
        await self._tell(chat, own_id, (*writing.said(text, own_id), writing.correction(named)))

    async def redact(self, chat: str, target: str) -> None:
        await self._tell(chat, writing.id_of(f"retract {target}"), writing.retraction(target))

    async def react(self, chat: str, target: str, emoji: str, is_there: bool) -> None:
        mine = await self._ids.reactions(chat, target, self._stream.own)
        kept = [it for it in mine if it != emoji] + [emoji] * is_there
        id = writing.id_of(f"react {target} {' '.join(kept)}")
        await self._tell(chat, id, writing.reactions(target, kept))
        await self._ids.keep_reactions(chat, target, self._stream.own, kept)

    async def _tell(self, chat: str, id: str, contents: Iterable[Element]) -> None:
        is_room = self._is_room(chat)
        if is_room:
            await self._rooms.joined(chat)
        self._stream.say("groupchat" if is_room else "chat", chat, id, contents)
        await self._stream.confirm()

    def hint(self, chat: str, contents: Iterable[Element]) -> None:
        """Worth something now only."""
        is_room = self._is_room(chat)
        id = writing.id_of(f"hint {asyncio.get_running_loop().time()}")
        self._stream.say("groupchat" if is_room else "chat", chat, id, contents)
