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
    for user_id in dict.fromkeys([*_heard(view, timeline), *heroes]):
        position = _member_at(view, head, root, user_id)
        if position is None or position in there or position in shown:
            continue
        member = (head.room_id, user_id)
        if redundant or not view.sent_members.has(device, member, position, view.since):
            wanted.append(position)
    return list(events.at_all(view.txn, wanted).values())


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


def _member_at(view: View, head: Head, root: bytes, user_id: str) -> int | None:
    """Of the user's member event then; or now, for somebody who came later."""
    now = head.state.get((MEMBER, user_id))
    if root == head.root or now is None:
        return now
    type, state_key = names.find(view.txn, MEMBER), names.find(view.txn, user_id)
    if type is None or state_key is None:
        return None
    then = state_trees.get(view.txn, root, (type, state_key))
    return now if then is None and now <= view.upto else then
