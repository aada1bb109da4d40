"""Sends what the owner of a browser or a mailbox has to send back, before anything else is told."""

from collections.abc import Mapping
from typing import Protocol

from attrs import frozen
from twisted.internet.defer import Deferred

from homeserver.changes import PusherAwaitsProof
from homeserver.delivery.push.turns import Outcome
from homeserver.logs import logger
from homeserver.storage import pushers
from homeserver.storage.database import Database
from homeserver.storage.pushers import Pusher

log = logger(__name__)


class Prover(Protocol):
    async def prove(self, pusher: Pusher, token: str) -> Outcome:
        """Send it; never raises for what the other side does."""


@frozen(eq=False)
class Proving:
    """`_provers` by the kind of a pusher. What does not arrive is asked for again by the client."""

    _db: Database
    _provers: Mapping[str, Prover]

    def asked(self, change: PusherAwaitsProof) -> None:
        sending = Deferred.fromCoroutine(self._send(change))
        sending.addErrback(lambda failure: log.error("no proof was asked: %s", failure.value))

    async def _send(self, change: PusherAwaitsProof) -> None:
        pusher = await self._db.glance(pushers.find, change.pusher)
        prover = self._provers.get(pusher.kind) if pusher else None
        if pusher is None or prover is None:
            return
        outcome = await prover.prove(pusher, change.token)
        log.info("pusher %d was asked for a proof: %s", pusher.id, outcome.fate.value)
