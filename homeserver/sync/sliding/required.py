"""The state that an answer carries: what was asked for, as it is now.

Spec: MSC4186, "RequiredStateRequest", "Lazy loaded memberships", "Changing room configs".
"""

from collections.abc import Iterable, Mapping

from attrs import frozen

from homeserver.events.event import StateKey
from homeserver.storage import events, names, state_trees
from homeserver.storage.events import Stored
from homeserver.sync.sliding.part import Part
from homeserver.sync.sliding.sitting import Sitting
from homeserver.sync.states import root_after, whole_state
from homeserver.sync.timelines import Timeline
from homeserver.sync.view import MEMBER

State = Mapping[StateKey, int]
"""Positions of state events."""


@frozen(eq=False)
class RequiredEvents:
    """`changed` are all keys of `state` that have changed, whether they are asked for or not."""

    events: list[Stored]
    removed: list[StateKey]
    changed: frozenset[StateKey]
    state: State

    @property
    def any(self) -> bool:
        return bool(self.events or self.removed)


def required_events(sitting: Sitting, part: Part, found: Timeline) -> RequiredEvents:
    state = state_at_end(part)
    changes = {} if part.is_new else changes_in(part)
    wanted = part.config.state
    if part.is_new:
        keys = set(wanted.among(state))
    else:
        keys = {key for key in changes if wanted.matches(key)}
        keys |= _newly_asked_for(part, state)
    told = {key: state[key] for key in keys if key in state}
    removed = [key for key in keys if key not in state]
    if wanted.is_lazy:
        told.update(_lazily(sitting, part, found, state, changes))
    stored = events.at_all(part.view.txn, told.values())
    _note_members(sitting, part, told)
    in_order = [stored[position] for position in sorted(set(told.values()))]
    return RequiredEvents(in_order, sorted(removed), frozenset(changes), state)


def state_at_end(part: Part) -> State:
    """As the user may see it: of a room that they have left, as it was then."""
    if part.candidate.membership.membership == "join":
        return part.head.state
    root = root_after(part.view, part.head, part.end)
    return whole_state(part.view, part.head, root)


def changes_in(part: Part) -> dict[StateKey, int | None]:
    """What changed behind the place that the client knows; None for what is gone."""
    view, head = part.view, part.head
    if head.newest <= part.place:
        return {}
    before = root_after(view, head, part.place)
    is_in = part.candidate.membership.membership == "join"
    after = head.root if is_in else root_after(view, head, part.end)
    changed: dict[StateKey, int | None] = {}
    for (type, state_key), _, position in state_trees.differences(view.txn, before, after):
        key = (names.name_of(view.txn, type), names.name_of(view.txn, state_key))
        changed[key] = position
    return changed


def _newly_asked_for(part: Part, state: State) -> set[StateKey]:
    sent, wanted = part.candidate.sent, part.config.state
    if sent is None or not wanted.asks_for_more_than(sent.state):
        return set()
    return {key for key in wanted.among(state) if not sent.state.matches(key)}


def _lazily(
    sitting: Sitting,
    part: Part,
    found: Timeline,
    state: State,
    changes: Mapping[StateKey, int | None],
) -> dict[StateKey, int]:
    """Those who speak in the timeline or are spoken of; and who moved, unless there is a gap.

    Behind a gap the client forgets whom it knows, so nobody counts as known.
    """
    users = dict.fromkeys(_heard(found))
    if not part.is_new and not found.limited:
        users.update(dict.fromkeys(key[1] for key in changes if key[0] == MEMBER))
    is_fresh = part.is_new or found.limited
    device = f"{sitting.wish.device} {sitting.wish.conn_id}"
    lazily: dict[StateKey, int] = {}
    for user_id in users:
        position = state.get((MEMBER, user_id))
        if position is None:
            continue
        member = (part.head.room_id, user_id)
        if is_fresh or not part.view.sent_members.has(device, member, position, sitting.since):
            lazily[(MEMBER, user_id)] = position
    return lazily


def _heard(found: Timeline) -> Iterable[str]:
    for seen in found.events:
        event = seen.stored.event
        yield event.sender
        if event.type == MEMBER and event.state_key:
            yield event.state_key


def _note_members(sitting: Sitting, part: Part, told: State) -> None:
    device = f"{sitting.wish.device} {sitting.wish.conn_id}"
    for (type, user_id), position in told.items():
        if type == MEMBER:
            member = (part.head.room_id, user_id)
            part.view.sent_members.note(device, member, position, part.view.upto)
