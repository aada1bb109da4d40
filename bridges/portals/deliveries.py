"""What was said on the network, as events."""

import time

from attrs import frozen

from bridges.kit.happenings import Edit, Message, PollEnd, React, Remove, Story, Unreact, Vote
from bridges.kit.parts import Link, Part, Text
from bridges.matrix.client import MatrixError
from bridges.portals.contents import MESSAGE, Composer, Content, forwarded
from bridges.portals.expiry import Expiry
from bridges.portals.ground import Ground
from bridges.portals.polls import END, RESPONSE, end_content, response_content
from bridges.portals.relations import on_matrix
from bridges.portals.stories import shown
from bridges.portals.voices import Event, Voices
from bridges.storage import messages, outbox, polls
from bridges.storage.database import Transaction
from bridges.storage.messages import Pair, Reaction
from bridges.storage.outbox import Arrival
from bridges.storage.places import Portal

Said = Message | Story | Edit | Remove | React | Unreact | Vote | PollEnd
MEDIA = frozenset(("m.image", "m.video", "m.audio", "m.file"))


@frozen
class Way:
    """Of one arrival: into which room, and how its files and people become Matrix'."""

    portal: Portal
    composer: Composer
    arrival: Arrival

    def transaction(self, place: int = 0) -> str:
        return f"{self.arrival.transaction_id}.{place}"


@frozen
class Deliveries:
    _ground: Ground
    _voices: Voices
    _expiry: Expiry

    async def deliver(self, way: Way, said: Said) -> None:
        match said:
            case Message():
                await self._message(way, said)
            case Story():
                if message := shown(said):
                    await self._message(way, message)
            case Edit():
                await self._edit(way, said)
            case Remove():
                await self._remove(way, said)
            case React():
                await self._react(way, said)
            case Unreact():
                await self._unreact(way, said)
            case Vote() | PollEnd():
                await self._poll(way, said)

    async def _pairs(self, way: Way, remote_id: str) -> list[Pair]:
        return await self._ground.db.write(messages.by_remote_id, way.portal.chat, remote_id)

    async def _message(self, way: Way, message: Message) -> None:
        relates = await self._ground.db.write(
            on_matrix, way.portal.chat, message.reply_to, message.thread
        )
        pairs = []
        for place, part in enumerate(told(message)):
            content = await way.composer.content(part)
            said_at = in_the_past(message.sent_at_ms)
            event = Event(content.type, content.json | relates, way.transaction(place), said_at)
            event_id, sender = await self._voices.say(way.portal, message.sender, event)
            pairs.append(Pair(message.id, event_id, sender))
        for pair in pairs if message.expires_in_ms else ():
            await self._expiry.add(way.portal, pair.event_id, message.expires_in_ms or 0)
        await self._ground.db.write(arrived, way.arrival, pairs)

    async def _edit(self, way: Way, edit: Edit) -> None:
        """Part by part; what has grown longer is said beside."""
        pairs = await self._pairs(way, edit.target)
        for place, (part, pair) in enumerate(zip(edit.parts, pairs, strict=False)):
            new = await self._renewed(way, part, pair)
            content = new.json | {
                "body": f"* {new.json.get('body', '')}",
                "m.new_content": new.json,
                "m.relates_to": {"rel_type": "m.replace", "event_id": pair.event_id},
            }
            event = Event(new.type, content, way.transaction(place))
            await self._voices.say(way.portal, edit.sender, event, before=pair.sender)
        for place, part in enumerate(edit.parts[len(pairs) :] if pairs else (), len(pairs)):
            new = await way.composer.content(part)
            event = Event(new.type, new.json, way.transaction(place))
            event_id, sender = await self._voices.say(way.portal, edit.sender, event)
            pair = Pair(edit.target, event_id, sender)
            await self._ground.db.write(messages.pair, way.portal.chat, pair, place)

    async def _renewed(self, way: Way, part: Part, pair: Pair) -> Content:
        """New words for a file are its caption: the file stays."""
        new = await way.composer.content(part)
        if not isinstance(part, Text):
            return new
        try:
            before = await self._ground.rooms.event(way.portal.room_id, pair.event_id)
        except MatrixError:
            return new
        former = before.get("content", {})
        if former.get("msgtype") not in MEDIA:
            return new
        file = {key: it for key, it in former.items() if key not in ("m.relates_to", "format")}
        words = {key: it for key, it in new.json.items() if key != "msgtype"}
        return Content(MESSAGE, {"filename": former.get("body")} | file | words)

    async def _remove(self, way: Way, gone: Remove) -> None:
        for place, pair in enumerate(await self._pairs(way, gone.target)):
            unique, room_id = way.transaction(place), way.portal.room_id
            await self._ground.rooms.redact(room_id, pair.event_id, unique, None)

    async def _react(self, way: Way, react: React) -> None:
        for pair in (await self._pairs(way, react.target))[:1]:
            relates = {"rel_type": "m.annotation", "event_id": pair.event_id, "key": react.emoji}
            event = Event("m.reaction", {"m.relates_to": relates}, way.transaction())
            event_id, _ = await self._voices.say(way.portal, react.sender, event)
            reaction = Reaction(event_id, react.target, react.sender.id, react.emoji)
            await self._ground.db.write(messages.add_reaction, way.portal.chat, reaction)

    async def _unreact(self, way: Way, gone: Unreact) -> None:
        found = await self._ground.db.write(
            messages.reactions_of, way.portal.chat, gone.target, gone.sender.id, gone.emoji
        )
        for place, reaction in enumerate(found):
            unique, room_id = way.transaction(place), way.portal.room_id
            await self._ground.rooms.redact(room_id, reaction.event_id, unique, None)
            await self._ground.db.write(messages.take_reaction, reaction.event_id)

    async def _poll(self, way: Way, said: Vote | PollEnd) -> None:
        """In a poll of ours the answers are named by their places; in others' as they like."""
        for pair in (await self._pairs(way, said.target))[:1]:
            known = await self._ground.db.write(polls.answers, pair.event_id)
            if isinstance(said, Vote):
                content = response_content(pair.event_id, said.options)
                if known:
                    chosen = [known[it][0] for it in said.options if it < len(known)]
                    content[RESPONSE] = {"answers": chosen}
                event = Event(RESPONSE, content, way.transaction())
            else:
                texts = [text for _, text in known]
                content = end_content(pair.event_id, list(zip(texts, said.counts, strict=False)))
                event = Event(END, content, way.transaction())
            await self._voices.say(way.portal, said.sender, event)


def told(message: Message) -> list[Part]:
    """Its parts as they are shown. Clients look at addresses in texts themselves."""
    text = "\n".join(it.body for it in message.parts if isinstance(it, Text))
    parts = [it for it in message.parts if not (isinstance(it, Link) and it.url in text)]
    if message.forwarded_from and parts:
        parts[0] = forwarded(parts[0], message.forwarded_from)
    return parts


def in_the_past(sent_at_ms: int | None) -> int | None:
    """Clocks of networks may be wrong; the homeserver knows what is now."""
    is_past = sent_at_ms is not None and 0 < sent_at_ms < time.time() * 1000
    return sent_at_ms if is_past else None


def arrived(txn: Transaction, arrival: Arrival, pairs: list[Pair]) -> None:
    for part, one in enumerate(pairs):
        messages.pair(txn, arrival.happening.chat, one, part)
    outbox.remove_arrival(txn, arrival)
