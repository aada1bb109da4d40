"""What people send into rooms, now or later, put together."""

from attrs import frozen

from homeserver.building.rooms import RoomsPart
from homeserver.building.world import World
from homeserver.client_api.delayed_events import (
    DelayedEventActionEndpoints,
    DelayedEventEndpoints,
)
from homeserver.client_api.sending import SendingEndpoints
from homeserver.config.settings import Settings
from homeserver.notifier import Notifier
from homeserver.rooms.delayed_events import DelayedEvents
from homeserver.rooms.delayed_sending import DelayedSending
from homeserver.rooms.related_redactions import RelatedRedactions
from homeserver.rooms.sending import Sending
from homeserver.rooms.sticky_events import StickyEvents
from homeserver.rooms.timeline import Appended
from homeserver.storage.database import Database
from homeserver.users.presence import Presence
from homeserver.users.rate_limits import Limits


@frozen(kw_only=True)
class SendingPart:
    """`endpoints` belong to the resource `client`."""

    delayed: DelayedSending
    sticky: StickyEvents
    delayed_events: DelayedEvents
    endpoints: tuple[object, ...]

    async def start(self) -> None:
        await self.sticky.start()
        await self.delayed.start()

    def stop(self) -> None:
        """Before the database is closed."""
        self.delayed.stop()


def build_sending(
    settings: Settings,
    world: World,
    db: Database,
    notifier: Notifier,
    rooms: RoomsPart,
    presence: Presence,
    limits: Limits,
) -> SendingPart:
    clock = world.clock
    sending = Sending(db, rooms.author, rooms.checks)
    due = DelayedSending(db, clock, sending, lambda user_id: limits.take("message", user_id))
    notifier.listen(Appended, due.note)
    delayed = DelayedEvents(db, clock, world.random, settings.rooms.delayed_events, due)
    return SendingPart(
        delayed=due,
        sticky=StickyEvents(db, clock, notifier),
        delayed_events=delayed,
        endpoints=(
            SendingEndpoints(sending, presence, RelatedRedactions(db, rooms.author), delayed),
            DelayedEventEndpoints(delayed),
            DelayedEventActionEndpoints(delayed),
        ),
    )
