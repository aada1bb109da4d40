"""What is said, as happenings: messages, and what stands in the tags of lines without words."""

from collections import OrderedDict

from attrs import define, field

from bridges.kit.happenings import Happening, Message, React, Remove, Typing, Unreact
from bridges.kit.parts import Part, Text, Unknown
from bridges.networks.irc.formatting import from_irc
from bridges.networks.irc.lines import Line
from bridges.networks.irc.place import Place, id_of, sent_at_ms

MAX_KNOWN = 5_000
TYPING_S = {"active": 6, "paused": 30, "done": 0}
REPLY = ("+draft/reply", "+reply")
STATUS_SIGNS = "~&@%+"


@define(eq=False)
class Authors:
    """Who said which of the last messages, to answer by name where there are no tags."""

    _nicks: "OrderedDict[str, str]" = field(factory=OrderedDict)

    def note(self, id: str, nick: str) -> None:
        self._nicks[id] = nick
        while len(self._nicks) > MAX_KNOWN:
            self._nicks.popitem(last=False)

    def of(self, id: str) -> str | None:
        return self._nicks.get(id)


@define(eq=False)
class Words:
    _place: Place
    authors: Authors = field(factory=Authors)

    async def hear(self, line: Line) -> None:
        """PRIVMSG, NOTICE, TAGMSG, REDACT."""
        happening = await self._happening(line)
        if happening is not None:
            await self._place.heard.receive(happening)

    def message(self, line: Line, part: Part) -> Message:
        place, id = self._place, id_of(line)
        self.authors.note(id, line.nick)
        chat = place.fold(self._target(line))
        place.markers.note(chat, id, line.tags.get("time", ""))
        return Message(
            place.key(self._target(line)),
            place.sender(line.nick),
            id,
            (part,),
            reply_to=reply_of(line),
            sent_at_ms=sent_at_ms(line.tags.get("time", "")),
        )

    def _target(self, line: Line) -> str:
        """What is said to us alone belongs to the conversation with whoever says it."""
        target = line.parameter(0).lstrip(STATUS_SIGNS)
        return target if self._place.connection.is_channel(target) else line.nick

    async def _happening(self, line: Line) -> Happening | None:
        if "!" not in line.source or self._place.connection.is_us(line.nick):
            # The server itself, or our own words that it repeats.
            return None
        if line.command == "TAGMSG":
            return self._sign(line)
        if line.command == "REDACT":
            chat = self._place.key(self._target(line))
            return Remove(chat, self._place.sender(line.nick), line.parameter(1))
        part = spoken(line) or await self._client_to_client(line)
        return self.message(line, part) if part else None

    def _sign(self, line: Line) -> Happening | None:
        chat, sender = self._place.key(self._target(line)), self._place.sender(line.nick)
        tags, target = line.tags, reply_of(line)
        if "+typing" in tags:
            return Typing(chat, sender, TYPING_S.get(tags["+typing"], 0))
        if target and (emoji := tags.get("+draft/react")):
            return React(chat, sender, target, emoji)
        if target and (emoji := tags.get("+draft/unreact")):
            return Unreact(chat, sender, target, emoji)
        return None

    async def _client_to_client(self, line: Line) -> Part | None:
        """CTCP: what asks for our client is answered; the rest is named."""
        command, _, rest = line.parameter(1).strip("\x01").partition(" ")
        if line.command == "NOTICE" or "batch" in line.tags:
            return None
        if command == "VERSION":
            await self._answer(line, "VERSION Isthmus")
        elif command == "PING":
            await self._answer(line, f"PING {rest[:100]}")
        elif command:
            return Unknown(f"asks for {command[:20]}, which this bridge does not do")
        return None

    async def _answer(self, line: Line, text: str) -> None:
        await self._place.connection.write("NOTICE", line.nick, f"\x01{text}\x01")


def spoken(line: Line) -> Text | None:
    """None for what programs say to programs."""
    text = line.parameter(1)
    if not text.startswith("\x01"):
        return from_irc(text, "notice" if line.command == "NOTICE" else "say")
    command, _, rest = text.strip("\x01").partition(" ")
    return from_irc(rest, "act") if command == "ACTION" else None


def reply_of(line: Line) -> str | None:
    return next((line.tags[it] for it in REPLY if line.tags.get(it)), None)
