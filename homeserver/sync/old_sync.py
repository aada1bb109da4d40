"""Rooms as they stand, with their newest messages: what came before /sync, and peeks into rooms.

Spec: `GET /rooms/{roomId}/initialSync`, `GET /initialSync` (deprecated).
"""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.events.filters import RoomEventFilter
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.paging import Walk, walk
from homeserver.rooms.reading import Reading, find_room, open_room
from homeserver.rooms.shown import Look
from homeserver.rooms.tokens import write_token
from homeserver.storage import account_data, events, heads, memberships, room_directory
from homeserver.storage.database import Database
from homeserver.storage.memberships import Membership
from homeserver.storage.transaction import Transaction
from homeserver.sync.answers import PresenceSource

EVERYTHING = RoomEventFilter()
SHOWN = ("invite", "join", "leave", "ban")


@frozen(eq=False)
class OldSync:
    _db: Database
    _clock: Clock
    _presence: PresenceSource

    async def room(self, requester: Requester, room_id: str, limit: int) -> JsonObject:
        return await self._db.read(self._room, requester, room_id, limit)

    async def all(self, requester: Requester, limit: int, archived: bool) -> JsonObject:
        """Every room of the user; those that the user has left only if `archived`."""
        return await self._db.read(self._all, requester, limit, archived)

    def _room(self, txn: Transaction, requester: Requester, room_id: str, limit: int) -> JsonObject:
        return snapshot(open_room(txn, self._look(txn, requester), room_id), limit)

    def _all(
        self, txn: Transaction, requester: Requester, limit: int, archived: bool
    ) -> JsonObject:
        look = self._look(txn, requester)
        wanted = SHOWN if archived else SHOWN[:2]
        global_data = [d for d in account_data.all_of(txn, look.user_id) if d.room_id is None]
        return {
            "end": write_token(txn.position),
            "rooms": [
                room_info(txn, look, room_id, membership, limit)
                for room_id, membership in memberships.of_user(txn, look.user_id).items()
                if membership.membership in wanted and not membership.forgotten
            ],
            "presence": self._presence.events(txn, look.user_id, 0),
            "account_data": [data.event() for data in global_data],
        }

    def _look(self, txn: Transaction, requester: Requester) -> Look:
        return Look(requester.user_id, requester.device_name, self._clock.now_ms())


def room_info(
    txn: Transaction, look: Look, room_id: str, membership: Membership, limit: int
) -> JsonObject:
    """Of an invitation, or of a room that its user never was in, only the member event."""
    reading = find_room(txn, look, room_id)
    if reading is not None and membership.membership != "invite":
        return snapshot(reading, limit)
    info: JsonObject = {"room_id": room_id, "membership": membership.membership}
    head = heads.load(txn, room_id)
    if head is not None and membership.membership == "invite":
        seen = Reading(txn, head, look, membership.position, ())
        (info["invite"],) = seen.show_state([events.at(txn, membership.position)])
    return info


def snapshot(reading: Reading, limit: int) -> JsonObject:
    txn, room_id, user_id = reading.txn, reading.head.room_id, reading.look.user_id
    page = walk(reading, Walk(reading.upto, True, limit, EVERYTHING))
    messages: JsonObject = {
        "chunk": reading.show(page.events[::-1]),
        "end": write_token(reading.upto),
    }
    if page.more:
        messages["start"] = write_token(page.reached)
    state = events.at_all(txn, reading.state().values()).values()
    info: JsonObject = {
        "room_id": room_id,
        "messages": messages,
        "state": reading.show_state(list(state)),
        "visibility": "public" if room_directory.is_published(txn, room_id) else "private",
        "account_data": [data.event() for data in account_data.in_room(txn, user_id, room_id)],
    }
    membership = memberships.of_user(txn, user_id).get(room_id)
    if membership is not None and membership.membership in SHOWN:
        info["membership"] = membership.membership
    return info
