"""Tells mailboxes what was missed: not each message, but a letter now and then.

The first one comes when something has been unread for a while. Who does not read gets the next
ones at growing intervals; who reads what was told there gets nothing.
"""

from collections.abc import Callable

from attrs import field, frozen

from homeserver.delivery.push.letters import Letters
from homeserver.delivery.push.meter import PushMeter
from homeserver.delivery.push.notification import Notification
from homeserver.delivery.push.preparing import Preparing
from homeserver.delivery.push.turns import Fate, Outcome, Turn
from homeserver.delivery.push.watchers import Watch
from homeserver.logs import logger
from homeserver.peers.mail import Letter, MailDelayed, Mailer, MailRefused
from homeserver.storage import mail_rhythms, push_queue, pushers, receipts
from homeserver.storage.database import Database
from homeserver.storage.mail_rhythms import Rhythm
from homeserver.storage.pushers import Pusher
from homeserver.storage.transaction import Transaction
from homeserver.users.mailboxes import Mailboxes
from homeserver.users.pusher_kinds import EMAIL

IN_LETTER = 200
GROWTH = 3

log = logger(__name__)


@frozen
class Pace:
    """Milliseconds: how long something must be unread, and the longest rest between letters."""

    delay_ms: int
    longest_ms: int
    now_ms: Callable[[], int]


@frozen
class Missed:
    """What a mailbox would be told now, or when to look again."""

    pusher: Pusher | None = None
    found: list[Notification] = field(factory=list)
    done: list[int] = field(factory=list)
    """The places in the queue that this letter, or nobody, still needs to tell."""
    again_in_ms: int = 0
    rest_ms: int = 0
    """After this letter."""


@frozen(eq=False)
class Post:
    """The way to mailboxes."""

    mailer: Mailer
    mailboxes: Mailboxes
    letters: Letters

    async def send(self, letter: Letter) -> Outcome:
        try:
            await self.mailer.send(letter)
        except MailRefused as error:
            return Outcome(Fate.REFUSED, reason=str(error))
        except MailDelayed as error:
            return Outcome(Fate.LATER, reason=str(error))
        return Outcome(Fate.TAKEN)


@frozen(eq=False)
class Mailing:
    _db: Database
    _preparing: Preparing
    _post: Post
    _pace: Pace
    _meter: PushMeter

    async def take_turn(self, watch: Watch) -> Turn:
        wait_ms = await self._db.glance(self._wait_ms, watch.id)
        if wait_ms:
            return Turn(again_in_ms=wait_ms)
        missed = await self._db.glance(self._missed, watch.id)
        if missed.pusher is None or not missed.found:
            if missed.done:
                await self._db.write(push_queue.remove, watch.id, missed.done)
            return Turn(again_in_ms=missed.again_in_ms, has_more=len(missed.done) == IN_LETTER)
        outcome = await self._send(missed.pusher, missed)
        self._meter.outcome(EMAIL, outcome.fate.value)
        if outcome.reason:
            log.info("no letter to pusher %d: %s", watch.id, outcome.reason)
        if outcome.fate in (Fate.TAKEN, Fate.REFUSED):
            await self._db.write(self._settle, watch.id, missed)
        return Turn(outcome, has_more=True)

    async def prove(self, pusher: Pusher, token: str) -> Outcome:
        """Ask the owner of a mailbox whether to write there."""
        link = self._post.mailboxes.confirm_url(pusher.id, token)
        return await self._post.send(self._post.letters.question(pusher, link))

    async def _send(self, pusher: Pusher, missed: Missed) -> Outcome:
        link = await self._post.mailboxes.unsubscribe_url(pusher.id)
        return await self._post.send(self._post.letters.digest(pusher, missed.found, link))

    def _wait_ms(self, txn: Transaction, id: int) -> int:
        """How long nothing is to be sent; looks at as little as possible."""
        waiting = push_queue.first(txn, id, 1)
        if not waiting:
            return 0
        return max(0, self._due_ts(txn, id, waiting[0].since_ts) - self._pace.now_ms())

    def _due_ts(self, txn: Transaction, id: int, since_ts: int) -> int:
        """When something that has waited since then is to be told."""
        rhythm = mail_rhythms.find(txn, id)
        rested_ts = rhythm.last_ts + rhythm.wait_ms if rhythm else 0
        return max(since_ts + self._pace.delay_ms, rested_ts)

    def _missed(self, txn: Transaction, id: int) -> Missed:
        pusher = pushers.find(txn, id)
        if pusher is None:
            return Missed()
        missed = Missed(pusher, rest_ms=self._rest_ms(txn, pusher))
        for row in push_queue.first(txn, id, IN_LETTER):
            notification = self._preparing.notification(txn, pusher, row)
            if notification is not None:
                if not missed.found:
                    # What came before has been read: the first that has not decides.
                    wait_ms = self._due_ts(txn, id, row.since_ts) - self._pace.now_ms()
                    if wait_ms > 0:
                        return Missed(pusher, [], missed.done, wait_ms)
                missed.found.append(notification)
            missed.done.append(row.position)
        return missed

    def _rest_ms(self, txn: Transaction, pusher: Pusher) -> int:
        """Longer each time, until the user has read anything anywhere."""
        rhythm = mail_rhythms.find(txn, pusher.id)
        if rhythm is None or receipts.has_read_since(txn, pusher.user_id, rhythm.last_ts):
            return self._pace.delay_ms
        return min(rhythm.wait_ms * GROWTH, self._pace.longest_ms)

    def _settle(self, txn: Transaction, id: int, missed: Missed) -> None:
        push_queue.remove(txn, id, missed.done)
        mail_rhythms.save(txn, id, Rhythm(self._pace.now_ms(), missed.rest_ms))
