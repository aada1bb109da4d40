"""What was said on the network, as events."""

from typing import Any

from attrs import frozen

from bridges.kit.happenings import Edit, Message, PollEnd, React, Remove, Unreact, Vote
from bridges.kit.parts import ChatKey
from bridges.portals.contents import to_content
from bridges.portals.files import Files
from bridges.portals.ground import Ground
from bridges.portals.voices import MESSAGE, Event, Voices
from bridges.storage import messages, outbox
from bridges.storage.database import Transaction
from bridges.storage.messages import Pair, Reaction
from bridges.storage.outbox import Arrival
from bridges.storage.places import Portal

JsonObject = dict[str, Any]
Said = Message | Edit | Remove | React | Unreact | Vote | PollEnd


@frozen
class Deliveries:
    _ground: Ground
    _voices: Voices

    async def deliver(self, portal: Portal, arrival: Arrival, said: Said, files: Files) -> None:
        """What it leaves behind is noted; the arrival itself is removed by the caller."""
        match said:
            case Message():
                await self._message(portal, arrival, said, files)
            case Edit():
                await self._edit(portal, arrival, said, files)
            case Remove():
                await self._remove(portal, arrival, said)
            case React():
                await self._react(portal, arrival, said)
            case Unreact():
                await self._unreact(portal, arrival, said)
            case Vote():
                chosen = ", ".join(str(place + 1) for place in said.options) or "nothing any more"
                content = {"msgtype": "m.notice", "body": f"votes for {chosen}"}
                event = Event(MESSAGE, content, arrival.transaction_id)
                await self._voices.say(portal, said.sender, event)
            case PollEnd():
                content = {"msgtype": "m.notice", "body": "ends the poll"}
                event = Event(MESSAGE, content, arrival.transaction_id)
                await self._voices.say(portal, said.sender, event)

    async def _pairs(self, portal: Portal, remote_id: str) -> list[Pair]:
        return await self._ground.db.write(messages.by_remote_id, portal.chat, remote_id)

    async def _message(
        self, portal: Portal, arrival: Arrival, message: Message, files: Files
    ) -> None:
        relates: JsonObject = {}
        if message.reply_to and (answered := await self._pairs(portal, message.reply_to)):
            relates = {"m.relates_to": {"m.in_reply_to": {"event_id": answered[0].event_id}}}
        pairs = []
        for place, part in enumerate(message.parts):
            content = await to_content(files, part) | relates
            event = Event(MESSAGE, content, f"{arrival.transaction_id}.{place}")
            event_id, sender = await self._voices.say(portal, message.sender, event)
            pairs.append(Pair(message.id, event_id, sender))
        await self._ground.db.write(arrived, portal.chat, arrival, pairs)

    async def _edit(self, portal: Portal, arrival: Arrival, edit: Edit, files: Files) -> None:
        for pair in (await self._pairs(portal, edit.target))[:1]:
            content = await to_content(files, edit.parts[0])
            content = content | {
                "body": f"* {content['body']}",
                "m.new_content": content,
                "m.relates_to": {"rel_type": "m.replace", "event_id": pair.event_id},
            }
            event = Event(MESSAGE, content, arrival.transaction_id)
            await self._voices.say(portal, edit.sender, event)

    async def _remove(self, portal: Portal, arrival: Arrival, gone: Remove) -> None:
        for place, pair in enumerate(await self._pairs(portal, gone.target)):
            unique = f"{arrival.transaction_id}.{place}"
            await self._ground.rooms.redact(portal.room_id, pair.event_id, unique, None)

    async def _react(self, portal: Portal, arrival: Arrival, react: React) -> None:
        for pair in (await self._pairs(portal, react.target))[:1]:
            relates = {"rel_type": "m.annotation", "event_id": pair.event_id, "key": react.emoji}
            event = Event("m.reaction", {"m.relates_to": relates}, arrival.transaction_id)
            event_id, _ = await self._voices.say(portal, react.sender, event)
            reaction = Reaction(event_id, react.target, react.sender.id, react.emoji)
            await self._ground.db.write(messages.add_reaction, portal.chat, reaction)

    async def _unreact(self, portal: Portal, arrival: Arrival, gone: Unreact) -> None:
        found = await self._ground.db.write(
            messages.reactions_of, portal.chat, gone.target, gone.sender.id, gone.emoji
        )
        for place, reaction in enumerate(found):
            unique = f"{arrival.transaction_id}.{place}"
            await self._ground.rooms.redact(portal.room_id, reaction.event_id, unique, None)
            await self._ground.db.write(messages.take_reaction, reaction.event_id)


def arrived(txn: Transaction, chat: ChatKey, arrival: Arrival, pairs: list[Pair]) -> None:
    for part, one in enumerate(pairs):
        messages.pair(txn, chat, one, part)
    outbox.remove_arrival(txn, arrival)
