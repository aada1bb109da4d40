"""What was said before: what servers play when we come (a batch), and what we ask for."""

from collections import defaultdict
from typing import Any

from attrs import define, field

from bridges.kit.abilities import Page
from bridges.kit.happenings import Message
from bridges.kit.parts import ChatKey
from bridges.networks.irc.lines import Line
from bridges.networks.irc.place import Place
from bridges.networks.irc.words import Words, spoken

PLAYED = frozenset(("chathistory", "draft/chathistory"))
MAX_PLAYED = 1_000
SAID = frozenset(("PRIVMSG", "NOTICE"))


@define(eq=False)
class Past:
    """`ours`: what we ourselves said in a chat, the oldest first, as (id, text)."""

    _place: Place
    _words: Words
    ours: "defaultdict[str, list[tuple[str, str]]]" = field(factory=lambda: defaultdict(list))
    _played: "defaultdict[str, list[Message]]" = field(factory=lambda: defaultdict(list))
    _batches: dict[str, str | None] = field(factory=dict)
    """Those that are open, with their chats; None for what we have asked for."""

    def is_past(self, line: Line) -> bool:
        return line.tags.get("batch", "") in self._batches

    def note_batch(self, line: Line) -> None:
        reference = line.parameter(0)
        if reference.startswith("+") and line.parameter(1) in PLAYED:
            asked = "label" in line.tags
            chat = None if asked else self._place.fold(line.parameter(2))
            self._batches[reference[1:]] = chat
        elif reference.startswith("-"):
            self._batches.pop(reference[1:], None)

    async def hear(self, line: Line) -> None:
        """A line of the past that is played to us: news, unless it is known by its id."""
        chat = self._batches[line.tags["batch"]]
        if chat is None or line.command not in SAID or "!" not in line.source:
            return
        if self._place.was_us(line.nick):
            self.note_ours(chat, line)
            return
        part = spoken(line)
        if part is None:
            return
        message = self._words.message(line, part)
        played = self._played[chat]
        if "msgid" in line.tags:
            played.append(message)
            del played[:-MAX_PLAYED]
            await self._place.heard.receive(message)

    def note_ours(self, chat: str, line: Line) -> None:
        known = self.ours[chat]
        if "msgid" in line.tags and all(id != line.tags["msgid"] for id, _ in known):
            known.append((line.tags["msgid"], line.parameter(1)))
            del known[:-MAX_PLAYED]

    async def page(self, chat: ChatKey, before: str | None, limit: int) -> Page:
        """By CHATHISTORY, or what was played when we came."""
        if not self._place.connection.features.has_history:
            return Page(() if before else tuple(self._played[chat.id][-limit:]))
        lines = await self._asked(chat.id, before, limit)
        messages = [self._message(line, part) for line in lines if (part := spoken(line))]
        oldest = place_of(lines[0]) if len(lines) >= limit else None
        return Page(tuple(messages), oldest)

    def _message(self, line: Line, part: Any) -> Message:
        return self._words.message(line, part)

    async def _asked(self, chat: str, before: str | None, limit: int) -> list[Line]:
        words = ("BEFORE", chat, before) if before else ("LATEST", chat, "*")
        answer = await self._place.connection.ask("CHATHISTORY", *words, str(limit))
        return [it for it in answer if it.command in SAID and "!" in it.source]

    async def catch_up(self, chat: str, limit: int = 100) -> None:
        """After we came: what was said meanwhile, where the server tells on being asked."""
        if not self._place.connection.features.has_history:
            return
        for line in await self._asked(chat, None, limit):
            if self._place.was_us(line.nick):
                self.note_ours(chat, line)
            elif "msgid" in line.tags and (part := spoken(line)):
                await self._place.heard.receive(self._message(line, part))


def place_of(line: Line) -> str | None:
    """How the server is asked for what was before."""
    if "msgid" in line.tags:
        return f"msgid={line.tags['msgid']}"
    return f"timestamp={line.tags['time']}" if "time" in line.tags else None
