"""Replacing a room by one of another version. Spec: Client-Server API, "Room Upgrades"."""

from attrs import frozen

from homeserver.errors import Forbidden, MatrixError
from homeserver.events.building import Draft
from homeserver.events.room_versions import RoomVersion
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.access import joined_head, refuse_suspended
from homeserver.rooms.carrying_over import carry_over
from homeserver.rooms.creation import check_additional_creators
from homeserver.rooms.opening import Opening
from homeserver.rooms.presets import TOMBSTONE
from homeserver.rooms.space_links import relink
from homeserver.rooms.state_view import StateView
from homeserver.rooms.transferring import new_creation_content, transferred_state
from homeserver.storage import aliases, room_directory
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class Upgrades:
    """The new room, the old one's tombstone and all that moves are one transaction."""

    _db: Database
    _opening: Opening

    async def upgrade(
        self,
        requester: Requester,
        room_id: str,
        version: RoomVersion,
        additional_creators: tuple[str, ...],
    ) -> str:
        """The id of the room that replaces this one."""
        refuse_suspended(requester)
        if version.privileged_creators:
            check_additional_creators(list(additional_creators))
        return await self._db.write(
            self._upgrade, requester.user_id, room_id, version, additional_creators
        )

    def _upgrade(
        self,
        txn: Transaction,
        sender: str,
        room_id: str,
        version: RoomVersion,
        additional_creators: tuple[str, ...],
    ) -> str:
        old = joined_head(txn, sender, room_id)
        if not may_upgrade(txn, old, sender):
            raise Forbidden("You do not have the power to upgrade this room.")
        content = new_creation_content(txn, old, version, additional_creators)
        new = self._opening.open(txn, version, sender, content)
        new = self._fill(txn, old, new, sender)
        old = self._close(txn, old, new, sender)
        relink(txn, self._opening, old, new, sender)
        carry_over(txn, new, sender)
        return new.room_id

    def _fill(self, txn: Transaction, old: Head, new: Head, sender: str) -> Head:
        """Power levels come last: until then the sender may do everything."""
        aliases.move(txn, old.room_id, new.room_id)
        for draft in transferred_state(txn, old, new):
            new = self._opening.set(txn, new, sender, draft)
        if room_directory.is_published(txn, old.room_id):
            room_directory.withdraw(txn, old.room_id)
            room_directory.publish(txn, new.room_id)
        return new

    def _close(self, txn: Transaction, old: Head, new: Head, sender: str) -> Head:
        """Say where the room went, and quieten the old one as far as the sender may."""
        old = self._opening.set(txn, old, sender, tombstone(new.room_id))
        for draft in quieting(txn, old):
            try:
                old = self._opening.set(txn, old, sender, draft)
            except MatrixError:
                continue
        return old


def may_upgrade(txn: Transaction, head: Head, user_id: str) -> bool:
    levels = StateView(txn, head).power_levels()
    return levels.user(user_id) >= levels.to_send(TOMBSTONE, True)


def tombstone(replacement: str) -> Draft:
    content = {"body": "This room has been replaced", "replacement_room": replacement}
    return Draft(TOMBSTONE, content, "")


def quieting(txn: Transaction, old: Head) -> list[Draft]:
    """Nobody but moderators speaks and invites there any more; its names have gone."""
    drafts = []
    if old.event(txn, "m.room.canonical_alias") is not None:
        drafts.append(Draft("m.room.canonical_alias", {}, ""))
    event = old.event(txn, "m.room.power_levels")
    if event is not None:
        drafts.append(Draft("m.room.power_levels", restricted(event.event.content), ""))
    return drafts


def restricted(content: JsonObject) -> JsonObject:
    default = content.get("users_default", 0)
    needed = max(50, default + 1 if type(default) is int else 0)
    raised = {
        name: max(level, needed) if type(level := content.get(name, 0)) is int else needed
        for name in ("events_default", "invite")
    }
    return {**content, **raised}
