"""The members that a client must know for what it is told. Spec: "Lazy-loading room members"."""

from collections.abc import Iterable, Sequence

from homeserver.storage import events, names, state_trees
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.sync.timelines import Timeline
from homeserver.sync.view import MEMBER, View


def speakers(
    view: View,
    head: Head,
    timeline: Timeline,
    root: bytes,
    told: Iterable[Stored],
    heroes: Sequence[str],
) -> list[Stored]:
    """The member events, in the state with this root, that the device does not have yet.

    Of the senders of the timeline and of those who give the room its name.
    """
    device = view.wish.requester.device_name
    redundant = view.wish.filter.room.state.include_redundant_members
    there = {stored.position for stored in told}
    # Who keeps the state at the timeline's end takes none from the timeline.
    shown = () if view.wish.state_after else {seen.stored.position for seen in timeline.events}
    wanted: list[int] = []
    users = list(dict.fromkeys([*_heard(view, timeline), *heroes]))
    members = members_at(view, head, root, users)
    for user_id in users:
        position = members[user_id]
        if position is None or position in there or position in shown:
            continue
        member = (head.room_id, user_id)
        if redundant or not view.sent_members.has(device, member, position, view.since):
            wanted.append(position)
    return list(events.at_all(view.txn, wanted).values())


def only_talk(view: View, head: Head, timeline: Timeline, at_end: bool) -> bool:
    """Whether no state changed, and the device has the member events of all who speak: most often
    so, and then nobody needs to be looked for.
    """
    if at_end or not timeline.complete or head.newest > view.upto:
        return False
    if view.wish.filter.room.state.include_redundant_members:
        return False
    device, sent = view.wish.requester.device_name, view.sent_members
    for seen in timeline.events:
        event = seen.stored.event
        position = head.state.get((MEMBER, event.sender))
        if event.is_state or position is None:
            return False
        if not sent.has(device, (head.room_id, event.sender), position, view.since):
            return False
    return True


def known_by_now(view: View, head: Head, timeline: Timeline, state: Sequence[Stored]) -> None:
    """Remember the member events that the answer carries."""
    device = view.wish.requester.device_name
    shown = () if view.wish.state_after else [seen.stored for seen in timeline.events]
    for stored in [*state, *shown]:
        if stored.event.type == MEMBER and stored.event.state_key:
            member = (head.room_id, stored.event.state_key)
            view.sent_members.note(device, member, stored.position, view.upto)


def _heard(view: View, timeline: Timeline) -> Iterable[str]:
    for seen in timeline.events:
        event = seen.stored.event
        yield event.sender
        if view.wish.state_after and event.type == MEMBER and event.state_key:
            yield event.state_key


def members_at(view: View, head: Head, root: bytes, users: Sequence[str]) -> dict[str, int | None]:
    """Where the users' member events were then; or are now, for those who came later."""
    now = {user_id: head.state.get((MEMBER, user_id)) for user_id in users}
    type = names.find(view.txn, MEMBER)
    if root == head.root or type is None:
        return now
    keys = {
        user_id: (type, number)
        for user_id, number in names.find_many(view.txn, users).items()
        if now[user_id] is not None
    }
    found = state_trees.get_many(view.txn, root, keys.values())
    for user_id, position in now.items():
        then = found.get(keys[user_id]) if user_id in keys else None
        if then is not None or position is None or position > view.upto:
            now[user_id] = then
    return now
