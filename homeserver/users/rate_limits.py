"""How often things may be done. Spec: Client-Server API, "Rate limiting"."""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.config.limits import Limit, RateLimits
from homeserver.errors import LimitExceeded

MAX_REMEMBERED = 100_000
MAIL_QUESTION = "mail_question"
MAIL_ADDRESS = "mail_address"


@frozen
class Bucket:
    """A limit as times: so long for each, and so far ahead one may be.

    `by_ip` counts by the client's address, else by account.
    """

    interval_ms: float
    allowance_ms: float
    by_ip: bool


def bucket(limit: Limit, *, by_ip: bool = False) -> Bucket:
    interval_ms = 1000 / limit.per_second
    return Bucket(interval_ms, interval_ms * max(0, limit.burst - 1), by_ip)


def buckets(settings: RateLimits) -> dict[str, Bucket]:
    """By the cost that routes name. Costs that begin with login_ are taken by operations."""
    return {
        "message": bucket(settings.message),
        "join": bucket(settings.join),
        "invite": bucket(settings.invite),
        "upload": bucket(settings.upload),
        "url_preview": bucket(settings.url_preview),
        "search": bucket(settings.search),
        "identity_server": bucket(settings.identity_server, by_ip=True),
        "call": bucket(settings.call, by_ip=True),
        "report": bucket(settings.report),
        "admin_redaction": bucket(settings.admin_redaction),
        MAIL_QUESTION: bucket(settings.mail_question),
        MAIL_ADDRESS: bucket(settings.mail.address),
        "mail_proof": bucket(settings.mail.ip, by_ip=True),
        "delayed_event": bucket(settings.delayed_event, by_ip=True),
        "registration": bucket(settings.registration, by_ip=True),
        "oauth": bucket(settings.oauth, by_ip=True),
        "rendezvous": bucket(settings.rendezvous, by_ip=True),
        "second_factor": bucket(settings.login.failed),
        "second_factor_strangers": bucket(settings.login.failed_codes_by_strangers),
        "device_code": bucket(settings.login.failed),
        "login": bucket(settings.login.ip, by_ip=True),
        "login_account": bucket(settings.login.account),
        "login_failed": bucket(settings.login.failed),
        "login_strangers": bucket(settings.login.failed_by_strangers),
        "login_network": bucket(settings.login.failed_in_network),
    }


class Limits:
    """For each cost and each account or address, the time at which its bucket is full again."""

    def __init__(self, settings: RateLimits, clock: Clock) -> None:
        self._clock = clock
        self._full_at: dict[tuple[str, str], float] = {}
        self.enabled = settings.enabled
        self.buckets = buckets(settings)
        self.own: dict[tuple[str, str], Bucket] = {}
        """By cost and account, where others hold than everybody's."""

    def take(self, cost: str, who: str) -> None:
        """Count one; raises LimitExceeded, and counts nothing, when there are too many."""
        if not self.enabled:
            return
        now_ms = self._clock.now_ms()
        key = (cost, who)
        limit = self.own.get(key) or self.buckets[cost]
        full_at = self._full_at.get(key, 0.0)
        if full_at <= now_ms:
            if len(self._full_at) >= MAX_REMEMBERED:
                self._forget(now_ms)
            full_at = now_ms
        elif full_at - now_ms > limit.allowance_ms:
            raise LimitExceeded(int(full_at - now_ms - limit.allowance_ms) + 1)
        self._full_at[key] = full_at + limit.interval_ms

    def count(self, cost: str, who: str) -> None:
        """`take` for what has happened already, whether it was too much or not."""
        try:
            self.take(cost, who)
        except LimitExceeded:
            return

    def check(self, cost: str, who: str) -> None:
        """Raise LimitExceeded as `take` would, and count nothing."""
        if not self.enabled:
            return
        ahead_ms = self._full_at.get((cost, who), 0.0) - self._clock.now_ms()
        if ahead_ms > self.buckets[cost].allowance_ms:
            raise LimitExceeded(int(ahead_ms - self.buckets[cost].allowance_ms) + 1)

    def _forget(self, now_ms: int) -> None:
        """Full buckets need no memory; if all are in use, the oldest half is let off."""
        in_use = [item for item in self._full_at.items() if item[1] > now_ms]
        if len(in_use) > MAX_REMEMBERED // 2:
            in_use = in_use[-MAX_REMEMBERED // 2 :]
        self._full_at = dict(in_use)
