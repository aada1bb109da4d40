"""Rooms that two users share. Spec: Client-Server API, "Mutual Rooms"."""

from bisect import bisect_right

from attrs import frozen

from homeserver.errors import InvalidParam
from homeserver.events.ids import is_compliant_user_id, is_room_id
from homeserver.storage import memberships
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

MAX_ROOMS = 100
"""On one page."""


@frozen
class Shared:
    """`next` is the token of the next page."""

    joined: list[str]
    count: int
    next: str | None


@frozen(eq=False)
class MutualRooms:
    _db: Database

    async def page(self, user_id: str, other: str, start: str | None) -> Shared:
        """`start` is a token: the room with which the last page ended."""
        if not is_compliant_user_id(other):
            raise InvalidParam("This is not a user id: one looks like @alice:example.org.")
        if other == user_id:
            raise InvalidParam("You share all of your rooms with yourself: name somebody else.")
        if start is not None and not is_room_id(start):
            raise InvalidParam("This is not a token from an earlier answer.")
        return await self._db.read(self._page, user_id, other, start)

    def _page(self, txn: Transaction, user_id: str, other: str, start: str | None) -> Shared:
        shared = sorted(joined(txn, user_id) & joined(txn, other))
        begin = 0 if start is None else bisect_right(shared, start)
        page = shared[begin : begin + MAX_ROOMS]
        more = begin + MAX_ROOMS < len(shared)
        return Shared(page, len(shared), page[-1] if more else None)


def joined(txn: Transaction, user_id: str) -> set[str]:
    found = memberships.of_user(txn, user_id)
    return {room_id for room_id, it in found.items() if it.membership == "join"}
