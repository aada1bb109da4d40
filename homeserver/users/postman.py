"""Hands in letters that nobody waits for, so that nobody can tell from the time whether one went.

Letters are kept until the mail server has taken them, also across restarts, or until they are too
old: no longer than the links in them are good. They are encrypted by a key that is not in the
database: who reads it, or a copy of it, finds no way into accounts.
"""

from typing import Protocol

from attrs import asdict, define, field, frozen
from nacl.encoding import RawEncoder
from nacl.exceptions import CryptoError
from nacl.hash import blake2b
from nacl.secret import SecretBox
from twisted.internet.interfaces import IDelayedCall

from homeserver.clock import Clock
from homeserver.json_values import decode, encode
from homeserver.logs import logger
from homeserver.peers.mail import Letter, MailDelayed, MailRefused
from homeserver.storage import letters
from homeserver.storage.database import Database
from homeserver.storage.letters import WaitingLetter
from homeserver.storage.transaction import Transaction
from homeserver.tasks import in_background

DAY_MS = 24 * 3600_000
"""What tells of something is told within a day, or not at all."""
MAX_WAITING = 1000
AT_ONCE = 10
PAUSES_S = (10, 60, 600, 3000)
SILENT_MS = 120_000
"""Longer than handing one in can take: whoever has said nothing by then was stopped meanwhile."""

log = logger(__name__)


class Counter(Protocol):
    """Where letters are handed in: `Mailer`."""

    async def send(self, letter: Letter) -> None:
        """Raises MailRefused or MailDelayed."""


@frozen
class Envelopes:
    """`_secret` is the server's signing key, from which the key of letters is made."""

    _secret: bytes = field(repr=False)

    def seal(self, letter: Letter) -> bytes:
        return bytes(self._box().encrypt(encode(asdict(letter))))

    def open(self, sealed: bytes) -> Letter | None:
        """None where it was sealed by another key."""
        try:
            return Letter(**decode(self._box().decrypt(sealed)))
        except CryptoError:
            return None

    def _box(self) -> SecretBox:
        return SecretBox(blake2b(b"letters", key=self._secret, encoder=RawEncoder))


@define(eq=False)
class Postman:
    _db: Database
    _clock: Clock
    _mailer: Counter
    _envelopes: Envelopes
    _timer: IDelayedCall | None = field(default=None, init=False)
    _on_the_way: int = field(default=0, init=False)
    _is_looking: bool = field(default=False, init=False)
    _has_more: bool = field(default=False, init=False)

    def hand_in(self, txn: Transaction, letter: Letter, user_id: str, expires_ts: int) -> None:
        """Once this is committed. Beyond a thousand letters that wait, further ones are dropped."""
        if letters.count(txn) >= MAX_WAITING:
            log.error("too many letters wait for the mail server: one is dropped")
            return
        now_ms = self._clock.now_ms()
        letters.add(txn, user_id, self._envelopes.seal(letter), now_ms, expires_ts)
        txn.after_commit(self.look)

    def look(self) -> None:
        """After whatever waits by now."""
        self._has_more = True
        if not self._is_looking:
            self._is_looking = True
            in_background(self._look(), log, "letters wait longer than they should")

    def stop(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    # -- inside

    async def _look(self) -> None:
        next_ts: int | None = self._clock.now_ms() + SILENT_MS
        try:
            while self._has_more and self._on_the_way < AT_ONCE:
                self._has_more = False
                taken, next_ts = await self._db.write(self._take, AT_ONCE - self._on_the_way)
                for it in taken:
                    self._on_the_way += 1
                    in_background(self._send(it), log, "a letter is tried again later")
        finally:
            self._is_looking = False
            self._look_again_at(next_ts)

    def _look_again_at(self, next_ts: int | None) -> None:
        self.stop()
        if next_ts is not None:
            wait_ms = max(1000, next_ts - self._clock.now_ms())
            self._timer = self._clock.call_later(wait_ms / 1000, self.look)

    def _take(self, txn: Transaction, limit: int) -> tuple[list[WaitingLetter], int | None]:
        now_ms = self._clock.now_ms()
        if old := letters.remove_expired(txn, now_ms):
            log.warning("letters that the mail server did not take in time were dropped: %d", old)
        taken = letters.take(txn, now_ms, now_ms + SILENT_MS, limit)
        return taken, letters.next_ts(txn)

    async def _send(self, it: WaitingLetter) -> None:
        try:
            await self._try(it)
        finally:
            self._on_the_way -= 1
            self.look()

    async def _try(self, it: WaitingLetter) -> None:
        letter = self._envelopes.open(it.sealed)
        if letter is None:
            log.warning("a letter was sealed by another signing key, and is dropped")
        else:
            try:
                await self._mailer.send(letter)
            except MailDelayed as error:
                log.warning("a letter about an account is delayed: %s", error)
                await self._db.write(self._put_off, it)
                return
            except MailRefused as error:
                log.info("a letter about an account was refused: %s", error)
        await self._db.write(letters.remove, it.position)

    def _put_off(self, txn: Transaction, it: WaitingLetter) -> None:
        pause_s = PAUSES_S[min(it.tries, len(PAUSES_S) - 1)]
        next_ts = self._clock.now_ms() + pause_s * 1000
        letters.put_off(txn, it.position, it.tries + 1, next_ts)
