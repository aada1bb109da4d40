"""What may be asked of XMPP, whatever the session's person speaks by."""

import asyncio
import re
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from xml.etree.ElementTree import Element, SubElement

from attrs import define, field, frozen

from bridges.kit.abilities import Page
from bridges.kit.chats import Chat, User
from bridges.kit.connection import Connection
from bridges.kit.ears import Ears, SharedEar
from bridges.kit.failures import Rejected, Transient
from bridges.kit.happenings import Sender
from bridges.kit.marks import SPANS
from bridges.kit.network import Bridge, Capabilities, Login, Session
from bridges.kit.parts import ChatKey, Outgoing, Sent
from bridges.kit.web import Web, web
from bridges.networks.xmpp import names, writing
from bridges.networks.xmpp.archive import Archive
from bridges.networks.xmpp.catching_up import CatchingUp
from bridges.networks.xmpp.directory import Directory
from bridges.networks.xmpp.hearing import Hearing
from bridges.networks.xmpp.ids import Ids, Notes
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.rooms import Place, Rooms
from bridges.networks.xmpp.sending import Sending
from bridges.networks.xmpp.settings import XmppSettings
from bridges.networks.xmpp.stanzas import bare
from bridges.networks.xmpp.stream import Stream
from bridges.networks.xmpp.uploads import Uploads

ADDRESS = re.compile(r"[^\s@/\"'<>&:]{1,512}@[^\s@/\"'<>&]{1,512}")
OWNER, ADMIN = 100, 50
CAUGHT_UP = "caught up"
READY_S = 40


@frozen
class Company:
    """Who else of ours is there. `receiver` is whose the rooms are: empty if all share them."""

    receiver: str = ""
    ears: Ears = field(factory=Ears)


@define(eq=False)
class Connected:
    stream: Stream
    web: Web
    rooms: Rooms
    archive: Archive
    directory: Directory
    hearing: Hearing
    sending: Sending
    catching_up: CatchingUp
    is_ready: asyncio.Event = field(factory=asyncio.Event)


@define(eq=False)
class XmppSession(Session):
    capabilities = Capabilities(
        media_max_bytes=50_000_000,
        replies=True,
        spans=SPANS,
        threads=True,
    )

    _settings: XmppSettings
    _login: Login
    _bridge: Bridge
    _company: Company = field(factory=Company)
    _connection: Connection[Connected] = field(factory=partial(Connection, "XMPP"))
    _up: asyncio.Event = field(factory=asyncio.Event)

    @abstractmethod
    async def _open(self) -> tuple[Stream, str]:
        """With the nick for rooms. Raises BadCredentials, Transient or Fatal."""

    async def run(self) -> None:
        stream, nick = await self._open()
        try:
            async with web("XMPP", *self._settings.files_from.split()) as found:
                with self._connection.holding(self._build(stream, nick, found)) as connected:
                    await self._live(connected)
        finally:
            stream.close()
        raise Transient("XMPP: the connection was lost.")

    async def _live(self, connected: Connected) -> None:
        self._up.set()
        catching_up = asyncio.create_task(self._catch_up(connected))
        try:
            await self._listen(connected, catching_up)
        finally:
            catching_up.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await catching_up
            connected.sending.lost()
            connected.rooms.leave_all()
            self._up.clear()

    def _build(self, stream: Stream, nick: str, found: Web) -> Connected:
        login_id, company = self._login.id, self._company
        rooms = Rooms(stream, Place(login_id, company.receiver, company.ears), nick)
        archive, directory = Archive(stream), Directory(stream)
        ids = Ids(self._notes(), stream.own)
        ear = SharedEar(self._bridge, company.ears, login_id, self._is_ours)
        hearing = Hearing(login_id, ear, stream, rooms, ids)
        uploads = Uploads(stream, found, directory, self._settings.media_max_bytes)
        sending = Sending(stream, rooms, archive, ids, uploads)
        catching_up = CatchingUp(self._bridge, rooms, archive, hearing, stream.own)
        return Connected(stream, found, rooms, archive, directory, hearing, sending, catching_up)

    def _notes(self) -> Notes:
        return self._bridge

    def _is_ours(self, sender: Sender, chat: str) -> bool:
        return self._company.ears.are_ours(sender.name, chat)

    async def _catch_up(self, connected: Connected) -> None:
        try:
            await connected.catching_up.come_back()
            connected.is_ready.set()
        finally:
            await connected.stream.news.put(Element(CAUGHT_UP))

    async def _listen(self, connected: Connected, catching_up: asyncio.Task[None]) -> None:
        """Presences at once, as joining waits for them; messages after what came before them."""
        hearing, waiting = connected.hearing, list[Element]()
        while (stanza := await connected.stream.news.get()) is not None:
            if stanza.tag == CAUGHT_UP:
                await catching_up
            elif stanza.tag == tag(names.CLIENT, "presence"):
                await hearing.hear(stanza)
            elif not connected.sending.came_back(stanza) and self._tells(stanza):
                waiting.append(stanza)
            while waiting and connected.is_ready.is_set():
                await hearing.hear(waiting.pop(0))

    def _tells(self, stanza: Element) -> bool:
        """Of a room that several of ours are in, one listens for all."""
        if stanza.get("type") != "groupchat":
            return True
        return self._company.ears.listens(bare(stanza.get("from") or ""), self._login.id)

    def _now(self) -> Connected:
        return self._connection.now()

    async def _ready(self) -> Connected:
        """When we are connected, and in the rooms of before."""
        try:
            async with asyncio.timeout(READY_S):
                await self._up.wait()
                connected = self._now()
                await connected.is_ready.wait()
        except TimeoutError:
            raise Transient("We are not connected to XMPP at the moment.") from None
        return connected

    async def _at(self, chat: ChatKey) -> Connected:
        """Where something is about to be said."""
        return await self._ready()

    # -- messages

    async def send(self, out: Outgoing) -> Sent:
        first, *more = await (await self._at(out.chat)).sending.send(out)
        return Sent(first, tuple(more))

    async def edit(self, target: str, out: Outgoing) -> None:
        await (await self._at(out.chat)).sending.edit(checked(target), out)

    async def redact(self, chat: ChatKey, target: str) -> None:
        await (await self._at(chat)).sending.redact(chat.id, checked(target))

    async def react(self, chat: ChatKey, target: str, emoji: str) -> None:
        await (await self._at(chat)).sending.react(chat.id, checked(target), emoji, True)

    async def unreact(self, chat: ChatKey, target: str, emoji: str) -> None:
        await (await self._at(chat)).sending.react(chat.id, checked(target), emoji, False)

    async def typing(self, chat: ChatKey, is_typing: bool) -> None:
        self._now().sending.hint(chat.id, writing.state(is_typing))

    async def read(self, chat: ChatKey, upto: str) -> None:
        self._now().sending.hint(chat.id, writing.displayed(upto))

    async def fetch(self, reference: str, max_bytes: int) -> bytes:
        return (await self._now().web.fetch(reference, max_bytes)).body

    async def history(self, chat: ChatKey, before: str | None, limit: int) -> Page:
        connected = await self._ready()
        is_room = connected.rooms.find(chat.id) is not None
        found = await connected.archive.ask(
            chat.id if is_room else "",
            before=before or "",
            other="" if is_room else chat.id,
            limit=min(limit, 200),
        )
        told = [await connected.hearing.past(it, chat) for it in found.messages]
        return Page(tuple(it for it in told if it), None if found.is_whole else found.first)

    # -- chats and people

    async def user(self, id: str) -> User:
        connected = await self._ready()
        room = connected.rooms.find(bare(id))
        nick = room.others().get(id, "") if room else ""
        # An id that a room has given to somebody is no address.
        address = f"{bare(id)}/{nick}" if room and nick and "/#" in id else id
        return await connected.directory.user(address, nick)

    async def chat(self, key: ChatKey) -> Chat:
        connected = await self._ready()
        if connected.rooms.find(key.id) is None and not await connected.directory.is_room(key.id):
            user = await self.user(key.id)
            return Chat(user.name, kind="dm", members={key.id: user.name}, picture=user.picture)
        room = await connected.catching_up.enter(key.id)
        name = await connected.directory.name_of(key.id)
        return Chat(
            name,
            room.subject,
            members=connected.rooms.others(room),
            has_all_members=True,
            levels=connected.rooms.levels(room),
        )

    async def open_chat(self, name: str) -> ChatKey:
        jid = name.strip().removeprefix("xmpp:").partition("?")[0].lower()
        if not ADDRESS.fullmatch(jid):
            raise Rejected("Say an address of XMPP: somebody@example.org, room@rooms.example.org.")
        connected = await self._ready()
        if await connected.directory.is_room(jid):
            await connected.catching_up.enter(jid)
            return connected.rooms.key(jid)
        return ChatKey(jid, self._login.id)

    async def leave_chat(self, chat: ChatKey) -> None:
        connected = self._now()
        await connected.catching_up.leave(chat.id)
        await connected.stream.confirm()

    async def directory(self, search: str) -> dict[str, Chat]:
        found = await self._now().directory.rooms(search)
        return {jid: Chat(name or jid) for jid, name in found.items()}

    # -- what moderators do

    async def set_topic(self, chat: ChatKey, topic: str) -> None:
        connected = await self._at(chat)
        subject = Element(tag(names.CLIENT, "subject"))
        subject.text = writing.clean(topic)
        id = writing.id_of(f"subject {chat.id} {topic}")
        connected.stream.say("groupchat", self._room(chat), id, (subject,))
        await connected.stream.confirm()

    async def kick(self, chat: ChatKey, user: str, reason: str) -> None:
        nick = self._nick(chat, user)
        await self._administrate(chat, {"nick": nick, "role": "none"}, reason)

    async def ban(self, chat: ChatKey, user: str, reason: str) -> None:
        item = {"jid": address_of(user), "affiliation": "outcast"}
        await self._administrate(chat, item, reason)

    async def unban(self, chat: ChatKey, user: str) -> None:
        await self._administrate(chat, {"jid": address_of(user), "affiliation": "none"}, "")

    async def set_levels(self, chat: ChatKey, users: Mapping[str, int]) -> None:
        for user, level in users.items():
            affiliation = "owner" if level >= OWNER else "admin" if level >= ADMIN else "member"
            item = {"jid": address_of(user), "affiliation": affiliation}
            await self._administrate(chat, item, "")

    async def invite(self, chat: ChatKey, user: str) -> None:
        invitation = writing.element(names.INVITE, "x", jid=self._room(chat))
        id = writing.id_of(f"invite {chat.id} {user}")
        self._now().stream.say("normal", address_of(user), id, (invitation,))
        await self._now().stream.confirm()

    def _room(self, chat: ChatKey) -> str:
        if self._now().rooms.find(chat.id) is None:
            raise Rejected("That is a conversation of two.")
        return chat.id

    def _nick(self, chat: ChatKey, user: str) -> str:
        room = self._now().rooms.find(self._room(chat))
        nick = room.others().get(user) if room else None
        if nick is None:
            raise Rejected("They are not in the room.")
        return nick

    async def _administrate(self, chat: ChatKey, item: dict[str, str], reason: str) -> None:
        query = Element(tag(names.MUC_ADMIN, "query"))
        asked = SubElement(query, tag(names.MUC_ADMIN, "item"), item)
        if reason:
            SubElement(asked, tag(names.MUC_ADMIN, "reason")).text = writing.clean(reason)
        await self._now().stream.ask("set", self._room(chat), query)


def checked(target: str) -> str:
    if not target or len(target) > 1000:
        raise Rejected("XMPP has no such message.")
    return target


def address_of(user: str) -> str:
    if "/" in user:
        raise Rejected("The room hides their address, by which XMPP knows whom it is about.")
    return user
