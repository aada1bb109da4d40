"""Delayed leaves that clients put into our hands. MSC4195, "Optional delegated delayed leave".

A client that is in a call schedules its own leave and puts it off as long as it lives. Where it
lets us do that, we ask LiveKit whether it is still there: while it is, the leave is put off; once
it is gone, the leave is sent.
"""

from attrs import frozen

from homeserver.calls.identities import Seat
from homeserver.calls.leave_keepers import LeaveKeeper, LeaveLost
from homeserver.calls.livekit import LiveKit, LiveKitAway
from homeserver.clock import Clock
from homeserver.logs import logger
from homeserver.storage import call_seats
from homeserver.storage.call_seats import Leave
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

POLL_MS = 30_000
"""LiveKit tells us who goes, but promises nothing: so it is asked too."""
WAIT_MS = 120_000
"""How long the participant may take to come."""
AT_ONCE = 100

log = logger(__name__)


@frozen(eq=False)
class Leaves:
    _db: Database
    _clock: Clock
    _livekit: LiveKit
    _keeper: LeaveKeeper

    async def take_over(self, leave: Leave) -> None:
        """For a seat that was given; an earlier leave of it is let go."""
        await self._db.write(call_seats.hand_over, leave, self._next_due(leave))
        await self._keeper.restart(leave)

    async def look_after(self) -> None:
        """Put off or send all that are due."""
        due = await self._db.read(call_seats.leaves_due, self._clock.now_ms(), AT_ONCE)
        for leave in due:
            await self.look_at(leave)

    async def participant_came(self, seat: Seat) -> None:
        await self._db.write(self._seen, seat)

    async def participant_went(self, seat: Seat) -> None:
        leave = await self._db.read(call_seats.leave_of, seat.room, seat.identity)
        if leave is not None:
            await self._finish(leave)

    async def look_at(self, leave: Leave) -> None:
        try:
            present = await self._livekit.is_present(Seat(leave.call, leave.identity))
        except LiveKitAway:
            # Nobody is put out of a call because we cannot ask.
            present = leave.present
        waits = not leave.present and self._clock.now_ms() - leave.given_ms < WAIT_MS
        if present or waits:
            await self._put_off(leave, present=present)
        else:
            await self._finish(leave)

    async def _put_off(self, leave: Leave, *, present: bool) -> None:
        try:
            await self._keeper.restart(leave)
        except LeaveLost as error:
            log.info("a delayed leave is let go: %s", error)
            await self._db.write(call_seats.forget_leave, leave)
        else:
            due = self._next_due(leave)
            await self._db.write(self._note_put_off, leave, due, present)

    async def _finish(self, leave: Leave) -> None:
        try:
            await self._keeper.send(leave)
        except LeaveLost as error:
            log.info("a delayed leave was not there to be sent: %s", error)
        await self._db.write(call_seats.forget_leave, leave)

    def _next_due(self, leave: Leave) -> int:
        """Early enough that one failed try does not lose it."""
        return self._clock.now_ms() + min(POLL_MS, leave.delay_ms // 3)

    def _seen(self, txn: Transaction, seat: Seat) -> None:
        leave = call_seats.leave_of(txn, seat.room, seat.identity)
        if leave is not None:
            call_seats.put_off(txn, leave, self._next_due(leave), present=True)

    def _note_put_off(self, txn: Transaction, leave: Leave, due: int, present: bool) -> None:
        call_seats.put_off(txn, leave, due, present=present or leave.present)
