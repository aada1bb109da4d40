"""What the server says, handed on to whoever knows what it means."""

import asyncio

from attrs import define, field

from bridges.kit.chats import Chat
from bridges.kit.failures import Rejected
from bridges.kit.happenings import Read, Sender
from bridges.networks.irc.channels import Member
from bridges.networks.irc.lines import Line
from bridges.networks.irc.moving import MAX_MEMBERS, Moving
from bridges.networks.irc.past import Past
from bridges.networks.irc.place import Place
from bridges.networks.irc.words import Words

CANNOT_JOIN = frozenset(("403", "405", "437", "471", "473", "474", "475", "476", "477", "489"))
CANNOT_DO = frozenset(("401", "403", "404", "441", "442", "443", "472", "478", "482"))
MAX_HELD = 1_000
WORDS = frozenset(("PRIVMSG", "NOTICE", "TAGMSG", "REDACT"))


@define(eq=False)
class Hearing:
    place: Place
    words: Words = field(init=False)
    past: Past = field(init=False)
    _moving: Moving = field(init=False)
    refused: dict[str, str] = field(factory=dict)
    """Why the server does not do what we asked for, by target."""
    joining: dict[str, asyncio.Future[None]] = field(factory=dict)
    listed: dict[str, Chat] = field(factory=dict)
    list_done: asyncio.Future[None] | None = None
    _held: dict[str, list[Line]] = field(factory=dict)
    """What is said in channels while we ask for what was said before."""

    def __attrs_post_init__(self) -> None:
        self.words, self._moving = Words(self.place), Moving(self.place)
        self.past = Past(self.place, self.words)

    async def hear(self, line: Line) -> None:
        if line.command == "BATCH":
            self.past.note_batch(line)
        elif self.past.is_past(line):
            await self.past.hear(line)
        elif line.command in WORDS:
            held = self._held.get(self.place.fold(line.parameter(0)))
            if held is None or len(held) >= MAX_HELD:
                await self.words.hear(line)
            else:
                held.append(line)
        elif line.command.isdecimal():
            self._number(line)
        elif line.command == "FAIL":
            self._failed(line)
        elif line.command == "MARKREAD":
            await self._marked(line)
        else:
            await self._moving.hear(line)

    async def stop(self) -> None:
        await self._moving.splits.stop()

    def hold(self, channel: str) -> None:
        """Until it is let go, so that the past comes before it."""
        if self.place.connection.features.has_history:
            self._held[channel] = []

    async def let_go(self, channel: str) -> None:
        while held := self._held.get(channel):
            await self.words.hear(held.pop(0))
        self._held.pop(channel, None)

    def _failed(self, line: Line) -> None:
        """A standard reply: the command, a code, what it is about, and words."""
        for name in line.parameters[2:-1]:
            self.refused[self.place.fold(name)] = line.parameters[-1]

    async def _marked(self, line: Line) -> None:
        """We have read that, on another device."""
        place, chat = self.place, self.place.fold(line.parameter(0))
        if upto := place.markers.marked(chat, line.parameter(1)):
            me = Sender(place.login_id, place.connection.nick, me=True)
            await place.bridge.receive(Read(place.key(chat), me, upto))

    def _number(self, line: Line) -> None:
        name, channels = line.parameter(1), self.place.channels
        match line.command:
            case "332":
                channels.of(self.place.fold(name)).topic = line.parameter(2)
            case "324":
                channels.of(self.place.fold(name)).modes |= set(line.parameter(2)) - set("+-")
            case "353":
                self._names(self.place.fold(line.parameter(2)), line.parameter(3).split())
            case "366" if (joined := self.joining.get(self.place.fold(name))) and not joined.done():
                joined.set_result(None)
            case "367":
                channels.of(self.place.fold(name)).banned.add(line.parameter(2))
            case "322":
                self.listed[name] = Chat(name, line.parameters[-1])
            case "323" if self.list_done and not self.list_done.done():
                self.list_done.set_result(None)
        self._refusal(line)

    def _refusal(self, line: Line) -> None:
        why = line.parameters[-1] if line.parameters else ""
        target = self.place.fold(line.parameter(1))
        joined = self.joining.get(target) if line.command in CANNOT_JOIN else None
        if joined and not joined.done():
            joined.set_exception(Rejected(f"IRC: {why}"))
        if line.command in CANNOT_DO:
            for name in line.parameters[1:-1]:
                self.refused[self.place.fold(name)] = why

    def _names(self, channel: str, names: list[str]) -> None:
        members = self.place.channels.of(channel).members
        for name in names:
            ranks, rest = self.place.connection.features.ranks_of(name)
            nick = rest.partition("!")[0]
            if nick and len(members) < MAX_MEMBERS:
                members[self.place.fold(nick)] = Member(nick, ranks)
