"""What others than clients have missed, put together."""

from attrs import frozen

from homeserver.building.ground import Ground
from homeserver.building.parts import Part
from homeserver.building.peers import PeersPart
from homeserver.building.world import World
from homeserver.changes import HandedIn, PresenceChanged, TypingChanged
from homeserver.config.settings import Settings
from homeserver.delivery.audience import Audience
from homeserver.delivery.courier import Courier
from homeserver.delivery.device_lists import DeviceListNews
from homeserver.delivery.fleeting import PresenceNews, Receipts, TypingNews
from homeserver.delivery.meter import DeliveryMeter
from homeserver.delivery.packing import Packing
from homeserver.delivery.relays import Relays
from homeserver.delivery.servers import Servers
from homeserver.delivery.sticky_events import StickyNews
from homeserver.delivery.to_device import ToDeviceElsewhere
from homeserver.devices.to_device import SendElsewhere
from homeserver.notifier import Notifier
from homeserver.peers.admission import Admission
from homeserver.rooms.sticky_events import StickyEvents
from homeserver.rooms.timeline import Appended
from homeserver.rooms.typing import Typing
from homeserver.storage.database import Database
from homeserver.users.presence import Presence


@frozen(kw_only=True)
class DeliveryPart(Part):
    """Without federation there is nothing to start."""

    servers: Servers | None = None
    device_lists: DeviceListNews | None = None

    async def start(self) -> None:
        if self.servers is not None and self.device_lists is not None:
            await self.servers.start()
            await self.device_lists.start()

    async def stop(self) -> None:
        if self.servers is not None and self.device_lists is not None:
            self.device_lists.stop()
            await self.servers.stop()


@frozen
class Happenings:
    """Where news come from, and what tells more of them."""

    db: Database
    notifier: Notifier
    typing: Typing
    presence: Presence
    sticky: StickyEvents


def to_device_elsewhere(settings: Settings, world: World) -> SendElsewhere | None:
    """The way of messages to the devices of other servers' users."""
    if not settings.federation.enabled:
        return None
    audience = Audience(settings.server_name, Admission(settings.federation))
    return ToDeviceElsewhere(audience, world.random).send


def build_delivery(ground: Ground, happenings: Happenings, peers: PeersPart) -> DeliveryPart:
    settings, world, metrics = ground.settings, ground.world, ground.metrics
    if not settings.federation.enabled:
        return DeliveryPart()
    db, notifier, clock = happenings.db, happenings.notifier, world.clock
    audience = Audience(
        settings.server_name,
        peers.admission,
        shows_device_names=settings.federation.show_device_names,
    )
    packing = Packing(settings.server_name, clock, world.random, happenings.presence)
    courier = Courier(db, peers.peers, packing, DeliveryMeter.of(metrics.registry))
    servers = Servers(db, clock, audience, courier, peers.backoff)
    servers.listen(notifier)
    Receipts(db, audience, servers, notifier)
    notifier.listen(HandedIn, Relays(db, audience, servers).handed_in)
    notifier.listen(Appended, StickyNews(db, audience, happenings.sticky).appended)
    typing = TypingNews(db, clock, audience, servers, happenings.typing)
    notifier.listen(TypingChanged, typing.changed)
    if happenings.presence.enabled:
        notifier.listen(PresenceChanged, PresenceNews(db, clock, audience, servers).changed)
    return DeliveryPart(servers=servers, device_lists=DeviceListNews(db, clock, audience, notifier))
