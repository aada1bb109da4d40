"""What we say, once: what may have been said already is looked for before it is repeated."""

import json
from collections.abc import Iterator
from secrets import token_hex

from attrs import define, field, frozen

from bridges.kit.failures import Rejected
from bridges.kit.network import Bridge
from bridges.kit.parts import ChatKey, Outgoing, Part, Sent, Text, in_words
from bridges.networks.irc.connection import Connection
from bridges.networks.irc.formatting import to_irc
from bridges.networks.irc.hearing import Hearing
from bridges.networks.irc.lines import cut

MAX_LINES = 20


@frozen
class Attempt:
    """Noted before the first line is written. `after` is what we had said before it."""

    transaction: str
    after: str

    def to_text(self) -> str:
        return json.dumps([self.transaction, self.after])

    @classmethod
    def from_text(cls, text: str | None) -> "Attempt | None":
        return cls(*json.loads(text)) if text else None


@define(eq=False)
class Speaking:
    """Survives connections: `_last` is the id of what we said last, by chat."""

    _bridge: Bridge
    _last: dict[str, str] = field(factory=dict)

    async def say(self, out: Outgoing, connection: Connection, hearing: Hearing) -> Sent:
        target = out.chat.id
        lines = list(lines_of(out, connection, hearing))
        if not lines:
            raise Rejected("IRC cannot carry an empty message.")
        if len(lines) > MAX_LINES:
            raise Rejected(f"That would be {len(lines)} lines; IRC is given {MAX_LINES} at most.")
        if not connection.features.has_labels:
            await self._say_and_confirm(lines, target, connection, hearing)
            return Sent(out.transaction)
        said = await self._said_already(out, lines, hearing)
        reply = out.reply_to if out.reply_to and connection.features.has_tags else None
        tags = {"+draft/reply": reply} if reply else {}
        for line in lines[len(said) :]:
            answer = await connection.ask("PRIVMSG", target, line, tags=tags)
            ids = [
                it.tags["msgid"] for it in answer if it.command == "PRIVMSG" and "msgid" in it.tags
            ]
            said.append(ids[0] if ids else token_hex(16))
            self._last[target] = said[-1]
            hearing.words.authors.note(said[-1], connection.nick)
            times = [it.tags.get("time", "") for it in answer if it.command == "PRIVMSG"]
            hearing.place.markers.note(target, said[-1], times[0] if times else "")
        return Sent(said[0], tuple(said[1:]))

    async def _said_already(self, out: Outgoing, lines: list[str], hearing: Hearing) -> list[str]:
        """The ids of the lines that the server has, where a try before this one was cut off."""
        name = f"saying {out.chat.id}"
        before = Attempt.from_text(await self._bridge.kept(name))
        if before is None or before.transaction != out.transaction:
            attempt = Attempt(out.transaction, self._last_of(out.chat, hearing))
            await self._bridge.keep(name, attempt.to_text())
            return []
        ours = hearing.past.ours[out.chat.id]
        return matching(lines, ours, before.after)

    def _last_of(self, chat: ChatKey, hearing: Hearing) -> str:
        ours = hearing.past.ours[chat.id]
        return self._last.get(chat.id) or (ours[-1][0] if ours else "")

    async def _say_and_confirm(
        self, lines: list[str], target: str, connection: Connection, hearing: Hearing
    ) -> None:
        hearing.refused.pop(connection.fold(target), None)
        await connection.confirm([("PRIVMSG", target, line) for line in lines])
        if why := hearing.refused.pop(connection.fold(target), None):
            raise Rejected(f"IRC: {why}")


def matching(lines: list[str], ours: list[tuple[str, str]], after: str) -> list[str]:
    """How many of the lines stand, in order, behind what we had said before."""
    places = [place for place, (id, _) in enumerate(ours) if id == after]
    found: list[str] = []
    for id, text in ours[places[-1] + 1 if places else 0 :]:
        if len(found) < len(lines) and text == lines[len(found)]:
            found.append(id)
    return found


def lines_of(out: Outgoing, connection: Connection, hearing: Hearing) -> Iterator[str]:
    """A reply begins with a name where the server carries no tags."""
    room, name = connection.room_for("PRIVMSG", out.chat.id), ""
    if out.reply_to and not connection.features.has_tags:
        author = hearing.words.authors.of(out.reply_to)
        name = f"{author}: " if author else ""
    for place, part in enumerate(out.parts):
        yield from said(part, room, name if place == 0 else "")


def said(part: Part, room: int, name: str = "") -> list[str]:
    """The lines of a part."""
    if isinstance(part, Text) and part.manner == "act":
        marks = len("\x01ACTION \x01")
        return [f"\x01ACTION {it}\x01" for it in cut(name + to_irc(part), room - marks)]
    text = to_irc(part) if isinstance(part, Text) else to_irc(Text(in_words(part)))
    return list(cut(name + text, room)) if text.strip() else []
