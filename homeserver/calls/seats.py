"""Who may take part in a call: tokens for LiveKit. MSC4195."""

from attrs import frozen

from homeserver.calls.identities import Seat
from homeserver.calls.livekit import LiveKit
from homeserver.calls.livekit_tokens import LiveKitTokens
from homeserver.clock import Clock
from homeserver.errors import Forbidden
from homeserver.events.ids import domain_of
from homeserver.storage import call_seats, heads
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

SEATS_KEPT_MS = 7 * 86_400_000
NOT_IN_ROOM = "You are not in this room, or this server does not know it."


@frozen
class Claim:
    """A user of any server, who wants to take a seat in the call of a room."""

    user_id: str
    room_id: str
    seat: Seat


@frozen(eq=False)
class Seats:
    _db: Database
    _clock: Clock
    _server_name: str
    _tokens: LiveKitTokens
    _livekit: LiveKit

    async def token(self, claim: Claim, *, everybody_publishes: bool) -> str:
        """With older clients all send to one LiveKit, so `everybody_publishes` there; newer ones
        send to that of their own homeserver.

        Where others could send, only our own users open a call: others come to those that are
        there.
        """
        ours = domain_of(claim.user_id) == self._server_name
        await self.check(claim)
        if ours or not everybody_publishes:
            await self._livekit.open_room(claim.seat.room)
        await self._db.write(self._give, claim)
        return self._tokens.for_seat(claim.seat, may_publish=ours or everybody_publishes)

    async def check(self, claim: Claim) -> None:
        """Raises Forbidden unless the user is in the room."""
        await self._db.read(must_be_joined, claim)

    def _give(self, txn: Transaction, claim: Claim) -> None:
        now_ms = self._clock.now_ms()
        must_be_joined(txn, claim)
        call_seats.delete_old(txn, now_ms - SEATS_KEPT_MS)
        call_seats.give(
            txn,
            claim.seat.room,
            claim.seat.identity,
            room_id=claim.room_id,
            user_id=claim.user_id,
            now_ms=now_ms,
        )


def must_be_joined(txn: Transaction, claim: Claim) -> None:
    head = heads.load(txn, claim.room_id)
    if head is None or not head.is_joined(claim.user_id):
        raise Forbidden(NOT_IN_ROOM)
