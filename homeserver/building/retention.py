"""How long messages are kept, put together."""

from attrs import frozen

from homeserver.building.ground import Ground
from homeserver.building.parts import Part
from homeserver.client_api.retention import RetentionEndpoints
from homeserver.rooms.retention import Lifetimes, Meter, Retention, Upkeep
from homeserver.storage.search import index_of


@frozen(kw_only=True)
class RetentionPart(Part):
    """`endpoints` belong to the resource `client`."""

    retention: Retention
    upkeep: Upkeep
    endpoints: tuple[object, ...]

    async def start(self) -> None:
        self.upkeep.start()

    async def stop(self) -> None:
        self.upkeep.stop()


def build_retention(ground: Ground) -> RetentionPart:
    settings, world, db, metrics = ground.settings, ground.world, ground.db, ground.metrics
    lifetimes, index = Lifetimes(settings.retention), index_of(db.dialect.name)
    retention = Retention(db, world.clock, lifetimes, index, Meter.of(metrics.registry))
    return RetentionPart(
        retention=retention,
        upkeep=Upkeep(world.clock, settings.retention.interval, retention),
        endpoints=(RetentionEndpoints(lifetimes),),
    )
