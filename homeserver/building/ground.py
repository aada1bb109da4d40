"""What every part of the homeserver stands on."""

from attrs import frozen

from homeserver.building.world import World
from homeserver.config.settings import Settings
from homeserver.metrics import Metrics
from homeserver.notifier import Notifier
from homeserver.storage.database import Database


@frozen
class Ground:
    settings: Settings
    world: World
    db: Database
    notifier: Notifier
    metrics: Metrics
