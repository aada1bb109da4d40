"""Rooms that were there before, joined to a chat by somebody who may decide that."""

from attrs import frozen

from bridges.kit import abilities
from bridges.kit.failures import Rejected, Unsupported
from bridges.kit.json_values import JsonObject
from bridges.matrix.client import MatrixError
from bridges.portals.ground import Ground
from bridges.portals.permissions import Level, Permissions
from bridges.portals.reception import Reception
from bridges.portals.replies import Deed, Deeds, Replies, Said
from bridges.portals.rooms import PortalRooms, bridge_state
from bridges.storage import places
from bridges.storage.places import Portal

MODERATOR = 50


@frozen
class Plumbing:
    _ground: Ground
    _portals: PortalRooms
    _reception: Reception
    _replies: Replies
    _permissions: Permissions

    def deeds(self) -> Deeds:
        return {
            "plumb": Deed("plumb NAME: join this room to a chat", self._plumb),
            "unplumb": Deed("unplumb: take this room off its chat", self._unplumb),
        }

    async def _plumb(self, said: Said) -> None:
        running = self._reception.own(said.user_id)
        if not said.rest or not isinstance(running.session, abilities.OpensChats):
            raise Unsupported("Say to which chat: `plumb NAME`.")
        if await self._ground.db.write(places.portal_of_room, said.room_id):
            raise Rejected("This room is joined to a chat already.")
        levels = await self._levels(said.room_id)
        self._check(levels, said.user_id)
        chat = await running.session.open_chat(said.rest)
        if await self._ground.db.write(places.portal_of_chat, chat):
            raise Rejected("That chat has a room already: say `leave` or `unplumb` there first.")
        portal = Portal(chat, said.room_id, running.login.login_id, is_plumbed=True)
        about = await running.session.chat(chat)
        await self._ground.db.write(places.forget_management_room, said.room_id)
        await self._ground.db.write(places.add_portal, portal)
        if power(levels, self._ground.names.bot) >= needed(levels, "m.bridge", "state_default"):
            state = bridge_state(self._ground, about, chat)
            await self._ground.rooms.set_state(
                said.room_id, state["type"], state["content"], key=state["state_key"]
            )
        await self._replies.reply(said, f"This room is joined to {about.name}.")

    async def _unplumb(self, said: Said) -> None:
        portal = await self._ground.db.write(places.portal_of_room, said.room_id)
        if portal is None or not portal.is_plumbed:
            raise Rejected("This room was not plumbed.")
        if self._permissions.level(said.user_id) < Level.ADMIN:
            levels = await self._levels(said.room_id)
            if power(levels, said.user_id) < needed(levels, "m.bridge", "state_default"):
                raise Rejected("That is for moderators of this room.")
        await self._replies.reply(said, "This room is joined to nothing any more.")
        await self._portals.close(portal)

    async def _levels(self, room_id: str) -> JsonObject:
        try:
            found = await self._ground.rooms.state(room_id, "m.room.power_levels", "")
        except MatrixError as error:
            raise Rejected(f"I cannot look into this room: {error.errcode}") from error
        return found or {"users": {}, "users_default": MODERATOR}

    def _check(self, levels: JsonObject, user_id: str) -> None:
        """The person may change the room, and the bot may let the people of the chat in."""
        if power(levels, user_id) < needed(levels, "m.bridge", "state_default"):
            raise Rejected("That is for moderators of this room.")
        wanted = level(levels.get("invite"), 0)
        if power(levels, self._ground.names.bot) < wanted:
            raise Rejected(f"I must be able to invite here: give me a power level of {wanted}.")


def power(levels: JsonObject, user_id: str) -> int:
    users = levels.get("users")
    default = level(levels.get("users_default"), 0)
    return level(users.get(user_id), default) if isinstance(users, dict) else default


def needed(levels: JsonObject, type: str, otherwise: str) -> int:
    events = levels.get("events")
    default = level(levels.get(otherwise), MODERATOR)
    return level(events.get(type), default) if isinstance(events, dict) else default


def level(value: object, default: int) -> int:
    return value if isinstance(value, int) else default
