"""What the server says, as happenings."""

import asyncio
import re
from datetime import datetime
from secrets import token_hex

from attrs import define, field

from bridges.kit.chats import Chat
from bridges.kit.failures import Rejected
from bridges.kit.happenings import ChatChange, MemberChange, Message, Sender
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey, Part, Text, Unknown
from bridges.networks.irc.channels import Channels
from bridges.networks.irc.connection import Connection
from bridges.networks.irc.formatting import from_irc
from bridges.networks.irc.lines import Line

RANKS = re.compile(r"^[~&@%+!]+")
CANNOT_JOIN = frozenset(("403", "405", "437", "471", "473", "474", "475", "476", "477", "489"))
CANNOT_SEND = frozenset(("401", "403", "404", "442", "482"))
MAX_MEMBERS = 100_000


@define(eq=False)
class Hearing:
    _login_id: str
    _bridge: Bridge
    _channels: Channels
    _connection: Connection
    refused: dict[str, str] = field(factory=dict)
    """Why the server does not take what we said, by target."""
    joining: dict[str, asyncio.Future[None]] = field(factory=dict)
    listed: dict[str, Chat] = field(factory=dict)
    list_done: asyncio.Future[None] | None = None

    async def hear(self, line: Line) -> None:
        match line.command:
            case "PRIVMSG" | "NOTICE":
                await self._message(line)
            case "JOIN":
                await self._join(line)
            case "PART" | "KICK":
                await self._part(line)
            case "QUIT":
                await self._quit(line)
            case "NICK":
                await self._nick(line)
            case "TOPIC":
                await self._topic(line)
            case _:
                self._number(line)

    def _number(self, line: Line) -> None:
        name = line.parameter(1)
        if line.command == "332":
            self._channels.of(self._fold(name)).topic = line.parameter(2)
        elif line.command == "353":
            self._names(self._fold(line.parameter(2)), line.parameter(3).split())
        elif line.command == "366":
            if (joined := self.joining.get(self._fold(name))) and not joined.done():
                joined.set_result(None)
        elif line.command == "322":
            self.listed[name] = Chat(name, line.parameters[-1])
        elif line.command == "323" and self.list_done and not self.list_done.done():
            self.list_done.set_result(None)
        self._refusal(line)

    def _refusal(self, line: Line) -> None:
        target, why = self._fold(line.parameter(1)), line.parameters[-1] if line.parameters else ""
        joined = self.joining.get(target) if line.command in CANNOT_JOIN else None
        if joined and not joined.done():
            joined.set_exception(Rejected(f"IRC: {why}"))
        if line.command in CANNOT_SEND:
            self.refused[target] = why

    def _fold(self, name: str) -> str:
        return self._connection.fold(name)

    def _is_us(self, nick: str) -> bool:
        return self._fold(nick) == self._fold(self._connection.nick)

    def _key(self, channel: str) -> ChatKey:
        return ChatKey(self._fold(channel), self._login_id)

    def _sender(self, nick: str) -> Sender:
        self._channels.meet(self._fold(nick), nick)
        return Sender(self._fold(nick), nick)

    def _names(self, channel: str, names: list[str]) -> None:
        members = self._channels.of(channel).members
        for name in names:
            nick = RANKS.sub("", name).partition("!")[0]
            if nick and len(members) < MAX_MEMBERS:
                members[self._fold(nick)] = nick

    async def _message(self, line: Line) -> None:
        if "!" not in line.source or self._is_us(line.nick):
            # The server itself, or our own words that it repeats.
            return
        target, text = line.parameter(0).lstrip("~&@%+"), line.parameter(1)
        target = target if self._connection.is_channel(target) else line.nick
        if text.startswith("\x01"):
            part = await self._client_to_client(line, text.strip("\x01"))
        else:
            part = from_irc(text, "notice" if line.command == "NOTICE" else "say")
        if part is None:
            return
        message = Message(
            self._key(target),
            self._sender(line.nick),
            line.tags.get("msgid") or token_hex(16),
            (part,),
            sent_at_ms=sent_at_ms(line.tags.get("time", "")),
        )
        await self._bridge.receive(message)

    async def _client_to_client(self, line: Line, text: str) -> Part | None:
        """CTCP: an action is words; what asks for our client is answered; the rest is named."""
        command, _, rest = text.partition(" ")
        if command == "ACTION":
            return from_irc(rest, "act")
        if line.command == "NOTICE":
            return None
        if command == "VERSION":
            await self._connection.write("NOTICE", line.nick, "\x01VERSION Isthmus\x01")
        elif command == "PING":
            await self._connection.write("NOTICE", line.nick, f"\x01PING {rest[:100]}\x01")
        else:
            return Unknown(f"asks for {command[:20]}, which this bridge does not do")
        return None

    async def _join(self, line: Line) -> None:
        channel, folded = line.parameter(0), self._fold(line.parameter(0))
        if self._is_us(line.nick):
            self._channels.enter(folded, channel)
            return
        self._channels.of(folded).members[self._fold(line.nick)] = line.nick
        await self._moved(channel, line.nick, True)

    async def _part(self, line: Line) -> None:
        """Somebody goes, or is put out."""
        channel, is_kick = line.parameter(0), line.command == "KICK"
        gone = line.parameter(1) if is_kick else line.nick
        reason = line.parameter(2) if is_kick else line.parameter(1)
        if not self._is_us(gone):
            self._channels.of(self._fold(channel)).members.pop(self._fold(gone), None)
            await self._moved(channel, gone, False, reason)
            return
        self._channels.exit(self._fold(channel))
        if is_kick:
            words = Text(f"put you out of the channel: {reason}", manner="act")
            sender = self._sender(line.nick)
            await self._bridge.receive(Message(self._key(channel), sender, token_hex(16), (words,)))

    async def _quit(self, line: Line) -> None:
        folded = self._fold(line.nick)
        for channel in self._channels.with_member(folded):
            self._channels.of(channel).members.pop(folded, None)
            await self._moved(channel, line.nick, False, line.parameter(0))
        await self._connection.regain(line.nick)

    async def _nick(self, line: Line) -> None:
        """The old nick leaves and the new one comes: none is left behind."""
        old, new = line.nick, line.parameter(0)
        for channel in self._channels.with_member(self._fold(old)):
            members = self._channels.of(channel).members
            members.pop(self._fold(old), None)
            members[self._fold(new)] = new
            if self._is_us(new):
                continue
            if self._fold(new) != self._fold(old):
                await self._moved(channel, old, False, f"is now {new}")
            await self._moved(channel, new, True)
        await self._connection.regain(old)

    async def _moved(self, channel: str, nick: str, present: bool, reason: str = "") -> None:
        change = MemberChange(
            self._key(channel), self._sender(nick), token_hex(16), present, reason
        )
        await self._bridge.receive(change)

    async def _topic(self, line: Line) -> None:
        channel, topic = line.parameter(0), line.parameter(1)
        self._channels.of(self._fold(channel)).topic = topic
        if not self._is_us(line.nick):
            change = ChatChange(
                self._key(channel),
                self._sender(line.nick),
                token_hex(16),
                topic=from_irc(topic).body,
            )
            await self._bridge.receive(change)


def sent_at_ms(tag: str) -> int | None:
    try:
        return int(datetime.fromisoformat(tag).timestamp() * 1000)
    except ValueError:
        return None
