"""Rooms (XEP-0045): where we are, under which nick, and who else is there."""

import asyncio
from collections.abc import Iterator
from secrets import token_hex
from xml.etree.ElementTree import Element, SubElement

from attrs import define, evolve, field, frozen

from bridges.kit.chats import Levels
from bridges.kit.ears import Ears
from bridges.kit.failures import Rejected, Transient
from bridges.kit.happenings import ChatChange, ChatGone, Happening, MemberChange, Sender
from bridges.kit.parts import ChatKey
from bridges.networks.xmpp import names
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.stanzas import attribute, bare, condition, in_words, resource
from bridges.networks.xmpp.stream import Stream

JOIN_S = 30
MAX_NICKS = 5
LEVELS = {"owner": 100, "admin": 75}
MODERATOR = 50
SELF, CREATED, RENAMED, KICKED, BANNED = "110", "201", "303", "307", "301"
GONE = (KICKED, BANNED, "321", "322")
"""321 and 322: for members only, and not one any more."""


@frozen
class Occupant:
    """`id` outlives a change of the nick where the room lets it: an address, or an occupant-id."""

    id: str
    nick: str
    level: int = 0


@define(eq=False)
class Room:
    jid: str
    nick: str
    subject: str = ""
    is_joined: bool = False
    occupants: dict[str, Occupant] = field(factory=dict)
    by_occupant: dict[str, str] = field(factory=dict)
    """From a room's id of a person to ours."""
    joining: asyncio.Future[None] | None = None

    def others(self) -> dict[str, str]:
        return {it.id: it.nick for it in self.occupants.values() if it.nick != self.nick}

    def levels(self) -> Levels:
        users = {it.id: it.level for it in self.occupants.values() if it.nick != self.nick}
        return Levels({id: level for id, level in users.items() if level})

    def id_of(self, nick: str, occupant: str = "") -> str:
        if nick in self.occupants:
            return self.occupants[nick].id
        if occupant:
            return self.by_occupant.get(occupant, f"{self.jid}/#{occupant}")
        return f"{self.jid}/{nick}"


@frozen
class Place:
    """Whose the rooms are, empty if our people share them; and who of ours listens where."""

    login_id: str
    receiver: str
    ears: Ears


@define(eq=False)
class Rooms:
    _stream: Stream
    _place: Place
    _nick: str
    _known: dict[str, Room] = field(factory=dict)

    def key(self, jid: str) -> ChatKey:
        return ChatKey(jid, self._place.receiver)

    def others(self, room: Room) -> dict[str, str]:
        """Without our own people."""
        ears = self._place.ears
        return {id: nick for id, nick in room.others().items() if not ears.are_ours(nick, room.jid)}

    def levels(self, room: Room) -> Levels:
        others, all = self.others(room), room.levels()
        return Levels({id: level for id, level in all.users.items() if id in others})

    def listens(self, jid: str) -> bool:
        return self._place.ears.listens(jid, self._place.login_id)

    def find(self, jid: str) -> Room | None:
        return self._known.get(jid)

    async def joined(self, jid: str) -> Room:
        """Raises Rejected when the room does not let us in."""
        room = self._known.setdefault(jid, Room(jid, self._nick))
        while not room.is_joined:
            if room.joining is None:
                room.joining = asyncio.get_running_loop().create_future()
                self._enter(room)
            try:
                async with asyncio.timeout(JOIN_S):
                    await asyncio.shield(room.joining)
            except TimeoutError:
                raise Transient("XMPP: the room does not answer.") from None
            finally:
                if room.joining is not None and room.joining.done():
                    room.joining = None
        return room

    def leave(self, jid: str) -> None:
        if room := self._known.pop(jid, None):
            self._place.ears.exit(jid, self._place.login_id)
            self._stream.appear(f"{jid}/{room.nick}", type="unavailable")

    def leave_all(self) -> None:
        for jid, room in list(self._known.items()):
            if room.joining and not room.joining.done():
                room.joining.set_exception(Transient("XMPP: the connection was lost."))
            self.leave(jid)

    def be_called(self, nick: str) -> None:
        """From now on."""
        self._nick = nick
        for room in self._known.values():
            self._place.ears.will_be_called(self._place.login_id, nick, room.jid)
            self._stream.appear(f"{room.jid}/{nick}")

    def _enter(self, room: Room) -> None:
        """Without the past: the archive has it, with ids."""
        self._place.ears.is_called(self._place.login_id, room.nick, room.jid)
        x = Element(tag(names.MUC, "x"))
        SubElement(x, tag(names.MUC, "history"), maxstanzas="0")
        self._stream.appear(f"{room.jid}/{room.nick}", x)

    def heard(self, presence: Element) -> Iterator[Happening]:
        """What a presence in a room means. Others are none of our business here."""
        jid, nick = bare(presence.get("from") or ""), resource(presence.get("from") or "")
        room = self._known.get(jid)
        if room is None:
            return
        if presence.get("type") == "error":
            self._refused(room, presence)
        elif presence.get("type") == "unavailable":
            yield from self._left(room, nick, presence)
        else:
            yield from self._came(room, nick, presence)

    def _refused(self, room: Room, presence: Element) -> None:
        if condition(presence) == "conflict" and len(room.nick) < len(self._nick) + MAX_NICKS:
            room.nick += "_"
            self._enter(room)
        elif room.joining and not room.joining.done():
            room.joining.set_exception(Rejected(f"XMPP: {in_words(presence)}"))

    def _came(self, room: Room, nick: str, presence: Element) -> Iterator[Happening]:
        codes, new = statuses(presence), occupant(room, nick, presence)
        before = room.occupants.get(nick)
        room.occupants[nick] = new
        if SELF in codes:
            room.nick = nick
            if CREATED in codes:
                self._open(room)
            room.is_joined = True
            self._place.ears.is_called(self._place.login_id, nick, room.jid)
            self._place.ears.enter(room.jid, self._place.login_id)
            if room.joining and not room.joining.done():
                room.joining.set_result(None)
            return
        if not room.is_joined:
            return
        chat, sender = self.key(room.jid), Sender(new.id, nick)
        if before is None:
            yield MemberChange(chat, sender, new_id(), present=True)
        elif before.level != new.level:
            yield ChatChange(chat, sender, new_id(), levels=self.levels(room))

    def _left(self, room: Room, nick: str, presence: Element) -> Iterator[Happening]:
        codes, gone = statuses(presence), room.occupants.pop(nick, None)
        chat = self.key(room.jid)
        if RENAMED in codes and gone:
            item = presence.find(f".//{tag(names.MUC_USER, 'item')}")
            new = (item.get("nick") if item is not None else None) or nick
            id = gone.id if keeps_id(gone, room) else f"{room.jid}/{new}"
            renamed = evolve(gone, nick=new, id=id)
            room.occupants[new] = renamed
            if nick == room.nick:
                room.nick = new
                self._place.ears.is_called(self._place.login_id, new, room.jid)
            elif self._place.ears.are_ours(nick, room.jid):
                return
            elif renamed.id == gone.id:
                yield MemberChange(chat, Sender(gone.id, new), new_id(), present=True)
            else:
                yield MemberChange(chat, Sender(gone.id, nick), new_id(), present=False)
                yield MemberChange(chat, Sender(renamed.id, new), new_id(), present=True)
            return
        reason = presence.findtext(f".//{tag(names.MUC_USER, 'reason')}") or ""
        if SELF in codes or nick == room.nick:
            room.is_joined = False
            self._place.ears.exit(room.jid, self._place.login_id)
            destroyed = presence.find(f".//{tag(names.MUC_USER, 'destroy')}")
            if destroyed is not None or any(code in codes for code in GONE):
                self._known.pop(room.jid, None)
                yield ChatGone(chat, new_id(), reason or "We were put out of the room.")
        elif gone and room.is_joined:
            how = "banned" if BANNED in codes else "kicked" if KICKED in codes else ""
            by = actor(room, presence) if how else None
            left = Sender(gone.id, nick)
            yield MemberChange(chat, left, new_id(), present=False, reason=reason, how=how, by=by)

    def _open(self, room: Room) -> None:
        """A room that did not exist waits for its owner's wishes: the usual ones."""
        query = Element(tag(names.MUC_OWNER, "query"))
        SubElement(query, tag(names.DATA, "x"), type="submit")
        task = asyncio.create_task(self._stream.ask("set", room.jid, query))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())


def new_id() -> str:
    """Presences have no names of their own."""
    return token_hex(8)


def keeps_id(occupant: Occupant, room: Room) -> bool:
    return occupant.id != f"{room.jid}/{occupant.nick}"


def occupant(room: Room, nick: str, presence: Element) -> Occupant:
    item = presence.find(f"{tag(names.MUC_USER, 'x')}/{tag(names.MUC_USER, 'item')}")
    real = bare(item.get("jid") or "") if item is not None else ""
    own_id = attribute(presence, tag(names.OCCUPANT, "occupant-id"), "id")
    id = real or (f"{room.jid}/#{own_id}" if own_id else f"{room.jid}/{nick}")
    if own_id:
        room.by_occupant[own_id] = id
    affiliation = item.get("affiliation") or "" if item is not None else ""
    role = item.get("role") or "" if item is not None else ""
    level = LEVELS.get(affiliation, MODERATOR if role == "moderator" else 0)
    return Occupant(id, nick, level)


def statuses(presence: Element) -> set[str]:
    path = f"{tag(names.MUC_USER, 'x')}/{tag(names.MUC_USER, 'status')}"
    return {it.get("code") or "" for it in presence.findall(path)}


def actor(room: Room, presence: Element) -> Sender | None:
    found = presence.find(f".//{tag(names.MUC_USER, 'actor')}")
    nick = found.get("nick") if found is not None else None
    return Sender(room.id_of(nick), nick) if nick else None
