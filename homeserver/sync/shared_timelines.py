"""A room's news, written once for all who waited for it with the same filter."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from homeserver.events.filters import RoomEventFilter
from homeserver.rooms.history import Seen
from homeserver.rooms.soft_failed import Failed
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.sync.room_entries import show_seen
from homeserver.sync.timelines import Timeline, timeline, with_soft_failed
from homeserver.sync.view import Stretch, View

KEPT = 1000
GOOD_FOR_MS = 1000
"""Then the age of the events is written anew."""


@frozen(eq=False)
class News:
    """A timeline, and its events as they are sent."""

    found: Timeline
    shown: list[Any]


@frozen(eq=False)
class Shared:
    """The last news of a room that was the same for everybody who is not one of its `senders`."""

    stretch: Stretch
    newest: int
    filter: RoomEventFilter
    written_ms: int
    senders: frozenset[str]
    oldest: int
    news: News


class SharedTimelines:
    def __init__(self) -> None:
        self._rooms: OrderedDict[str, Shared] = OrderedDict()

    def news(self, view: View, head: Head, stretch: Stretch, membership: Membership) -> News:
        if view.failed_to_see() is not Failed.NONE:
            found = timeline(view, head, stretch)
            shown = with_soft_failed(view, head, stretch, found)
            return News(found, show_seen(view, head, shown))
        known = self._rooms.get(head.room_id)
        if known is not None and _serves(known, view, head, stretch, membership):
            return known.news
        found = timeline(view, head, stretch)
        news = News(found, show_seen(view, head, found.events))
        if (
            found.events
            and not stretch.new
            and not view.ignored
            and _is_for_all(view, found.events)
        ):
            self._keep(view, head, stretch, news)
        return news

    def _keep(self, view: View, head: Head, stretch: Stretch, news: News) -> None:
        events = news.found.events
        self._rooms[head.room_id] = Shared(
            stretch,
            head.newest,
            view.wish.filter.room.timeline,
            view.look.now_ms,
            frozenset(seen.stored.event.sender for seen in events),
            min(seen.stored.place or 0 for seen in events),
            news,
        )
        self._rooms.move_to_end(head.room_id)
        if len(self._rooms) > KEPT:
            self._rooms.popitem(last=False)


def _serves(
    known: Shared, view: View, head: Head, stretch: Stretch, membership: Membership
) -> bool:
    return (
        known.newest == head.newest
        and known.stretch == stretch
        and membership.position <= known.oldest
        and 0 <= view.look.now_ms - known.written_ms < GOOD_FOR_MS
        and not view.ignored
        and view.user_id not in known.senders
        and known.filter == view.wish.filter.room.timeline
        and not view.wish.filter.federation_format
        and view.wish.filter.event_fields is None
    )


def _is_for_all(view: View, events: Sequence[Seen]) -> bool:
    """Whether nothing in them is for this user alone: no relations, no events of their own."""
    wish = view.wish.filter
    alone = len(events) == 1
    return (
        bool(events)
        and not wish.federation_format
        and wish.event_fields is None
        and all(
            seen.membership == "join"
            and seen.stored.event.sender != view.user_id
            and seen.stored.redaction is None
            and (alone or "m.relates_to" not in seen.stored.event.content)
            for seen in events
        )
    )
