"""Rooms that a bridge has no use for any more: everybody leaves, and their messages go.

com.beeper.yeet; only in rooms without users of other servers.
"""

from attrs import frozen

from homeserver.errors import Forbidden
from homeserver.rooms.access import joined_head
from homeserver.rooms.leaving import forget
from homeserver.rooms.member_events import MemberEvents
from homeserver.rooms.state_view import StateView
from homeserver.storage import aliases, events, heads, purging, room_directory
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.purging import Place
from homeserver.storage.search import Index
from homeserver.storage.transaction import Transaction

AT_ONCE = 50
"""Members, or messages, in one transaction: others get their turn."""
FOR_EVER_TS = 2**53
BEGINNING: Place = (-(2**62), 0)


@frozen(eq=False)
class Deleting:
    _db: Database
    _members: MemberEvents
    _index: Index

    async def delete(self, user_id: str, room_id: str) -> None:
        """Raises Forbidden for who may not put everybody out."""
        while await self._db.write(self._put_out, user_id, room_id):
            pass
        head = await self._db.read(heads.load, room_id)
        place: Place | None = BEGINNING
        while head is not None and place is not None:
            place = await self._db.write(self._delete_messages, head.room, place)

    def _put_out(self, txn: Transaction, user_id: str, room_id: str) -> bool:
        """Some of the others; at last who does it. Whether anybody is still in the room."""
        head = joined_head(txn, user_id, room_id)
        self._check(txn, head, user_id)
        others = [member for member in head.members if member != user_id][:AT_ONCE]
        for member in others or [user_id]:
            head = self._members.append(txn, head, user_id, member, {"membership": "leave"})
            forget(txn, member, room_id)
        if not others:
            room_directory.withdraw(txn, room_id)
            for alias in aliases.of_room(txn, room_id):
                aliases.delete(txn, alias)
        return bool(others)

    def _check(self, txn: Transaction, head: Head, user_id: str) -> None:
        if any(not self._members.is_ours(member) for member in head.members):
            raise Forbidden("Only rooms without users of other servers can be deleted.")
        levels = StateView(txn, head).power_levels()
        if levels.user(user_id) < max(levels.kick, levels.ban):
            raise Forbidden("You do not have the power to put everybody out of this room.")

    def _delete_messages(self, txn: Transaction, room: int, after: Place) -> Place | None:
        """Where to go on, if there may be more. Redactions of what is kept are kept."""
        portion = purging.old_messages(txn, room, FOR_EVER_TS, after, AT_ONCE)
        found = events.at_all(txn, portion.positions)
        needed = purging.of_use(txn, portion.positions)
        gone = [stored for position, stored in found.items() if position not in needed]
        purging.delete(txn, room, gone, self._index)
        return portion.reached
