"""Reactions of people on Matrix, within what the network has."""

from attrs import frozen

from bridges.kit import abilities
from bridges.kit.failures import Unsupported
from bridges.kit.json_values import JsonObject
from bridges.portals.ground import Ground
from bridges.portals.sessions import Running
from bridges.storage import messages
from bridges.storage.messages import Reaction
from bridges.storage.places import Portal

VARIATION = "\ufe0f"
"""Says that an emoji is shown as a picture; networks leave it out or not."""


@frozen
class Reactions:
    _ground: Ground

    async def react(self, portal: Portal, event: JsonObject, running: Running) -> None:
        """Raises `Unsupported` where the network has no such reaction."""
        relates = event["content"].get("m.relates_to")
        relates = relates if isinstance(relates, dict) else {}
        key, target = relates.get("key"), str(relates.get("event_id"))
        pair = await self._ground.db.write(messages.by_event, portal.chat, target)
        if pair is None or not isinstance(key, str):
            return
        session = running.session
        if not isinstance(session, abilities.Reacts):
            raise Unsupported("This network has no reactions.")
        can = session.capabilities_in(portal.chat)
        emoji = fitting(key, can.reactions)
        reaction = Reaction(event["event_id"], pair.remote_id, event["sender"], emoji)
        if can.reactions_max is not None:
            await self._make_room(portal, reaction, can.reactions_max)
        await session.react(portal.chat, pair.remote_id, emoji)
        await self._ground.db.write(messages.add_reaction, portal.chat, reaction)

    async def _make_room(self, portal: Portal, new: Reaction, most: int) -> None:
        """The network lets the older ones go: so does the room."""
        find = messages.reactions_by
        older = await self._ground.db.write(find, portal.chat, new.target, new.sender)
        for gone in older[: max(0, len(older) - most + 1)]:
            unique = f"{new.event_id}.{gone.event_id}"
            await self._ground.rooms.redact(portal.room_id, gone.event_id, unique, None)
            await self._ground.db.write(messages.take_reaction, gone.event_id)

    async def unreact(self, portal: Portal, event_id: str, running: Running) -> bool:
        """Whether the event was a reaction."""
        reaction = await self._ground.db.write(messages.find_reaction, event_id)
        if reaction is None:
            return False
        if isinstance(running.session, abilities.Reacts):
            await running.session.unreact(portal.chat, reaction.target, reaction.emoji)
        await self._ground.db.write(messages.take_reaction, event_id)
        return True


def fitting(emoji: str, known: frozenset[str] | None) -> str:
    """As the network writes it."""
    if known is None or emoji in known:
        return emoji
    for it in (emoji.replace(VARIATION, ""), emoji + VARIATION):
        if it in known:
            return it
    shown = " ".join(sorted(known)[:40])
    raise Unsupported(f"This network has no such reaction, only: {shown}")
