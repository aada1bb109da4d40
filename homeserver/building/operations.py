"""What operators look at, put together."""

from functools import partial

from homeserver.building.ground import Ground
from homeserver.client_api.landing import LandingEndpoints
from homeserver.client_api.metrics import MetricsEndpoints
from homeserver.metrics import Metrics
from homeserver.rooms.timeline import Appended
from homeserver.storage.database import Database, Measure


def build_operations(ground: Ground) -> dict[str, list[object]]:
    """Endpoints by the resource of a listener."""
    settings, metrics, db, notifier = ground.settings, ground.metrics, ground.db, ground.notifier
    local, remote = metrics.events.labels("local"), metrics.events.labels("remote")
    own = settings.server_name
    notifier.listen(
        Appended,
        lambda change: (local if change.stored.event.sender_domain == own else remote).inc(),
    )
    for name in db.memory.sizes():
        metrics.cache_bytes.labels(name).set_function(partial(size_of, db, name))
    return {
        "client": [LandingEndpoints(settings.server_name, settings.baseurl)],
        "metrics": [MetricsEndpoints(metrics)] if settings.metrics.enabled else [],
    }


def commit_meter(metrics: Metrics) -> Measure:
    """Feeds what is told of commits."""

    def measure(pieces: int, seconds: float) -> None:
        metrics.batch_size.observe(pieces)
        metrics.write_seconds.observe(seconds)

    return measure


def size_of(db: Database, cache: str) -> float:
    return db.memory.sizes()[cache]
