"""The newest events of a room that a client has not seen."""

from collections.abc import Sequence

from attrs import evolve, frozen

from homeserver.events.filters import RoomEventFilter
from homeserver.rooms.history import Seen, visible
from homeserver.rooms.soft_failed import chosen
from homeserver.storage import events, relations
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.sync.view import Stretch, View

DEFAULT_LIMIT = 10
MAX_LIMIT = 500
MAX_LOOKS = 8
"""How many portions are read in search of events that a filter wants."""


@frozen
class Timeline:
    """Oldest first. `starts_after` is the place before the first event.

    `limited` if the client can page back for events before it; `complete` if nothing at all was
    left out; `has_gaps` if something was left out behind `starts_after`.
    """

    events: list[Seen]
    limited: bool
    starts_after: int
    complete: bool = True
    has_gaps: bool = False


def timeline(view: View, head: Head, stretch: Stretch) -> Timeline:
    """What happened in this stretch, as far as the filter's limit reaches back."""
    wanted = view.wish.filter.room.timeline
    if not wanted.allows_room(head.room_id):
        return Timeline([], False, stretch.upto, complete=False)
    limit = limit_of(wanted)
    read: list[Stored] = []
    found: list[Seen] = []
    at, more = stretch.upto, True
    for _ in range(MAX_LOOKS):
        portion = _newest(view, head, stretch.after, at, limit + 1)
        more = len(portion) > limit
        read += portion
        found += _allowed(view, head, _wanted(view, head, wanted, portion))
        if not more or len(found) > limit:
            break
        at = (portion[-1].place or 0) - 1
    limited = more or len(found) > limit
    cut = _cut(stretch, found[:limit][::-1], read, limited)
    # Who comes back may be told only of what is new: the client need not have what was before.
    return evolve(cut, limited=True) if stretch.new and stretch.after else cut


def with_soft_failed(view: View, head: Head, stretch: Stretch, found: Timeline) -> list[Seen]:
    """What is shown to administrators who wish it: no more of it than of all else."""
    wanted = view.wish.filter.room.timeline
    after = found.starts_after if found.limited else stretch.after
    failed = events.soft_failed(
        view.txn, head.room, after, stretch.upto, limit_of(wanted), backwards=True
    )
    failed = chosen(view.txn, view.failed_to_see(), failed)
    more = visible(view.txn, head, view.user_id, _wanted(view, head, wanted, failed))
    return sorted([*found.events, *more], key=lambda seen: seen.stored.order)


def limit_of(wanted: RoomEventFilter) -> int:
    return min(DEFAULT_LIMIT if wanted.limit is None else wanted.limit, MAX_LIMIT)


def _cut(stretch: Stretch, chosen: list[Seen], read: list[Stored], limited: bool) -> Timeline:
    if not limited and len(chosen) == len(read):
        # On a fork the room's state is not simply what its newest events say.
        forked = any(stored.current is not None for stored in read)
        return Timeline(chosen, False, stretch.after, complete=not forked, has_gaps=forked)
    if not chosen:
        return Timeline([], limited, stretch.upto, complete=False)
    first = chosen[0].stored.place or 0
    behind = sum((stored.place or 0) >= first for stored in read)
    forked = any(stored.current is not None for stored in read)
    has_gaps = behind > len(chosen) or forked
    return Timeline(chosen, limited, first - 1, complete=False, has_gaps=has_gaps)


def _newest(view: View, head: Head, after: int, upto: int, count: int) -> list[Stored]:
    """Newest first."""
    kept = view.moves.recent(head.room_id).between(after, upto)
    if kept is not None:
        # What is kept may have been redacted since.
        now = events.at_all(view.txn, [stored.position for stored in kept[: -count - 1 : -1]])
        return sorted(now.values(), key=lambda stored: stored.order, reverse=True)
    ahead = view.ahead.get(head.room_id)
    if ahead is not None:
        found = ahead.between(max(after, ahead.complete_after), upto) or []
        if len(found) >= count or after >= ahead.complete_after:
            return found[: -count - 1 : -1]
    return events.before(view.txn, head.room, upto, count, after)


def _allowed(view: View, head: Head, portion: Sequence[Stored]) -> list[Seen]:
    if not portion:
        return []
    membership = view.rooms.get(head.room_id)
    if membership is not None and membership.membership == "join":
        oldest = portion[-1].place or 0
        if membership.position <= oldest:
            return [Seen(stored, "join") for stored in portion]
    return visible(view.txn, head, view.user_id, portion)


def _wanted(
    view: View, head: Head, wanted: RoomEventFilter, portion: list[Stored]
) -> Sequence[Stored]:
    if wanted.is_everything and not view.ignored and not wanted.asks_for_relations:
        return portion
    kept = [stored for stored in portion if _wants(view, wanted, stored)]
    if not wanted.asks_for_relations:
        return kept
    related = relations.targets(
        view.txn,
        head.room,
        [stored.event.event_id for stored in kept],
        wanted.related_by_rel_types,
        wanted.related_by_senders,
    )
    return [stored for stored in kept if stored.event.event_id in related]


def _wants(view: View, wanted: RoomEventFilter, stored: Stored) -> bool:
    event = stored.event
    if event.sender in view.ignored and not event.is_state:
        return False
    return wanted.matches(event.type, event.sender, event.content)
