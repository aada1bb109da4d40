"""Who speaks on Matrix for somebody on the network."""

from attrs import frozen

from bridges.kit.happenings import Sender
from bridges.kit.json_values import JsonObject
from bridges.matrix.client import MatrixError
from bridges.portals.ghosts import Ghosts
from bridges.portals.ground import Ground
from bridges.portals.puppets import Puppets
from bridges.storage.places import Portal

MESSAGE = "m.room.message"


@frozen
class Event:
    """`transaction` makes the homeserver drop a second try; `ts` is when it was said."""

    type: str
    content: JsonObject
    transaction: str
    ts: int | None = None


@frozen
class Voices:
    _ground: Ground
    _ghosts: Ghosts
    _puppets: Puppets

    async def of(self, portal: Portal, sender: Sender, before: str = "") -> str:
        """The user id, which is in the room: the ghost, or the account of whoever has a login here.

        `before` is the sender of what is changed: a ghost's words are changed by the ghost.
        """
        if not (before and self._ground.names.is_ours(before)):
            person = await self._puppets.of(portal, sender)
            if person is not None:
                return person
        return await self.ghost(portal, sender)

    async def ghost(self, portal: Portal, sender: Sender) -> str:
        """Also for people who are on Matrix: nobody speaks for them about the past."""
        user_id = await self._ghosts.appear(sender.id, sender.name)
        await self._ghosts.enter(portal.room_id, user_id)
        return user_id

    async def say(
        self, portal: Portal, sender: Sender, event: Event, before: str = ""
    ) -> tuple[str, str]:
        """The event's id and its sender. Who spoke on the network must be heard here too: a ghost
        that was put out of the room comes back once, and is allowed to speak where few are.
        """
        user_id = await self.of(portal, sender, before)
        for let_in in (self._come_back, self._may_speak):
            try:
                return await self._send(portal, event, user_id), user_id
            except MatrixError as error:
                if error.errcode != "M_FORBIDDEN":
                    raise
            if not self._ground.names.is_ours(user_id):
                self._puppets.give_up(portal.room_id, user_id)
                user_id = await self.of(portal, sender, before)
            await let_in(portal.room_id, user_id)
        return await self._send(portal, event, user_id), user_id

    async def _come_back(self, room_id: str, user_id: str) -> None:
        self._ghosts.forget(room_id, user_id)
        await self._ghosts.enter(room_id, user_id)

    async def _may_speak(self, room_id: str, user_id: str) -> None:
        levels = await self._ground.rooms.state(room_id, "m.room.power_levels", "") or {}
        if isinstance(needed := levels.get("events_default", 0), int):
            await self._ground.rooms.set_level(room_id, user_id, needed)

    async def types(self, portal: Portal, sender: Sender, seconds: int) -> None:
        user_id, room_id = await self.of(portal, sender), portal.room_id
        if self._ground.names.is_ours(user_id):
            await self._ground.rooms.typing(room_id, user_id, seconds)
        else:
            await self._puppets.types(room_id, user_id, seconds)

    async def reads(self, portal: Portal, sender: Sender, event_id: str) -> None:
        user_id, room_id = await self.of(portal, sender), portal.room_id
        if self._ground.names.is_ours(user_id):
            await self._ground.rooms.read(room_id, event_id, user_id)
        else:
            await self._puppets.read(room_id, event_id, user_id)

    async def note(self, portal: Portal, text: str, transaction: str) -> None:
        """The bot says something about the chat."""
        content = {"msgtype": "m.notice", "body": text}
        await self._send(portal, Event(MESSAGE, content, transaction), None)

    async def _send(self, portal: Portal, event: Event, user_id: str | None) -> str:
        room_id = portal.room_id
        if user_id is None or self._ground.names.is_ours(user_id):
            return await self._ground.rooms.send(
                room_id, event.type, event.content, event.transaction, user_id, event.ts
            )
        how = {"transaction": event.transaction, "ts": event.ts}
        return await self._puppets.send(room_id, user_id, event.type, event.content, **how)
