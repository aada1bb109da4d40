"""Whoever leaves a room, or is put out of it, leaves its calls too. MSC4195."""

from contextlib import suppress

from attrs import frozen

from homeserver.calls.identities import Seat
from homeserver.calls.livekit import LiveKit, LiveKitAway
from homeserver.logs import logger
from homeserver.rooms.timeline import Appended
from homeserver.storage import call_seats, heads
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.tasks import in_background

MEMBER = "m.room.member"
GONE = ("leave", "ban")

log = logger(__name__)


@frozen(eq=False)
class HangUps:
    _db: Database
    _livekit: LiveKit

    def appended(self, change: Appended) -> None:
        event = change.stored.event
        if event.type == MEMBER and event.membership in GONE and event.state_key:
            work = self._hang_up(event.state_key, change.room_id)
            in_background(work, log, "a call could not be looked after")

    async def put_out(self, user_id: str, room_id: str) -> None:
        for call, identity in await self._db.read(call_seats.of_user, user_id, room_id):
            await self._livekit.put_out(Seat(call, identity))
            await self._db.write(call_seats.delete, call, identity)

    async def _hang_up(self, user_id: str, room_id: str) -> None:
        """Who cannot be put out is put out when they come again; that LiveKit is away is logged."""
        with suppress(LiveKitAway):
            await self.put_out(user_id, room_id)

    async def participant_came(self, seat: Seat) -> None:
        """A token opens the door until it expires: who may not be here any more goes again."""
        if not await self._db.read(_may_stay, seat):
            await self._livekit.put_out(seat)


def _may_stay(txn: Transaction, seat: Seat) -> bool:
    found = call_seats.holder(txn, seat.room, seat.identity)
    if found is None:
        return False
    room_id, user_id = found
    head = heads.load(txn, room_id)
    return head is not None and head.is_joined(user_id)
