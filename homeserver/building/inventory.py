"""What administrators ask of files and of other servers, put together."""

from homeserver.admin_api.destinations import DestinationEndpoints
from homeserver.admin_api.media import AdminMediaEndpoints
from homeserver.admin_api.media_clearing import MediaClearingEndpoints
from homeserver.building.administration import AdministrationPart
from homeserver.building.ground import Ground
from homeserver.building.media import MediaPart
from homeserver.building.peers import PeersPart
from homeserver.delivery.known_servers import KnownServers
from homeserver.media.clearing import Clearing
from homeserver.media.inventory import Inventory


def build_inventory(
    ground: Ground, administration: AdministrationPart, media: MediaPart, peers: PeersPart
) -> tuple[object, ...]:
    """Endpoints for the resources `client` and `admin`."""
    name = ground.settings.server_name
    inventory = Inventory(ground.db, media.moderation, name)
    return (
        AdminMediaEndpoints(inventory, administration.administration),
        MediaClearingEndpoints(Clearing(ground.db, media.moderation, name), name),
        DestinationEndpoints(KnownServers(ground.db, peers.backoff, name)),
    )
