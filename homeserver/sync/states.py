"""The state that a client needs to make sense of a timeline."""

from collections.abc import Iterable

from homeserver.events.event import StateKey
from homeserver.storage import events, names, state_trees
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.sync.timelines import Timeline
from homeserver.sync.view import View

MEMBER = "m.room.member"


def state_for(
    view: View, head: Head, timeline: Timeline, *, whole: bool, upto: int, after: int
) -> list[Stored]:
    """The state at the timeline's start, or (with `state_after`) at its end: all of it, or what
    changed.
    """
    at_end = bool(view.wish.state_after)
    if not whole and timeline.complete and not at_end:
        return _senders(view, head, timeline) if _is_lazy(view) else []
    end = _root_after(view, head, upto)
    there = end if at_end else _root_after(view, head, timeline.starts_after)
    if whole:
        positions = _whole_state(view, head, there)
    else:
        base = _root_after(view, head, after)
        changed = state_trees.differences(view.txn, base, there)
        positions = [position for _, _, position in changed if position is not None]
    found = _wanted(view, events.at_all(view.txn, positions).values())
    if _is_lazy(view):
        found = _without_idle_members(view, head, timeline, found, whole=whole)
    return sorted(found, key=lambda stored: stored.position)


def _root_after(view: View, head: Head, place: int) -> bytes:
    """The root of the room's state after all events up to and with `place`."""
    if head.newest <= place:
        return head.root
    kept = view.moves.recent(head.room_id).between(place, head.newest)
    following = kept or events.after(view.txn, head.room, place, 1)
    return following[0].state if following else head.root


def _whole_state(view: View, head: Head, root: bytes) -> Iterable[int]:
    """The current state with what has changed since turned back: no walk through the whole tree."""
    if root == head.root:
        return list(_places(view, head, head.state.items()))
    then: dict[StateKey, int] = dict(head.state)
    for (type, state_key), before, _ in state_trees.differences(view.txn, root, head.root):
        pair = (names.name_of(view.txn, type), names.name_of(view.txn, state_key))
        if before is None:
            then.pop(pair, None)
        else:
            then[pair] = before
    return list(_places(view, head, then.items()))


def _places(view: View, head: Head, state: Iterable[tuple[StateKey, int]]) -> Iterable[int]:
    """With lazy loading, members are not even looked at: those that are needed come by their
    senders.
    """
    if not _is_lazy(view):
        return (position for _, position in state)
    return (
        position
        for (type, state_key), position in state
        if type != MEMBER or state_key == view.user_id
    )


def _wanted(view: View, found: Iterable[Stored]) -> list[Stored]:
    wanted = view.wish.filter.room.state
    if wanted.is_everything:
        return list(found)
    return [s for s in found if wanted.matches(s.event.type, s.event.sender, s.event.content)]


def _is_lazy(view: View) -> bool:
    return view.wish.filter.room.lazy_load_members


def _without_idle_members(
    view: View, head: Head, timeline: Timeline, found: list[Stored], *, whole: bool
) -> list[Stored]:
    """Leave out members who say nothing here; changes of membership are always told."""
    kept = found if not whole else [s for s in found if s.event.type != MEMBER or _is_own(view, s)]
    there = {stored.position for stored in kept}
    return kept + [s for s in _senders(view, head, timeline) if s.position not in there]


def _is_own(view: View, stored: Stored) -> bool:
    return stored.event.state_key == view.user_id


def _senders(view: View, head: Head, timeline: Timeline) -> list[Stored]:
    """The member events of those who speak in the timeline, unless the device has them."""
    device = view.wish.requester.device_name
    redundant = view.wish.filter.room.state.include_redundant_members
    shown = {seen.stored.position for seen in timeline.events}
    found: list[Stored] = []
    for sender in dict.fromkeys(seen.stored.event.sender for seen in timeline.events):
        position = head.state.get((MEMBER, sender))
        if position is None or position in shown or position > view.upto:
            continue
        known = view.sent_members.is_known(device, (head.room_id, sender), position)
        if not known or redundant:
            found.append(events.at(view.txn, position))
    return found
