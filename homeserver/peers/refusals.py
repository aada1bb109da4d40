"""What other servers send or answer that is refused: counted always, logged once a day."""

from enum import Enum

from prometheus_client import CollectorRegistry, Counter

from homeserver.clock import Clock
from homeserver.logs import logger
from homeserver.peers.remembered import Remembered

QUIET_MS = 24 * 3_600_000
MAX_NOTES = 10_000

log = logger(__name__)


class Reason(Enum):
    """The values are labels of the metric."""

    MALFORMED = "malformed"
    """What is no event of the room."""
    FORGED = "forged"
    """A signature is wrong or missing, or the key for it cannot be had."""
    FORBIDDEN = "forbidden"
    """The room does not allow the event."""
    INCOMPLETE = "incomplete"
    """What comes before the event, or authorises it, cannot be had."""
    OUTSIDE = "outside"
    """The server may not say anything in the room."""
    TOO_MANY = "too_many"
    """More events wait in the room, or of the server, than it may have."""
    BAD_ANSWER = "bad_answer"
    """An answer is too large, or not what it should be."""
    PRIVATE_ADDRESS = "private_address"
    """The server, or a redirect of it, leads where this server does not go."""


class Refusals:
    def __init__(self, clock: Clock, registry: CollectorRegistry) -> None:
        counter = Counter(
            "isthmus_federation_refused",
            "What other servers sent or answered that was refused, by reason.",
            ("reason",),
            registry=registry,
        )
        self._children = {reason: counter.labels(reason.value) for reason in Reason}
        self._told: Remembered[tuple[str, Reason], bool] = Remembered(clock, MAX_NOTES)

    def note(self, server: str, reason: Reason, detail: str, number: int = 1) -> None:
        """`detail` is for the log: one line for each server and reason, and no more for a day."""
        self._children[reason].inc(number)
        if self._told.get((server, reason)) is None:
            self._told.put((server, reason), True, QUIET_MS)
            log.warning(
                "refused from %s: %s; more of this kind will only be counted",
                server,
                detail,
                extra={"reason": reason.value},
            )
