"""How a chat presents itself, as the state of its room."""

from attrs import frozen

from bridges.kit.abilities import SetsLevels
from bridges.kit.chats import Chat, Levels
from bridges.kit.happenings import ChatChange
from bridges.kit.network import Session
from bridges.portals import expiry
from bridges.portals.addresses import Addresses
from bridges.portals.files import Files
from bridges.portals.ground import Ground
from bridges.portals.profiles import Pictures
from bridges.storage import expiring, messages
from bridges.storage.places import Portal

HIGHEST = 99
"""Of the network's people: the bridge's bot stays above them, so that it can lower them again."""
MODERATOR = 50
CHANNEL = Levels(speak=MODERATOR)


@frozen
class Furnishing:
    _ground: Ground
    _addresses: Addresses
    _pictures: Pictures

    async def furnish(self, portal: Portal, about: Chat, session: Session) -> None:
        """A new room; its name and topic it has been made with."""
        levels = about.levels or (CHANNEL if about.kind == "channel" else None)
        if levels is not None:
            await self._levels(portal, levels, session)
        if about.picture is not None:
            files = Files(self._ground.accounts, session)
            await self._pictures.of_room(portal.room_id, about.picture, files)
        if about.timer_ms:
            await self._ground.db.write(expiring.set_timer, portal.room_id, about.timer_ms)

    async def change(self, portal: Portal, change: ChatChange, session: Session) -> str:
        """What is to be said about it, if anything."""
        set_state, room_id = self._ground.rooms.set_state, portal.room_id
        if change.name is not None:
            await set_state(room_id, "m.room.name", {"name": change.name})
        if change.topic is not None:
            await set_state(room_id, "m.room.topic", {"topic": change.topic})
        if change.picture is not None:
            files = Files(self._ground.accounts, session)
            await self._pictures.of_room(room_id, change.picture, files)
        if change.levels is not None:
            await self._levels(portal, change.levels, session)
        if change.pinned is not None:
            await self.pin(portal, change.pinned)
        if change.timer_ms is None:
            return ""
        is_new = await self._ground.db.write(expiring.set_timer, room_id, change.timer_ms)
        return expiry.in_words(change.timer_ms) if is_new else ""

    async def pin(self, portal: Portal, remote_ids: tuple[str, ...]) -> None:
        found = [
            await self._ground.db.write(messages.by_remote_id, portal.chat, it) for it in remote_ids
        ]
        pinned = [pairs[0].event_id for pairs in found if pairs]
        await self._ground.rooms.set_state(
            portal.room_id, "m.room.pinned_events", {"pinned": pinned}
        )

    async def _levels(self, portal: Portal, levels: Levels, session: Session) -> None:
        """In one event, and only if something changes. Moderators may change levels where the
        network lets them: nobody gives more than they have.
        """
        rooms, type = self._ground.rooms, "m.room.power_levels"
        before = await rooms.state(portal.room_id, type, "") or {}
        users = {
            self._addresses.on_matrix(remote_id): min(level, HIGHEST)
            for remote_id, level in levels.users.items()
        }
        now = before | {
            "users": before.get("users", {}) | users,
            "users_default": min(levels.others, HIGHEST),
            "events_default": levels.speak,
            "events": before.get("events", {})
            | {f"m.room.{it}": levels.change for it in ("name", "topic", "avatar")}
            | {"m.reaction": levels.others}
            | ({type: MODERATOR} if isinstance(session, SetsLevels) else {}),
        }
        if now != before:
            await rooms.set_state(portal.room_id, type, now)
