"""All rooms, and what they are, for administrators."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from homeserver.errors import NotFound
from homeserver.events.ids import domain_of
from homeserver.storage import devices, heads, names, room_lists
from homeserver.storage.database import Database
from homeserver.storage.room_lists import ListedRoom
from homeserver.storage.transaction import Transaction

__all__ = ["ORDERS", "ListedRoom", "Overviews", "RoomSearch"]


LARGEST = 10
"""Rooms that are told of where it is asked what takes most."""


def number(text: str) -> int:
    return int(text) if text.isdigit() else 0


ORDERS: dict[str, Callable[[ListedRoom], Any]] = {
    "name": lambda it: (it.name or "").lower(),
    "canonical_alias": lambda it: it.canonical_alias or "",
    "creator": lambda it: it.creator,
    "encryption": lambda it: it.text("m.room.encryption", "algorithm") or "",
    "join_rules": lambda it: it.text("m.room.join_rules", "join_rule") or "",
    "guest_access": lambda it: it.text("m.room.guest_access", "guest_access") or "",
    "history_visibility": lambda it: (
        it.text("m.room.history_visibility", "history_visibility") or ""
    ),
    "joined_members": lambda it: -it.joined,
    "joined_local_members": lambda it: -it.joined_here,
    "version": lambda it: -number(it.version),
    "state_events": lambda it: -it.state_events,
    "federatable": lambda it: it.state.get("m.room.create", {}).get("m.federate") is False,
    "public": lambda it: not it.is_public,
}
"""The largest come first, and the names that begin with a."""
ORDERS |= {"alphabetical": ORDERS["name"], "size": ORDERS["joined_members"]}


@frozen(kw_only=True)
class RoomSearch:
    """`is_public` and `is_empty` (of our users) are None where it does not matter."""

    term: str = ""
    is_public: bool | None = None
    is_empty: bool | None = None
    order_by: str = "name"
    backwards: bool = False
    begin: int = 0
    limit: int = 100

    def matches(self, it: ListedRoom) -> bool:
        if self.is_public not in (None, it.is_public):
            return False
        if self.is_empty not in (None, it.joined_here == 0):
            return False
        term = self.term.lower()
        named = ((it.name or "").lower(), (it.canonical_alias or "").partition(":")[0].lower())
        return not term or it.room_id == self.term or any(term in name for name in named)


@frozen(eq=False)
class Overviews:
    _db: Database
    _server_name: str

    async def page(self, search: RoomSearch) -> tuple[list[ListedRoom], int]:
        """A part of what was found, and how much that is in all."""
        rooms = await self._db.read(room_lists.everything, self._server_name)
        found = sorted(filter(search.matches, rooms), key=lambda it: it.room_id)
        found.sort(key=ORDERS[search.order_by], reverse=search.backwards)
        return found[search.begin : search.begin + search.limit], len(found)

    async def largest(self) -> list[tuple[str, int]]:
        """Ids, and about how many bytes their events take."""
        return await self._db.read(room_lists.largest, LARGEST)

    async def one(self, room_id: str) -> tuple[ListedRoom, int]:
        """The room, and how many devices our members have; raises NotFound."""
        return await self._db.read(self._one, room_id)

    def _one(self, txn: Transaction, room_id: str) -> tuple[ListedRoom, int]:
        room, head = names.find(txn, room_id), heads.load(txn, room_id)
        found = [] if room is None else room_lists.everything(txn, self._server_name, room)
        if head is None or not found:
            raise NotFound("There is no such room here.")
        ours = [user_id for user_id in head.joined() if domain_of(user_id) == self._server_name]
        owned = devices.ids_of_users(txn, ours)
        return found[0], sum(map(len, owned.values()))
