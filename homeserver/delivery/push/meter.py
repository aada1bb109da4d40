"""Numbers about notifications."""

from collections.abc import Callable

from attrs import frozen
from prometheus_client import CollectorRegistry, Counter, Gauge


@frozen
class PushMeter:
    _sent: Counter
    expired: Counter
    _waiting: Gauge
    _failing: Gauge
    oldest: Gauge

    @classmethod
    def of(cls, registry: CollectorRegistry) -> "PushMeter":
        return cls(
            sent=Counter(
                "isthmus_push_notifications",
                "Notifications by kind of pusher (http, webpush, email) and outcome: taken, gone "
                "(the pusher was removed), refused, later, pusher_later.",
                ("kind", "outcome"),
                registry=registry,
            ),
            expired=Counter(
                "isthmus_push_expired",
                "Notifications that became too old before their gateway took them.",
                registry=registry,
            ),
            waiting=Gauge(
                "isthmus_push_pushers_waiting",
                "Pushers for which something waits, or is under way.",
                registry=registry,
            ),
            failing=Gauge(
                "isthmus_push_gateways_failing",
                "Gateways, and single pushers, that did not take what they were told last.",
                registry=registry,
            ),
            oldest=Gauge(
                "isthmus_push_oldest_seconds",
                "For how long the oldest notification has been waiting.",
                registry=registry,
            ),
        )

    def outcome(self, kind: str, outcome: str) -> None:
        self._sent.labels(kind.rpartition(".")[2], outcome.replace(" ", "_")).inc()

    def watch(self, waiting: Callable[[], int], failing: Callable[[], int]) -> None:
        self._waiting.set_function(waiting)
        self._failing.set_function(failing)
