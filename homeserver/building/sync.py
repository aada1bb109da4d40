"""What clients have missed, put together."""

from attrs import frozen

from homeserver.building.ground import Ground
from homeserver.client_api.notifications import NotificationEndpoints
from homeserver.client_api.old_sync import OldSyncEndpoints
from homeserver.client_api.sliding_sync import SlidingSyncEndpoints
from homeserver.client_api.sync import SyncEndpoints
from homeserver.rooms.receipts import Receipts
from homeserver.rooms.sticky_events import StickyEvents
from homeserver.rooms.typing import Typing
from homeserver.sync.answers import Answers, Parts
from homeserver.sync.badges import Badges
from homeserver.sync.device_lists import DeviceLists
from homeserver.sync.engine import SyncEngine
from homeserver.sync.event_stream import EventStream
from homeserver.sync.joined_rooms import JoinedRooms
from homeserver.sync.lazy_members import SentMembers
from homeserver.sync.moves import Moves
from homeserver.sync.notifications import Notifications
from homeserver.sync.old_sync import OldSync
from homeserver.sync.presence_news import PresenceNews
from homeserver.sync.profile_news import ProfileNews
from homeserver.sync.shared_timelines import SharedTimelines
from homeserver.sync.sliding.answers import SlidingAnswers, SlidingParts
from homeserver.sync.sliding.candidates import Candidates
from homeserver.sync.sliding.engine import SlidingSync
from homeserver.sync.sliding.extensions import Extended
from homeserver.sync.sliding.names import Names
from homeserver.sync.sliding.recency import Recency
from homeserver.sync.sliding.room_entries import RoomEntries
from homeserver.sync.sliding.room_extensions import RoomExtensions
from homeserver.sync.sliding.room_lists import RoomLists
from homeserver.sync.sliding.user_extensions import UserExtensions
from homeserver.sync.summaries import Summaries
from homeserver.sync.unread import Unread
from homeserver.sync.waiting import Waiting
from homeserver.users.filters import Filters
from homeserver.users.presence import Presence


@frozen(kw_only=True)
class SyncPart:
    """`endpoints` belong to the resource `client`; what counts the unread serves others too."""

    unread: Unread
    badges: Badges
    waiting: Waiting
    endpoints: tuple[object, ...]


def build_sync(
    ground: Ground,
    in_rooms: tuple[Typing, Receipts, StickyEvents],
    of_users: tuple[Filters, Presence],
) -> SyncPart:
    world, db, notifier = ground.world, ground.db, ground.notifier
    typing, receipts, sticky = in_rooms
    filters, presence = of_users
    moves = Moves(db.position, notifier)
    waiting = Waiting(world.clock, notifier, db.memory)
    presence_news = PresenceNews(presence, db.position, notifier)
    summaries, unread = Summaries(), Unread(receipts, moves)
    joined_rooms = JoinedRooms(summaries, unread, sticky, SharedTimelines())
    device_lists = DeviceLists(db.position, notifier)
    profile_news = ProfileNews(db.position, notifier)
    parts = Parts(joined_rooms, (typing, receipts), presence_news, device_lists, profile_news)
    answers = Answers(world.clock, moves, SentMembers(), parts)
    engine = SyncEngine(db, world.clock, moves, waiting, answers)
    sliding_parts = SlidingParts(
        RoomLists(Recency(notifier), moves),
        Candidates(),
        RoomEntries(Names(summaries), unread),
        Extended(
            RoomExtensions(typing, receipts), UserExtensions(profile_news, sticky), device_lists
        ),
    )
    sliding_answers = SlidingAnswers(world.clock, moves, SentMembers(), sliding_parts)
    sliding = SlidingSync(db, world.clock, moves, waiting, sliding_answers)
    old_sync = OldSync(db, world.clock, presence_news)
    stream = EventStream(db, world.clock, moves, waiting)
    return SyncPart(
        unread=unread,
        badges=Badges(unread, moves),
        waiting=waiting,
        endpoints=(
            SyncEndpoints(engine, filters, presence),
            SlidingSyncEndpoints(sliding, presence),
            OldSyncEndpoints(old_sync, stream),
            NotificationEndpoints(Notifications(db, world.clock, unread)),
        ),
    )
