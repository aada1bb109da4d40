"""From the network to Matrix: written down first, then carried over, each portal in order."""

import logging
from typing import Any

from attrs import define, field

from bridges.kit.happenings import (
    ChatChange,
    Edit,
    Happening,
    MemberChange,
    Message,
    React,
    Read,
    Remove,
    Sender,
    Typing,
    Unreact,
)
from bridges.kit.parts import ChatKey
from bridges.matrix.client import MatrixError
from bridges.portals.contents import to_content
from bridges.portals.errands import Errands
from bridges.portals.ghosts import Ghosts
from bridges.portals.ground import Ground
from bridges.portals.queues import Queues
from bridges.portals.rooms import PortalRooms
from bridges.portals.sessions import Sessions
from bridges.storage import messages, outbox, places
from bridges.storage.database import Transaction
from bridges.storage.messages import Pair, Reaction
from bridges.storage.outbox import Arrival
from bridges.storage.places import Portal

log = logging.getLogger(__name__)
JsonObject = dict[str, Any]


@define(eq=False)
class Arrivals:
    _ground: Ground
    _portals: PortalRooms
    _ghosts: Ghosts
    _sessions: Sessions
    _errands: Errands = field(factory=Errands)
    _queues: Queues[ChatKey] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._queues = Queues(self._carry)

    async def start(self) -> None:
        for chat in await self._ground.db.write(outbox.chats_waiting):
            self._queues.look(chat)

    async def stop(self) -> None:
        await self._queues.stop()
        await self._errands.stop()

    async def receive(self, login_id: str, happening: Happening) -> None:
        """Returns when it is safe."""
        if isinstance(happening, Typing | Read):
            self._errands.begin(self._pass_on(happening))
        elif await self._ground.db.write(outbox.add_arrival, login_id, happening):
            self._queues.look(happening.chat)
        else:
            self._ground.tally.known_already += 1

    async def _pass_on(self, happening: Typing | Read) -> None:
        portal = await self._ground.db.write(places.portal_of_chat, happening.chat)
        if portal is None:
            return
        ghost = await self._ghosts.appear(happening.sender.id, happening.sender.name)
        await self._ghosts.enter(portal.room_id, ghost)
        if isinstance(happening, Typing):
            await self._ground.rooms.typing(portal.room_id, ghost, happening.seconds)
            return
        find = messages.by_remote_id
        for pair in (await self._ground.db.write(find, happening.chat, happening.upto))[-1:]:
            await self._ground.rooms.read(portal.room_id, pair.event_id, ghost)

    async def _carry(self, chat: ChatKey) -> bool:
        arrival = await self._ground.db.write(outbox.next_arrival, chat)
        if arrival is None:
            return False
        running = await self._sessions.running(arrival.login_id)
        if running is None:
            # Its login is gone, and with it the right to be here.
            await self._ground.db.write(outbox.remove_arrival, arrival.place)
            return True
        portal = await self._portals.find_or_make(chat, running.login, running.session)
        try:
            await self._deliver(portal, arrival)
        except MatrixError as error:
            log.warning("The homeserver refuses a %s: %s", type(arrival.happening).__name__, error)
            self._ground.tally.rejected += 1
            await self._ground.db.write(outbox.remove_arrival, arrival.place)
        self._ground.tally.arrived += 1
        return True

    async def _deliver(self, portal: Portal, arrival: Arrival) -> None:
        match arrival.happening:
            case Message() as message:
                await self._message(portal, arrival, message)
                return
            case Edit() as edit:
                await self._edit(portal, arrival, edit)
            case Remove(target=target):
                for place, pair in enumerate(await self._pairs(portal, target)):
                    unique = f"{arrival.transaction_id}.{place}"
                    await self._ground.rooms.redact(portal.room_id, pair.event_id, unique, None)
            case React() as react:
                await self._react(portal, arrival, react)
            case Unreact() as unreact:
                await self._unreact(portal, arrival, unreact)
            case ChatChange(name=name, topic=topic):
                if name is not None:
                    await self._ground.rooms.set_state(
                        portal.room_id, "m.room.name", {"name": name}
                    )
                if topic is not None:
                    content = {"topic": topic}
                    await self._ground.rooms.set_state(portal.room_id, "m.room.topic", content)
            case MemberChange() as change:
                await self._member(portal, change)
        await self._ground.db.write(outbox.remove_arrival, arrival.place)

    async def _pairs(self, portal: Portal, remote_id: str) -> list[Pair]:
        return await self._ground.db.write(messages.by_remote_id, portal.chat, remote_id)

    async def _message(self, portal: Portal, arrival: Arrival, message: Message) -> None:
        relates: JsonObject = {}
        if message.reply_to and (answered := await self._pairs(portal, message.reply_to)):
            relates = {"m.relates_to": {"m.in_reply_to": {"event_id": answered[0].event_id}}}
        pairs = []
        for place, part in enumerate(message.parts):
            content = await to_content(self._ground.accounts, part) | relates
            unique = f"{arrival.transaction_id}.{place}"
            event_id, sender = await self._say(portal, message.sender, content, unique)
            pairs.append(Pair(message.id, event_id, sender))
        await self._ground.db.write(arrived, portal.chat, arrival.place, pairs)

    async def _edit(self, portal: Portal, arrival: Arrival, edit: Edit) -> None:
        for pair in (await self._pairs(portal, edit.target))[:1]:
            content = await to_content(self._ground.accounts, edit.parts[0])
            content = content | {
                "body": f"* {content['body']}",
                "m.new_content": content,
                "m.relates_to": {"rel_type": "m.replace", "event_id": pair.event_id},
            }
            await self._say(portal, edit.sender, content, arrival.transaction_id)

    async def _react(self, portal: Portal, arrival: Arrival, react: React) -> None:
        for pair in (await self._pairs(portal, react.target))[:1]:
            relates = {"rel_type": "m.annotation", "event_id": pair.event_id, "key": react.emoji}
            event_id, _ = await self._say(
                portal,
                react.sender,
                {"m.relates_to": relates},
                arrival.transaction_id,
                "m.reaction",
            )
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

    async def _member(self, portal: Portal, change: MemberChange) -> None:
        if not change.present and not await self._ghosts.is_known(change.sender.id):
            return
        ghost = await self._ghosts.appear(change.sender.id, change.sender.name)
        if change.present:
            await self._ghosts.enter(portal.room_id, ghost)
        else:
            await self._ghosts.leave(portal.room_id, ghost, change.reason)

    async def _say(
        self,
        portal: Portal,
        sender: Sender,
        content: JsonObject,
        transaction: str,
        type: str = "m.room.message",
    ) -> tuple[str, str]:
        """The event and its sender. A ghost that was put out of the room comes back once."""
        ghost = await self._ghosts.appear(sender.id, sender.name)
        await self._ghosts.enter(portal.room_id, ghost)
        send = self._ground.rooms.send
        try:
            return await send(portal.room_id, type, content, transaction, ghost), ghost
        except MatrixError as error:
            if error.errcode != "M_FORBIDDEN":
                raise
        self._ghosts.forget(portal.room_id, ghost)
        await self._ghosts.enter(portal.room_id, ghost)
        return await send(portal.room_id, type, content, transaction, ghost), ghost


def arrived(txn: Transaction, chat: ChatKey, place: int, pairs: list[Pair]) -> None:
    for part, one in enumerate(pairs):
        messages.pair(txn, chat, one, part)
    outbox.remove_arrival(txn, place)
