"""Events that people schedule, put off, send early or call off. MSC4140 and MSC4486."""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.config.rooms import DelayedEvents as Limits
from homeserver.errors import BadJson, InvalidParam, LimitExceeded, MatrixError, NotFound, TooLarge
from homeserver.events.building import Draft
from homeserver.events.canonical import check_canonical
from homeserver.events.formats import MAX_EVENT_BYTES, check_names
from homeserver.events.ids import is_room_id
from homeserver.events.problems import EventTooLarge, InvalidEvent
from homeserver.http.requester import Requester
from homeserver.json_values import encode
from homeserver.randomness import Random, token
from homeserver.rooms.delayed_sending import DelayedSending
from homeserver.storage import delayed_events
from homeserver.storage.database import Database
from homeserver.storage.delayed_events import (
    CANCELLED,
    FAILED,
    SCHEDULED,
    SENT,
    STATES,
    Delayed,
    Filter,
)
from homeserver.storage.transaction import Transaction

PAGE = 100

__all__ = ["CANCELLED", "FAILED", "SCHEDULED", "SENT", "STATES", "Delayed", "Filter"]


class MaxDelayExceeded(MatrixError):
    """Clients of before the proposal was accepted look for the names with a prefix."""

    errcode = "M_MAX_DELAY_EXCEEDED"

    def __init__(self, max_delay: int, is_old_form: bool) -> None:
        super().__init__(
            f"Events can be delayed by {max_delay} ms at most.",
            errcode="M_UNKNOWN" if is_old_form else "",
            max_delay=max_delay,
            max_delay_ms=max_delay,
        )
        self.extra["org.matrix.msc4140.errcode"] = "M_MAX_DELAY_EXCEEDED"
        self.extra["org.matrix.msc4140.max_delay"] = max_delay


class TooManyScheduled(LimitExceeded):
    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(max(1, retry_after_ms))
        self.message = "You have scheduled as many events as you may. Cancel one, or wait."


class AlreadyDecided(MatrixError):
    status = 409


@frozen
class Wish:
    """`yields` to what another user sets in the same place of the room's state, as the form of
    before the proposal was accepted has it.
    """

    room_id: str
    draft: Draft
    delay: int
    txn_id: str | None = None
    origin_server_ts: int | None = None
    yields: bool = False
    is_old_form: bool = False


@frozen(eq=False)
class DelayedEvents:
    _db: Database
    _clock: Clock
    _random: Random
    _limits: Limits
    _sending: DelayedSending

    async def schedule(self, requester: Requester, wish: Wish) -> str:
        """The id of the delayed event: whoever knows it can put it off, send it or cancel it."""
        self._check(wish)
        delay_id = token(self._random, 32)
        delayed = await self._db.write(self._schedule, requester, wish, delay_id)
        self._sending.expect(delayed)
        return delayed.delay_id

    async def restart(self, delay_id: str) -> None:
        await self._db.write(self._restart, delay_id)

    async def cancel(self, delay_id: str) -> None:
        await self._db.write(self._cancel, delay_id)

    async def send(self, delay_id: str) -> None:
        """Raises what sending raises; the event then waits on until it is due."""
        delayed = await self._db.read(_existing, delay_id)
        if delayed.is_finalised:
            if delayed.event_id is None:
                raise AlreadyDecided("This event was cancelled.")
            return
        await self._sending.send(delayed)

    async def find(self, user_id: str, delay_id: str) -> Delayed:
        delayed = await self._db.read(_existing, delay_id)
        if delayed.user_id != user_id:
            raise NotFound(NO_SUCH)
        return delayed

    async def page(
        self, user_id: str, wanted: Filter, limit: int = PAGE
    ) -> tuple[list[Delayed], bool]:
        """And whether there are more."""
        found = await self._db.read(delayed_events.page, user_id, wanted, limit + 1)
        return found[:limit], len(found) > limit

    def _check(self, wish: Wish) -> None:
        if wish.delay > self._limits.max_delay:
            raise MaxDelayExceeded(self._limits.max_delay, wish.is_old_form)
        draft = wish.draft
        if not is_room_id(wish.room_id):
            raise InvalidParam("This is not a room id: one begins with '!'.")
        if "\0" in (draft.state_key or ""):
            raise InvalidParam("The state key holds a NUL character.")
        try:
            check_names(draft.type, draft.state_key)
            check_canonical(draft.content)
        except EventTooLarge as error:
            raise TooLarge(str(error)) from None
        except InvalidEvent as error:
            raise BadJson(str(error)) from None
        if len(encode(draft.content)) > MAX_EVENT_BYTES:
            raise TooLarge("The content is larger than an event may be.")

    def _schedule(
        self, txn: Transaction, requester: Requester, wish: Wish, delay_id: str
    ) -> Delayed:
        draft, now_ms = wish.draft, self._clock.now_ms()
        content = draft.content
        if draft.redacts is not None:
            content = {**content, "redacts": draft.redacts}
        delayed = Delayed(
            delay_id=delay_id,
            position=txn.next_position(),
            user_id=requester.user_id,
            device=requester.device_name,
            appservice=requester.appservice,
            room_id=wish.room_id,
            type=draft.type,
            state_key=draft.state_key,
            content=content,
            sticky=draft.sticky_ms,
            origin_server_ts=wish.origin_server_ts,
            txn_id=wish.txn_id,
            yields=wish.yields and draft.state_key is not None,
            delay=wish.delay,
            since_ts=now_ms,
        )
        if wish.txn_id is not None and (id := delayed_events.find_scheduled_before(txn, delayed)):
            return _existing(txn, id)
        count, first_due = delayed_events.scheduled_of(txn, requester.user_id)
        if count >= self._limits.max_scheduled:
            raise TooManyScheduled(first_due - now_ms)
        delayed_events.insert(txn, delayed)
        return delayed

    def _restart(self, txn: Transaction, delay_id: str) -> None:
        delayed = _existing(txn, delay_id)
        if delayed.is_finalised:
            fate = "cancelled" if delayed.event_id is None else "sent"
            raise AlreadyDecided(f"This event was {fate}.")
        delayed_events.restart(txn, delayed, self._clock.now_ms())

    def _cancel(self, txn: Transaction, delay_id: str) -> None:
        delayed = _existing(txn, delay_id)
        if delayed.event_id is not None:
            raise AlreadyDecided("This event was sent.")
        self._sending.settle(txn, delayed, None, None)


NO_SUCH = "There is no such delayed event."


def _existing(txn: Transaction, delay_id: str) -> Delayed:
    delayed = delayed_events.find(txn, delay_id)
    if delayed is None:
        raise NotFound(NO_SUCH)
    return delayed
