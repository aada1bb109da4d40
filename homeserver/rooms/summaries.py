"""What a room is, for those who may know of it. Spec: Client-Server API, "Room Summaries"."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from homeserver.errors import NotFound
from homeserver.json_values import JsonObject
from homeserver.rooms.access import membership
from homeserver.rooms.aliases import Aliases
from homeserver.rooms.first_sight import local_head, may_know, may_know_elsewhere, summary_of
from homeserver.rooms.remote import RoomAddress
from homeserver.rooms.space_rooms import RoomsElsewhere
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

NO_ROOM = "There is no such room, or you may not know of it."


@frozen(eq=False)
class Summaries:
    _db: Database
    _aliases: Aliases
    _server_name: str
    _elsewhere: RoomsElsewhere | None = None

    async def find(self, user_id: str | None, room: str, via: Sequence[str] = ()) -> JsonObject:
        """Of a room by its id or alias; `user_id` is None for a stranger. Raises NotFound."""
        address = RoomAddress(room, tuple(via))
        if room.startswith("#"):
            address = await self._aliases.resolve(room)
        summary = await self._db.read(self._here, user_id, address.room_id)
        if summary is None and self._elsewhere is not None and user_id is not None:
            found = await self._elsewhere.find([address], False)
            if (told := found.get(address.room_id)) is not None:
                summary = await self._db.read(self._of_stranger, user_id, told.summary)
        if not summary:
            raise NotFound(NO_ROOM)
        return summary

    def _here(self, txn: Transaction, user_id: str | None, room_id: str) -> JsonObject | None:
        """None for a room that this server is not in, nothing for one that is hidden."""
        head = local_head(txn, room_id, self._server_name)
        if head is None:
            return None
        if not may_know(txn, head, user_id):
            return {}
        return with_membership(txn, summary_of(txn, head), user_id)

    def _of_stranger(self, txn: Transaction, user_id: str, told: JsonObject) -> JsonObject:
        known = may_know_elsewhere(txn, told, user_id)
        return with_membership(txn, told, user_id) if known else {}


def with_membership(
    txn: Transaction, summary: Mapping[str, object], user_id: str | None
) -> JsonObject:
    if user_id is None:
        return dict(summary)
    own = membership(txn, user_id, str(summary["room_id"]))
    return {**summary, "membership": own.membership if own else "leave"}
