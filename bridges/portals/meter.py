"""What a bridge tells those who watch it."""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from attrs import frozen
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bridges.kit.json_values import JsonObject
from bridges.portals.ground import Ground, Tally
from bridges.portals.sessions import EVENTS, Running, Sessions
from bridges.storage import outbox

DIRECTION = ["direction"]


@frozen
class Meter:
    _ground: Ground
    _sessions: Sessions

    def health(self) -> JsonObject:
        """Logins by a name that says nothing of them: the page is open to whoever reaches it."""
        logins = [as_health(it) for it in self._sessions.all()]
        return {"sessions": list(self._sessions.states().values()), "logins": logins}

    async def metrics(self) -> str:
        waiting = await self._ground.db.write(outbox.lengths)
        registry = CollectorRegistry()
        registry.register(Reading(self._ground.tally, waiting, self._sessions.all()))
        return generate_latest(registry).decode()


@frozen(eq=False)
class Reading:
    """The numbers of this moment."""

    _tally: Tally
    _waiting: tuple[int, int]
    _running: list[Running]

    def collect(self) -> Iterator[Metric]:
        yield self._flows()
        waiting = GaugeMetricFamily(
            "isthmus_bridge_waiting", "What waits to be carried.", labels=DIRECTION
        )
        for direction, number in zip(("to_matrix", "to_network"), self._waiting, strict=True):
            waiting.add_metric([direction], number)
        yield waiting
        yield from self._events()
        yield from self._logins()

    def _flows(self) -> Metric:
        carried = CounterMetricFamily(
            "isthmus_bridge_carried", "What was carried over.", labels=DIRECTION
        )
        carried.add_metric(["to_matrix"], self._tally.arrived)
        carried.add_metric(["to_network"], self._tally.departed)
        return carried

    def _events(self) -> Iterator[Metric]:
        tally = self._tally
        for name, help, number in (
            ("known_already", "What the network told again.", tally.known_already),
            ("rejected", "What could not be delivered.", tally.rejected),
            ("tried_again", "Tries after one that failed.", tally.tried_again),
        ):
            yield CounterMetricFamily(f"isthmus_bridge_{name}", help, value=number)

    def _logins(self) -> Iterator[Metric]:
        logins = GaugeMetricFamily(
            "isthmus_bridge_logins", "Logins by what they do.", labels=["state"]
        )
        states = Counter(it.event for it in self._running)
        for event in EVENTS.values():
            logins.add_metric([event], states[event])
        yield logins
        connected = [it.pulse.silent_s() for it in self._running if it.is_connected]
        yield GaugeMetricFamily(
            "isthmus_bridge_silent_seconds",
            "For how long the quietest login that counts as connected has heard nothing.",
            value=max(connected, default=0.0),
        )


def as_health(running: Running) -> JsonObject:
    name = sha256(running.login.login_id.encode()).hexdigest()[:8]
    health: JsonObject = {"login": name, "state": running.state, "event": running.event}
    if running.is_connected:
        health |= {"heard": running.pulse.heard, "silent_s": round(running.pulse.silent_s())}
    return health
