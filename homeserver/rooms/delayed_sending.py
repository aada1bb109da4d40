"""Sends delayed events when they are due: in order, once each, also after a restart. MSC4140."""

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from homeserver.clock import Clock
from homeserver.errors import Forbidden, MatrixError
from homeserver.events.building import Draft
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.rooms.sending import Sending
from homeserver.rooms.shown import delayed_txn_id
from homeserver.rooms.timeline import Appended, head
from homeserver.storage import accounts, delayed_events
from homeserver.storage.database import Database
from homeserver.storage.delayed_events import Delayed
from homeserver.storage.transaction import Transaction

BATCH = 50
LOOK_AT_LEAST_EVERY_MS = 60_000
"""The machine's clock may be set, so no timer runs longer."""
KEEP_FINALISED_MS = 7 * 86_400_000
KEEP_FINALISED = 1000
"""Of each user."""

Charge = Callable[[str], None]
"""Counts an event against what its sender may send; raises LimitExceeded."""
Place = tuple[str, str, str]

log = logger(__name__)


class DelayedSending:
    def __init__(self, db: Database, clock: Clock, sending: Sending, charge: Charge) -> None:
        self._db = db
        self._clock = clock
        self._sending = sending
        self._charge = charge
        self._timer: IDelayedCall | None = None
        self._timer_ms = 0
        self._is_running = False
        self._look_again = False
        self._is_stopped = False
        self._yielding: set[Place] = set()

    async def start(self) -> None:
        """What fell due while the server was down goes at once."""
        self._yielding.update(await self._db.read(delayed_events.yielding_places))
        await self._db.write(
            delayed_events.forget_finalised, self._clock.now_ms() - KEEP_FINALISED_MS
        )
        await self._run()

    def stop(self) -> None:
        self._is_stopped = True
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def expect(self, delayed: Delayed) -> None:
        """Something was scheduled."""
        if delayed.yields:
            self._yielding.add(_place(delayed))
        self._look_at(delayed.due_ts)

    def note(self, change: Appended) -> None:
        """Another user may have set what a delayed event was to set."""
        event = change.stored.event
        if event.state_key is None or not self._yielding:
            return
        place = (event.room_id, event.type, event.state_key)
        if place in self._yielding:
            done = self._db.write(self._give_way, place, event.sender)
            done.addErrback(lambda failure: log.error("no delayed event gave way: %s", failure))

    async def send(self, delayed: Delayed) -> None:
        """Send it now; raises MatrixError, and it goes on waiting."""
        draft = draft_of(delayed)
        if not self._sending.invites_elsewhere(draft):
            await self._db.write(self._send, delayed.delay_id, None)
            return
        requester = await self._db.read(requester_of, delayed)
        event_id = await self._sending.send(requester, delayed.room_id, draft)
        await self._db.write(self.settle, delayed, event_id, None)

    def settle(
        self, txn: Transaction, delayed: Delayed, event_id: str | None, error: JsonObject | None
    ) -> bool:
        """Write down what became of it, unless that is written already."""
        now_ms = self._clock.now_ms()
        if not delayed_events.finalise(txn, delayed.delay_id, now_ms, event_id, error):
            return False
        delayed_events.forget_finalised_beyond(txn, delayed.user_id, KEEP_FINALISED)
        if delayed.yields and not delayed_events.yielding(txn, *_place(delayed)):
            txn.after_commit(lambda: self._yielding.discard(_place(delayed)))
        return True

    # -- when the time has come

    def _look_at(self, due_ts: int) -> None:
        now_ms = self._clock.now_ms()
        at = min(due_ts, now_ms + LOOK_AT_LEAST_EVERY_MS)
        if self._is_running:
            # What is under way may have looked before this was written down.
            self._look_again = True
            return
        if self._timer is not None and self._timer_ms <= at:
            return
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer_ms = at
        self._timer = self._clock.call_later(max(0, at - now_ms) / 1000, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if not (self._is_running or self._is_stopped):
            Deferred.fromCoroutine(self._run())

    async def _run(self) -> None:
        self._is_running = True
        next_due: int | None = self._clock.now_ms() + LOOK_AT_LEAST_EVERY_MS
        try:
            while found := await self._db.read(delayed_events.due, self._clock.now_ms(), BATCH):
                limited = await self._db.read(_limited, found)
                # They begin in order, with the writer first of all, which keeps it.
                for sent in [
                    Deferred.fromCoroutine(self._send_due(it, it.user_id in limited))
                    for it in found
                ]:
                    await sent
            self._look_again = True
            while self._look_again:
                self._look_again = False
                next_due = await self._db.read(delayed_events.next_due)
        except Exception:
            log.exception("delayed events could not be sent, and wait")
        finally:
            self._is_running = False
        if next_due is not None and not self._is_stopped:
            self._look_at(next_due)

    async def _send_due(self, delayed: Delayed, is_limited: bool) -> None:
        try:
            if is_limited and not delayed.appservice:
                self._charge(delayed.user_id)
            if self._sending.invites_elsewhere(draft_of(delayed)):
                await self.send(delayed)
            else:
                await self._db.write(self._send, delayed.delay_id, self._clock.now_ms())
        except MatrixError as error:
            await self._db.write(self.settle, delayed, None, error.body())
        except Exception:
            log.exception("a delayed event could not be sent")
            ours = MatrixError("Something went wrong here; the server's log says what.")
            await self._db.write(self.settle, delayed, None, ours.body())

    def _send(self, txn: Transaction, delay_id: str, due_by: int | None) -> None:
        """With `due_by` only if it is still due: it may have been restarted."""
        delayed = delayed_events.find(txn, delay_id)
        if delayed is None or delayed.is_finalised:
            return
        if due_by is not None and delayed.due_ts > due_by:
            return
        if delayed.yields and _was_set_by_another(txn, delayed):
            self.settle(txn, delayed, None, GAVE_WAY)
            return
        requester, draft = requester_of(txn, delayed), draft_of(delayed)
        event_id = self._sending.add(
            txn,
            requester,
            delayed.room_id,
            draft,
            delayed_txn_id(delay_id),
            delayed.origin_server_ts,
        )
        self.settle(txn, delayed, event_id, None)

    def _give_way(self, txn: Transaction, place: Place, to: str) -> None:
        for delayed in delayed_events.yielding(txn, *place):
            if delayed.user_id != to:
                self.settle(txn, delayed, None, GAVE_WAY)


GAVE_WAY: JsonObject = {
    "errcode": "M_UNKNOWN",
    "error": "Another user has set this state in the meantime.",
    "org.matrix.msc4140.errcode": "M_CANCELLED_BY_STATE_UPDATE",
}


def _limited(txn: Transaction, found: Sequence[Delayed]) -> set[str]:
    """Those of the senders for whom rate limits hold."""
    senders = {delayed.user_id for delayed in found}
    known = {user_id: accounts.find(txn, user_id) for user_id in senders}
    return {user_id for user_id, account in known.items() if account and not account.is_unlimited}


def draft_of(delayed: Delayed) -> Draft:
    content, redacts = delayed.content, None
    if delayed.type == "m.room.redaction":
        redacts = content.get("redacts")
        content = {key: value for key, value in content.items() if key != "redacts"}
    return Draft(delayed.type, content, delayed.state_key, redacts, delayed.sticky)


def requester_of(txn: Transaction, delayed: Delayed) -> Requester:
    """The sender, if he may still speak."""
    account = accounts.find(txn, delayed.user_id)
    if account is None or account.is_deactivated or account.is_locked:
        raise Forbidden("This account cannot be used any more.")
    device_id = "" if delayed.appservice else delayed.device.partition(" ")[2]
    return Requester(
        delayed.user_id,
        device_id,
        appservice=delayed.appservice,
        is_guest=account.is_guest,
        is_admin=account.is_admin,
        is_suspended=account.is_suspended,
        is_shadow_banned=account.is_shadow_banned,
    )


def _place(delayed: Delayed) -> Place:
    return (delayed.room_id, delayed.type, delayed.state_key or "")


def _was_set_by_another(txn: Transaction, delayed: Delayed) -> bool:
    room = head(txn, delayed.room_id)
    current = room.event(txn, delayed.type, delayed.state_key or "") if room else None
    return (
        current is not None
        and current.event.sender != delayed.user_id
        and current.order > delayed.position
    )
