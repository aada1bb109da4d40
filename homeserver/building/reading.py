"""What people read of rooms, and how far they have read, put together."""

from homeserver.building.ground import Ground
from homeserver.building.rooms import RoomsPart
from homeserver.client_api.events import EventEndpoints
from homeserver.client_api.members import MemberEndpoints
from homeserver.client_api.messages import MessageEndpoints
from homeserver.client_api.read_markers import ReadMarkerEndpoints
from homeserver.client_api.receipts import ReceiptEndpoints
from homeserver.client_api.relations import RelationEndpoints
from homeserver.client_api.room_state import RoomStateEndpoints
from homeserver.client_api.thread_subscriptions import ThreadSubscriptionEndpoints
from homeserver.client_api.threads import ThreadEndpoints
from homeserver.client_api.typing import TypingEndpoints
from homeserver.rooms.members import Members
from homeserver.rooms.messages import Messages
from homeserver.rooms.read_markers import ReadMarkers
from homeserver.rooms.related_events import RelatedEvents
from homeserver.rooms.room_state import RoomState
from homeserver.rooms.thread_subscriptions import ThreadSubscriptions
from homeserver.rooms.threads import Threads
from homeserver.rooms.timestamps import Timestamps
from homeserver.users.presence import Presence


def build_reading(ground: Ground, rooms: RoomsPart, presence: Presence) -> tuple[object, ...]:
    """The endpoints."""
    world, db = ground.world, ground.db
    clock, typing, receipts = world.clock, rooms.typing, rooms.receipts
    history = rooms.shared.history if rooms.shared else None
    messages = Messages(db, clock, history, ground.settings.retention.keep_redacted)
    read_markers = ReadMarkers(db, clock)
    return (
        MessageEndpoints(messages),
        EventEndpoints(
            messages, Timestamps(db, rooms.shared.closer_events if rooms.shared else None)
        ),
        MemberEndpoints(Members(db, clock)),
        RoomStateEndpoints(RoomState(db, clock)),
        RelationEndpoints(RelatedEvents(db, clock)),
        ThreadEndpoints(Threads(db, clock)),
        ThreadSubscriptionEndpoints(ThreadSubscriptions(db)),
        ReceiptEndpoints(receipts, read_markers, presence),
        ReadMarkerEndpoints(read_markers, presence),
        TypingEndpoints(typing, presence),
    )
