"""Who is, or was, in a room. Spec: `GET /rooms/{roomId}/members`, `/joined_members`."""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.access import joined_head
from homeserver.rooms.reading import open_room, state_at
from homeserver.rooms.shown import Look
from homeserver.storage import events
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

MEMBER = "m.room.member"
SHOWN = {"display_name": "displayname", "avatar_url": "avatar_url"}
"""What /joined_members tells, and where member events keep it."""


@frozen
class Wish:
    """`membership` or anything but `not_membership`; at the place `at`, or now."""

    membership: str | None = None
    not_membership: str | None = None
    at: int | None = None

    def matches(self, membership: str | None) -> bool:
        if self.membership is None and self.not_membership is None:
            return True
        return membership == self.membership or (
            self.not_membership is not None and membership != self.not_membership
        )


@frozen(eq=False)
class Members:
    _db: Database
    _clock: Clock

    async def all(self, requester: Requester, room_id: str, wish: Wish) -> JsonObject:
        """Member events, as `chunk`."""
        return await self._db.read(members, requester, room_id, wish, self._clock.now_ms())

    async def joined(self, user_id: str, room_id: str) -> JsonObject:
        """Names and pictures by user id, for members only."""
        return await self._db.read(joined, user_id, room_id)


def members(
    txn: Transaction, requester: Requester, room_id: str, wish: Wish, now_ms: int
) -> JsonObject:
    look = Look(requester.user_id, requester.device_name, now_ms)
    reading = open_room(txn, look, room_id)
    place = reading.upto if wish.at is None else min(wish.at, reading.upto)
    positions = [
        position
        for (type, _), position in state_at(txn, reading.head, place).items()
        if type == MEMBER
    ]
    found = events.at_all(txn, positions).values()
    return {"chunk": reading.show_state([s for s in found if wish.matches(s.event.membership)])}


def joined(txn: Transaction, user_id: str, room_id: str) -> JsonObject:
    head = joined_head(txn, user_id, room_id)
    positions = [head.state[MEMBER, member] for member in head.joined()]
    return {
        "joined": {
            stored.event.state_key: _shown(stored.event.content)
            for stored in events.at_all(txn, positions).values()
        }
    }


def _shown(content: JsonObject) -> JsonObject:
    values = {name: content.get(kept) for name, kept in SHOWN.items()}
    return {name: value for name, value in values.items() if isinstance(value, str)}
