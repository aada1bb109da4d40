"""Numbers about the processes of bridges."""

from collections.abc import Callable

from attrs import frozen
from prometheus_client import CollectorRegistry, Counter, Gauge


@frozen
class BridgeMeter:
    starts: Counter
    up: Gauge

    @classmethod
    def of(cls, registry: CollectorRegistry) -> "BridgeMeter":
        return cls(
            starts=Counter(
                "isthmus_bridge_starts",
                "How often the server has started a bridge.",
                ("bridge",),
                registry=registry,
            ),
            up=Gauge(
                "isthmus_bridge_up",
                "Whether a bridge that the server runs is ready: 1 or 0.",
                ("bridge",),
                registry=registry,
            ),
        )

    def started(self, name: str) -> None:
        self.starts.labels(name).inc()

    def watch(self, name: str, is_up: Callable[[], bool]) -> None:
        self.up.labels(name).set_function(lambda: float(is_up()))

    def forget(self, name: str) -> None:
        self.up.remove(name)
