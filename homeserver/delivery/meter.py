"""Numbers about what other servers get from this one."""

from collections.abc import Callable

from attrs import frozen
from prometheus_client import CollectorRegistry, Counter, Gauge


@frozen
class DeliveryMeter:
    pdus: Counter
    edus: Counter
    transactions: Counter
    refused_pdus: Counter
    lagging: Gauge
    waiting: Gauge

    @classmethod
    def of(cls, registry: CollectorRegistry) -> "DeliveryMeter":
        return cls(
            pdus=Counter(
                "isthmus_federation_pdus_sent",
                "Events that other servers have taken, counted for each.",
                registry=registry,
            ),
            edus=Counter(
                "isthmus_federation_edus_sent",
                "EDUs that other servers have taken, counted for each.",
                registry=registry,
            ),
            transactions=Counter(
                "isthmus_federation_transactions_sent",
                "Transactions to other servers, by outcome: ok, failed or refused.",
                ("outcome",),
                registry=registry,
            ),
            refused_pdus=Counter(
                "isthmus_federation_pdus_refused",
                "Events to which another server has answered with an error.",
                registry=registry,
            ),
            lagging=Gauge(
                "isthmus_federation_destinations_lagging",
                "Servers that lack something and did not answer lately.",
                registry=registry,
            ),
            waiting=Gauge(
                "isthmus_federation_destinations_waiting",
                "Servers for which something is under way or waits in memory.",
                registry=registry,
            ),
        )

    def watch(self, lagging: Callable[[], int], waiting: Callable[[], int]) -> None:
        self.lagging.set_function(lagging)
        self.waiting.set_function(waiting)
