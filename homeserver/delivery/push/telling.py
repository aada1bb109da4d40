"""A turn of one pusher: what comes next is told, and then forgotten, in this order.

A crash between the two tells one notification twice, and loses none.
"""

from collections.abc import Mapping

from attrs import define, frozen

from homeserver.delivery.push.gateway_courier import Courier
from homeserver.delivery.push.mailing import Mailing
from homeserver.delivery.push.meter import PushMeter
from homeserver.delivery.push.preparing import Due, Preparing
from homeserver.delivery.push.turns import Fate, Outcome, Turn
from homeserver.delivery.push.watchers import MAILBOXES, Watch, Watchers
from homeserver.logs import logger
from homeserver.storage import push_queue, pushers
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

log = logger(__name__)


@frozen(eq=False)
class Telling:
    """`_couriers` by the kind of a pusher."""

    _db: Database
    _preparing: Preparing
    _couriers: Mapping[str, Courier]
    _watchers: Watchers
    _meter: PushMeter

    async def take_turn(self, watch: Watch) -> Turn:
        due = await self._db.glance(self._preparing.next, watch.id)
        if due is None:
            return Turn()
        self._meter.expired.inc(due.expired)
        if due.is_nothing:
            if due.stale:
                await self._db.write(push_queue.remove, watch.id, due.stale)
            return Turn(has_more=due.has_more)
        outcome = await self._carry(due)
        self._meter.outcome(due.pusher.kind, outcome.fate.value)
        if outcome.reason:
            log.info("pusher %d at %s: %s", watch.id, watch.gateway, outcome.reason)
        await self._db.write(settle, due, outcome.fate)
        if outcome.fate is Fate.TAKEN and due.counts is not None:
            self._watchers.note_badge(watch.id, due.counts.unread)
        return Turn(outcome, due.has_more)

    async def _carry(self, due: Due) -> Outcome:
        courier = self._couriers.get(due.pusher.kind)
        if courier is None:
            return Outcome(Fate.REFUSED, reason="this server serves no such pushers now")
        return await courier.carry(due)


@define(eq=False)
class Turns:
    """Who tells: mailboxes are told in letters, all others one notification after the other."""

    _telling: Telling
    mailing: Mailing | None = None

    async def take(self, watch: Watch) -> Turn:
        if self.mailing is not None and watch.gateway == MAILBOXES:
            return await self.mailing.take_turn(watch)
        return await self._telling.take_turn(watch)


def settle(txn: Transaction, due: Due, fate: Fate) -> None:
    """What became of it decides what stays in the queue."""
    pusher = due.pusher.id
    if fate is Fate.GONE:
        pushers.delete_by_id(txn, pusher)
        return
    done = list(due.stale)
    if fate in (Fate.TAKEN, Fate.REFUSED) and due.notification is not None:
        done.append(due.queued)
    push_queue.remove(txn, pusher, done)
    if fate is Fate.TAKEN and due.counts is not None and due.counts.unread != due.pusher.badge:
        pushers.save_badge(txn, pusher, due.counts.unread)
    if fate in (Fate.LATER, Fate.PUSHER_LATER):
        push_queue.cut(txn, pusher)
