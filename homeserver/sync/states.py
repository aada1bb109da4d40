"""The state that a client needs to make sense of a timeline."""

from collections.abc import Iterable, Mapping, Sequence

from homeserver.events.event import StateKey
from homeserver.storage import events, names, state_trees
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.sync.speakers import known_by_now, only_talk, speakers
from homeserver.sync.timelines import Timeline
from homeserver.sync.view import MEMBER, Moved, Stretch, View


def state_for(
    view: View, head: Head, timeline: Timeline, stretch: Stretch, heroes: Sequence[str] = ()
) -> list[Stored]:
    """What the client needs besides the timeline: all state, or what changed in the stretch.

    As it was at the timeline's start; or (with `state_after`) at its end.
    """
    if not view.wish.filter.room.state.allows_room(head.room_id):
        return []
    at_end = bool(view.wish.state_after)
    if stretch.whole or at_end or not timeline.complete:
        positions = (_at_end if at_end else _at_start)(view, head, timeline, stretch)
        found = _wanted(view, events.at_all(view.txn, positions.values()).values())
    else:
        found = []
    if view.is_lazy and (found or heroes or not only_talk(view, head, timeline, at_end)):
        place = stretch.upto if at_end else timeline.starts_after
        root = root_after(view, head, place)
        found += speakers(view, head, timeline, root, found, heroes)
        known_by_now(view, head, timeline, found)
    return sorted(found, key=lambda stored: stored.position)


def moved_members(view: View, head: Head, timeline: Timeline, stretch: Stretch) -> list[Moved]:
    """Whose membership or profile changed in the stretch."""
    if timeline.complete:
        users = [s.stored.event.state_key for s in timeline.events if s.stored.event.type == MEMBER]
        return _moved(view, head, stretch, filter(None, users)) if any(users) else []
    before, after = root_after(view, head, stretch.after), root_after(view, head, stretch.upto)
    member = names.find(view.txn, MEMBER)
    changed = state_trees.differences(view.txn, before, after)
    users = [names.name_of(view.txn, user) for (type, user), _, _ in changed if type == member]
    return _moved(view, head, stretch, filter(None, users))


def _moved(view: View, head: Head, stretch: Stretch, users: Iterable[str]) -> list[Moved]:
    before = root_after(view, head, stretch.after)
    return [Moved(head, user, before) for user in dict.fromkeys(users)]


def root_after(view: View, head: Head, place: int) -> bytes:
    """The root of the room's state after all events up to and with `place`."""
    if head.newest <= place:
        return head.root
    following = view.following(head, place) or events.after(view.txn, head.room, place, 1)
    return following[0].room_state if following else head.root


def _at_end(view: View, head: Head, _: Timeline, stretch: Stretch) -> Mapping[StateKey, int]:
    end = root_after(view, head, stretch.upto)
    if stretch.whole:
        return whole_state(view, head, end)
    return _changed(view, root_after(view, head, stretch.after), end)


def _at_start(
    view: View, head: Head, timeline: Timeline, stretch: Stretch
) -> Mapping[StateKey, int]:
    start = root_after(view, head, timeline.starts_after)
    if stretch.whole:
        found = whole_state(view, head, start)
    else:
        found = _changed(view, root_after(view, head, stretch.after), start)
    if not timeline.has_gaps:
        return found
    # What changed where the timeline has gaps is told here, so that the client knows it at the end.
    told = {seen.stored.position for seen in timeline.events}
    end = root_after(view, head, stretch.upto)
    between = _changed(view, start, end, lazily=stretch.whole and view.is_lazy)
    return {**found, **{key: place for key, place in between.items() if place not in told}}


def _changed(
    view: View, before: bytes, after: bytes, *, lazily: bool = False
) -> dict[StateKey, int]:
    """Changes of membership are always told, unless members are only loaded with what they say."""
    found: dict[StateKey, int] = {}
    for (type, state_key), _, position in state_trees.differences(view.txn, before, after):
        if position is not None:
            key = (names.name_of(view.txn, type), names.name_of(view.txn, state_key))
            if not lazily or _is_told(view, key):
                found[key] = position
    return found


def whole_state(view: View, head: Head, root: bytes) -> Mapping[StateKey, int]:
    """The current state with what has changed since turned back: no walk through the whole tree."""
    if root == state_trees.EMPTY:
        return {}
    then = {key: position for key, position in head.state.items() if _is_told(view, key)}
    if root == head.root:
        return then
    for (type, state_key), before, _ in state_trees.differences(view.txn, root, head.root):
        key = (names.name_of(view.txn, type), names.name_of(view.txn, state_key))
        if before is None or not _is_told(view, key):
            then.pop(key, None)
        else:
            then[key] = before
    return then


def _is_told(view: View, key: StateKey) -> bool:
    """With lazy loading, members are not even looked at: those that matter come as speakers."""
    return not view.is_lazy or key[0] != MEMBER or key[1] == view.user_id


def _wanted(view: View, found: Iterable[Stored]) -> list[Stored]:
    wanted = view.wish.filter.room.state
    if wanted.is_everything:
        return list(found)
    return [s for s in found if wanted.matches(s.event.type, s.event.sender, s.event.content)]
