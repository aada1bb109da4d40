"""Hands in letters that nobody waits for, so that nobody can tell from the time whether one went.

Letters are kept in memory: what a mail server does not take within an hour is given up, and so is
what waits when this server stops. People ask again.
"""

from typing import Protocol

from attrs import define, field

from homeserver.clock import Clock
from homeserver.logs import logger
from homeserver.peers.mail import Letter, MailDelayed, MailRefused
from homeserver.tasks import in_background

MAX_WAITING = 1000
PAUSES_S = (10.0, 60.0, 600.0, 3000.0)

log = logger(__name__)


class Counter(Protocol):
    """Where letters are handed in: `Mailer`."""

    async def send(self, letter: Letter) -> None:
        """Raises MailRefused or MailDelayed."""


@define(eq=False)
class Postman:
    _mailer: Counter
    _clock: Clock
    _waiting: int = field(default=0, init=False)

    def hand_in(self, letter: Letter) -> None:
        """Beyond a thousand letters that wait, further ones are dropped."""
        if self._waiting >= MAX_WAITING:
            log.error("too many letters wait for the mail server: one is dropped")
            return
        self._waiting += 1
        self._try(letter, 0)

    def _try(self, letter: Letter, tries: int) -> None:
        in_background(self._send(letter, tries), log, "a letter is lost")

    async def _send(self, letter: Letter, tries: int) -> None:
        try:
            await self._mailer.send(letter)
        except MailDelayed as error:
            log.warning("a letter about an account is delayed: %s", error)
            if tries < len(PAUSES_S):
                self._clock.call_later(PAUSES_S[tries], lambda: self._try(letter, tries + 1))
                return
        except MailRefused as error:
            log.info("a letter about an account was refused: %s", error)
        self._waiting -= 1
