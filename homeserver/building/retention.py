"""How long messages are kept, put together."""

from attrs import frozen

from homeserver.building.world import World
from homeserver.client_api.retention import RetentionEndpoints
from homeserver.config.settings import Settings
from homeserver.metrics import Metrics
from homeserver.rooms.retention import Lifetimes, Meter, Retention, Upkeep
from homeserver.storage.database import Database
from homeserver.storage.search import index_of


@frozen(kw_only=True)
class RetentionPart:
    """`endpoints` belong to the resource `client`."""

    retention: Retention
    upkeep: Upkeep
    endpoints: tuple[object, ...]


def build_retention(
    settings: Settings, world: World, db: Database, metrics: Metrics
) -> RetentionPart:
    lifetimes, index = Lifetimes(settings.retention), index_of(db.dialect.name)
    retention = Retention(db, world.clock, lifetimes, index, Meter.of(metrics.registry))
    return RetentionPart(
        retention=retention,
        upkeep=Upkeep(world.clock, settings.retention.interval, retention),
        endpoints=(RetentionEndpoints(lifetimes),),
    )
