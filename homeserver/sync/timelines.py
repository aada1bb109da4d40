"""The newest events of a room that a client has not seen."""

from attrs import frozen

from homeserver.events.filters import RoomEventFilter
from homeserver.rooms.history import Seen, spells, start_of_stay, visible
from homeserver.storage import events
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.sync.view import View

DEFAULT_LIMIT = 10
MAX_LIMIT = 500
MAX_LOOKS = 8
"""How many portions are read in search of events that a filter wants."""


@frozen
class Timeline:
    """Oldest first. `starts_after` is the place before the first event.

    `limited` if the client can page back for events before it; `complete` if nothing at all was
    left out.
    """

    events: list[Seen]
    limited: bool
    complete: bool
    starts_after: int


def timeline(view: View, head: Head, after: int, upto: int) -> Timeline:
    """What came behind `after` up to and with `upto`, as far as the filter's limit reaches."""
    wanted = view.wish.filter.room.timeline
    limit = min(DEFAULT_LIMIT if wanted.limit is None else wanted.limit, MAX_LIMIT)
    found: list[Seen] = []
    read = 0
    at, more = upto, True
    for _ in range(MAX_LOOKS):
        portion = _newest(view, head, after, at, limit + 1)
        more = len(portion) > limit
        read += len(portion)
        found += [
            seen for seen in _allowed(view, head, portion) if _wants(view, wanted, seen.stored)
        ]
        if not more or len(found) > limit:
            break
        at = (portion[-1].place or 0) - 1
    limited = more or len(found) > limit
    chosen = found[:limit][::-1]
    complete = not limited and len(chosen) == read
    if complete:
        starts_after = after
    else:
        starts_after = (chosen[0].stored.place or 0) - 1 if chosen else upto
    return Timeline(chosen, limited, complete, starts_after)


def _newest(view: View, head: Head, after: int, upto: int, count: int) -> list[Stored]:
    """Newest first."""
    kept = view.moves.recent(head.room_id).between(after, upto)
    if kept is not None:
        # What is kept may have been redacted since.
        return [events.at(view.txn, stored.position) for stored in kept[: -count - 1 : -1]]
    return events.before(view.txn, head.room, upto, count, after)


def _allowed(view: View, head: Head, portion: list[Stored]) -> list[Seen]:
    if not portion:
        return []
    membership = view.rooms.get(head.room_id)
    oldest = portion[-1].position
    if membership is not None and membership.membership == "join" and membership.position <= oldest:
        return [Seen(stored, "join") for stored in portion]
    return visible(view.txn, head, view.user_id, portion)


def _wants(view: View, wanted: RoomEventFilter, stored: Stored) -> bool:
    event = stored.event
    if event.sender in view.ignored and not event.is_state:
        return False
    return wanted.is_everything or wanted.matches(event.type, event.sender, event.content)


def joined_since(view: View, head: Head) -> int | None:
    """Since when the user has been in the room without a break; None for who is not in it."""
    return start_of_stay(spells(view.txn, head, view.user_id))
