"""What people send into rooms, now or later, put together."""

from functools import partial

from attrs import frozen

from homeserver.building.ground import Ground
from homeserver.building.parts import Part
from homeserver.building.rooms import RoomsPart
from homeserver.client_api.delayed_events import (
    DelayedEventActionEndpoints,
    DelayedEventEndpoints,
)
from homeserver.client_api.sending import SendingEndpoints
from homeserver.rooms.delayed_events import DelayedEvents
from homeserver.rooms.delayed_sending import DelayedSending
from homeserver.rooms.mass_redactions import MassRedactions, asks_for_it
from homeserver.rooms.related_redactions import RelatedRedactions
from homeserver.rooms.sending import Sending
from homeserver.rooms.sticky_events import StickyEvents
from homeserver.rooms.timeline import Appended
from homeserver.users.presence import Presence
from homeserver.users.rate_limits import Limits


@frozen(kw_only=True)
class SendingPart(Part):
    """`endpoints` belong to the resource `client`."""

    delayed: DelayedSending
    sticky: StickyEvents
    delayed_events: DelayedEvents
    mass_redactions: MassRedactions
    endpoints: tuple[object, ...]

    async def start(self) -> None:
        await self.sticky.start()
        await self.delayed.start()
        self.mass_redactions.wake()

    async def stop(self) -> None:
        """Before the database is closed."""
        self.delayed.stop()


def build_sending(
    ground: Ground, rooms: RoomsPart, presence: Presence, limits: Limits
) -> SendingPart:
    settings, world, db, notifier = ground.settings, ground.world, ground.db, ground.notifier
    clock = world.clock
    sending = Sending(db, rooms.author, rooms.checks)
    due = DelayedSending(db, clock, sending, lambda user_id: limits.take("message", user_id))
    notifier.listen(Appended, due.note)
    delayed = DelayedEvents(db, clock, world.random, settings.rooms.delayed_events, due)
    mass_redactions = MassRedactions(db)
    notifier.listen(Appended, partial(note_removal, mass_redactions))
    return SendingPart(
        delayed=due,
        sticky=StickyEvents(db, clock, notifier),
        delayed_events=delayed,
        mass_redactions=mass_redactions,
        endpoints=(
            SendingEndpoints(sending, presence, RelatedRedactions(db, rooms.author), delayed),
            DelayedEventEndpoints(delayed),
            DelayedEventActionEndpoints(delayed),
        ),
    )


def note_removal(mass_redactions: MassRedactions, change: Appended) -> None:
    """Begin to redact what somebody said who is put out with it."""
    if asks_for_it(change.stored.event):
        mass_redactions.wake()
