"""What clients ask about the server before anything else, put together."""

from homeserver.building.ground import Ground
from homeserver.client_api.capabilities import CapabilityEndpoints
from homeserver.client_api.versions import VersionEndpoints, unstable_features
from homeserver.client_api.well_known import WellKnownEndpoints
from homeserver.config.settings import Settings
from homeserver.users.secrets import Secrets
from homeserver.users.vapid import Vapid


def build_vapid(ground: Ground) -> Vapid | None:
    """None where browsers are not told anything directly."""
    settings, world, db = ground.settings, ground.world, ground.db
    if not (settings.push.enabled and settings.push.web_push):
        return None
    contact = settings.push.web_push_contact or settings.baseurl
    return Vapid(Secrets(db), world.clock, contact)


def build_facts(settings: Settings, vapid: Vapid | None) -> tuple[object, ...]:
    """The endpoints, which belong to the resource `client`."""
    return (
        VersionEndpoints(unstable_features(settings)),
        CapabilityEndpoints(settings, vapid),
        WellKnownEndpoints(settings),
    )
