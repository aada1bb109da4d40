"""Numbers about what application services get."""

from collections.abc import Callable

from attrs import frozen
from prometheus_client import CollectorRegistry, Counter, Gauge


@frozen
class AppServiceMeter:
    transactions: Counter
    events: Counter
    backlog: Gauge
    waiting: Gauge

    @classmethod
    def of(cls, registry: CollectorRegistry) -> "AppServiceMeter":
        return cls(
            transactions=Counter(
                "isthmus_appservice_transactions_sent",
                "Transactions to application services, by outcome: ok, failed or refused.",
                ("service", "outcome"),
                registry=registry,
            ),
            events=Counter(
                "isthmus_appservice_events_sent",
                "What application services have taken: event, ephemeral or to_device.",
                ("service", "kind"),
                registry=registry,
            ),
            backlog=Gauge(
                "isthmus_appservice_backlog_seconds",
                "How long the oldest of what a service lacks has waited.",
                ("service",),
                registry=registry,
            ),
            waiting=Gauge(
                "isthmus_appservice_events_waiting",
                "Events in memory that a service has yet to get.",
                ("service",),
                registry=registry,
            ),
        )

    def watch(
        self, service: str, backlog: Callable[[], float], waiting: Callable[[], float]
    ) -> None:
        self.backlog.labels(service).set_function(backlog)
        self.waiting.labels(service).set_function(waiting)

    def forget(self, service: str) -> None:
        """Those who have gone wait for nothing."""
        self.backlog.remove(service)
        self.waiting.remove(service)
