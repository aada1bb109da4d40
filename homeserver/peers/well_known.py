"""Where a domain says its homeserver is. Spec: "Resolving server names", step 3."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from attrs import frozen

from homeserver.clock import Clock
from homeserver.http.client import Answer, Client, Limits, Outgoing
from homeserver.http.outgoing_errors import AnswerTooLarge, OutgoingError, RefusedAddress
from homeserver.logs import logger
from homeserver.peers.addresses import split
from homeserver.peers.refusals import Reason, Refusals
from homeserver.peers.remembered import Remembered
from homeserver.peers.sharing import Sharing
from homeserver.randomness import Random, fraction

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DEFAULT_LIFETIME_MS = 24 * HOUR_MS
MIN_LIFETIME_MS = 5 * MINUTE_MS
MAX_LIFETIME_MS = 48 * HOUR_MS
MAX_HOSTS = 10_000

LIMITS = Limits(seconds=12.0, size=50 * 1024, redirects=10)

log = logger(__name__)


@frozen
class Finding:
    """What a domain said last. After `failures` a good answer is kept until it is too old."""

    server: str | None = None
    said_at_ms: int = 0
    failures: int = 0


class WellKnown:
    """Each domain is asked once, and its answer, good or bad, is remembered for a while."""

    def __init__(self, client: Client, clock: Clock, random: Random, refusals: Refusals) -> None:
        self._client = client
        self._refusals = refusals
        self._clock = clock
        self._random = random
        self._fresh: Remembered[str, Finding] = Remembered(clock, MAX_HOSTS)
        self._latest: Remembered[str, Finding] = Remembered(clock, MAX_HOSTS)
        self._asking: Sharing[str, str | None] = Sharing()

    async def delegated(self, host: str) -> str | None:
        """The server name that the domain delegates to; None if it says nothing."""
        if (found := self._fresh.get(host)) is not None:
            return found.server
        return await self._asking.get(host, lambda: self._ask(host))

    async def _ask(self, host: str) -> str | None:
        url = f"https://{host}/.well-known/matrix/server"
        try:
            answer = await self._client.request(Outgoing("GET", url), LIMITS)
            server = delegation(answer)
        except OutgoingError as error:
            log.debug("no well-known file of %s: %s", host, error)
            # Many websites answer with a page instead: that alone is nothing to be told of.
            if isinstance(error, RefusedAddress):
                self._refusals.note(host, Reason.PRIVATE_ADDRESS, str(error))
            elif isinstance(error, AnswerTooLarge):
                self._refusals.note(host, Reason.BAD_ANSWER, str(error))
            return self._note_failure(host)
        now_ms = self._clock.now_ms()
        finding = Finding(server, now_ms)
        self._fresh.put(host, finding, lifetime_ms(answer.headers, now_ms))
        self._latest.put(host, finding, MAX_LIFETIME_MS)
        return server

    def _note_failure(self, host: str) -> str | None:
        """Wait longer after each failure; what was said before is used until it is too old."""
        before = self._latest.get(host) or Finding()
        now_ms = self._clock.now_ms()
        is_usable = now_ms - before.said_at_ms < MAX_LIFETIME_MS
        finding = Finding(
            before.server if is_usable else None, before.said_at_ms, before.failures + 1
        )
        wait_ms = min(HOUR_MS, MINUTE_MS * 2 ** min(before.failures, 10))
        self._fresh.put(host, finding, round(wait_ms * (0.75 + 0.25 * fraction(self._random))))
        self._latest.put(host, finding, MAX_LIFETIME_MS)
        return finding.server


class _NoDelegation(OutgoingError):
    """The file is not there, or not what it should be."""


def delegation(answer: Answer) -> str:
    """The `m.server` of an answer, whatever its Content-Type; raises OutgoingError."""
    if answer.status != 200:
        raise _NoDelegation(f"status {answer.status}")
    body = answer.json()
    server = body.get("m.server") if isinstance(body, dict) else None
    if not isinstance(server, str):
        raise _NoDelegation("there is no m.server")
    try:
        split(server)
    except ValueError as error:
        raise _NoDelegation(str(error)) from None
    return server


def lifetime_ms(headers: Mapping[str, str], now_ms: int) -> int:
    """How long an answer is good by its own account, within our bounds."""
    said = _said_lifetime_ms(headers, now_ms)
    return min(max(said, MIN_LIFETIME_MS), MAX_LIFETIME_MS)


def _said_lifetime_ms(headers: Mapping[str, str], now_ms: int) -> int:
    directives = {
        name.strip().lower(): value.strip('" ')
        for name, _, value in (
            part.partition("=") for part in headers.get("cache-control", "").split(",")
        )
    }
    if directives.keys() & {"no-store", "no-cache"}:
        return 0
    seconds = directives.get("max-age", "")
    if seconds.isascii() and seconds.isdigit():
        return int(seconds[:9]) * 1000
    if "expires" in headers:
        return _until(headers["expires"], now_ms)
    return DEFAULT_LIFETIME_MS


def _until(date: str, now_ms: int) -> int:
    try:
        return round(parsedate_to_datetime(date).timestamp() * 1000) - now_ms
    except (ValueError, OverflowError):
        # RFC 9111: what is no date has expired already.
        return 0
