"""What a client is told of one room. Spec: MSC4186, "RoomResult"."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, evolve, field, frozen

from homeserver.events.event import StateKey
from homeserver.events.required_state import NOTHING
from homeserver.json_values import JsonObject
from homeserver.rooms.history import Seen
from homeserver.rooms.soft_failed import Failed
from homeserver.rooms.tokens import write_token
from homeserver.storage import heads, receipts
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.storage.sliding_connections import LIVE, Sent
from homeserver.sync.pending_rooms import preview
from homeserver.sync.reading_ahead import read_newest
from homeserver.sync.room_entries import show_seen, show_state
from homeserver.sync.room_sections import Overtaken
from homeserver.sync.rooms_elsewhere import is_elsewhere, room_elsewhere
from homeserver.sync.sliding.names import Names
from homeserver.sync.sliding.part import Part, part_of
from homeserver.sync.sliding.required import RequiredEvents, required_events
from homeserver.sync.sliding.sitting import Candidate, Sitting
from homeserver.sync.sliding.wishes import RoomConfig
from homeserver.sync.timelines import Timeline, timeline, with_soft_failed
from homeserver.sync.unread import Unread
from homeserver.sync.view import Stretch

HAS_LEFT = ("leave", "ban")


@define(eq=False)
class Told:
    """What an answer tells of rooms. `timelines` are for extensions that go with them."""

    rooms: JsonObject = field(factory=dict)
    timelines: dict[str, list[Seen]] = field(factory=dict)


@frozen(eq=False)
class RoomEntries:
    _names: Names
    _unread: Unread

    def read_ahead(
        self, sitting: Sitting, found: Iterable[Head], configs: Mapping[str, RoomConfig]
    ) -> object:
        """What the entries of these new rooms need, with few statements; kept by the caller."""
        view = sitting.view
        joined = [head for head in found if head.is_joined(view.user_id)]
        shown = [head for head in joined if configs[head.room_id].timeline_limit]
        limits = (configs[head.room_id].timeline_limit for head in shown)
        ahead = read_newest(view, shown, max(limits, default=0))
        if not sitting.wish.form.merged:
            self._unread.read_ahead(
                view.txn, view.user_id, [(it, view.joined(it)) for it in joined]
            )
        return ahead

    def add(self, sitting: Sitting, candidate: Candidate, told: Told) -> None:
        """May raise Overtaken."""
        membership = candidate.membership
        if membership.moved > sitting.view.upto:
            raise Overtaken
        if is_at_door(sitting, candidate):
            entry = self._door(sitting, candidate)
        else:
            entry = self._inside(sitting, candidate, told)
        if not entry:
            return
        entry["membership"] = membership.membership
        if sitting.wish.form.merged and candidate.scope and candidate.scope.lists:
            entry["lists"] = sorted(candidate.scope.lists)
        told.rooms[candidate.room_id] = entry

    # -- rooms that the user is not in

    def _door(self, sitting: Sitting, candidate: Candidate) -> JsonObject:
        membership, sent = candidate.membership, candidate.sent
        _keep(sitting, candidate, as_member=False)
        if sent is not None and not sent.as_member and membership.moved <= candidate.known:
            return {}
        state = door_state(sitting, candidate.room_id, membership)
        if state is None:
            return {}
        form = sitting.wish.form
        return {"initial": True, form.stripped_state: state, "bump_stamp": membership.moved}

    # -- rooms that the user is or was in

    def _inside(self, sitting: Sitting, candidate: Candidate, told: Told) -> JsonObject:
        head = heads.load(sitting.txn, candidate.room_id)
        if head is None:
            return {}
        part = part_of(sitting, candidate, head)
        found, is_expanded = self._timeline(sitting, part)
        required = required_events(sitting, part, found)
        entry = self._names.changes(sitting, part, required)
        is_direct = head.room_id in sitting.scope.rooms.marks.direct
        was_direct = candidate.sent is not None and candidate.sent.direct
        has_left = candidate.membership.membership in HAS_LEFT
        is_told = part.is_new or is_expanded or bool(found.events) or required.any or bool(entry)
        is_told = is_told or is_direct != was_direct or (has_left and candidate.is_moved)
        is_told = is_told or (found.limited and not part.is_new)
        counts = self._counts(sitting, part, is_told)
        _keep(sitting, candidate, as_member=True, told=found)
        if not is_told and not counts:
            return {}
        if part.is_new:
            entry["initial"] = True
        if is_expanded:
            entry[sitting.wish.form.expanded_timeline] = True
        if is_direct or is_direct != was_direct:
            entry["is_dm"] = is_direct
        told.timelines[head.room_id] = found.events
        shown = _shown(sitting, part, found, required)
        if is_expanded:
            # The client has some of it already, and should look which.
            shown["limited"] = True
        return {**entry, **shown, **counts}

    def _timeline(self, sitting: Sitting, part: Part) -> tuple[Timeline, bool]:
        """The newest events, and whether some of them are older than what the client has."""
        limit, sent = part.config.timeline_limit, part.candidate.sent
        is_expanded = not part.is_new and sent is not None and limit > sent.limit
        if limit == 0 and (part.is_new or part.head.newest <= part.place):
            return Timeline([], False, part.end), False
        if part.is_new or is_expanded:
            stretch = Stretch(0, part.end, new=True, whole=True)
        else:
            stretch = Stretch(part.place, part.end, new=False, whole=False)
        found = timeline(part.view, part.head, stretch)
        if part.view.failed_to_see() is not Failed.NONE:
            found = evolve(found, events=with_soft_failed(part.view, part.head, stretch, found))
        return found, is_expanded

    def _counts(self, sitting: Sitting, part: Part, is_told: bool) -> JsonObject:
        """Unread messages; only the older form has them."""
        if sitting.wish.form.merged or part.candidate.membership.membership != "join":
            return {}
        if not is_told and not has_read(sitting, part):
            return {}
        view, head = part.view, part.head
        joined = view.joined(head)
        counts, _ = self._unread.counts(view.txn, head, view.user_id, joined, by_thread=False)
        return counts.as_json()


def is_at_door(sitting: Sitting, candidate: Candidate) -> bool:
    """Whether the user is not in the room, and was not since the client first saw it."""
    match candidate.membership.membership:
        case "join":
            return False
        case "invite" | "knock":
            return True
        case _:
            if candidate.sent is not None:
                return not candidate.sent.as_member
            return is_elsewhere(sitting.view, candidate.membership)


def door_state(sitting: Sitting, room_id: str, membership: Membership) -> list[JsonObject] | None:
    """Stripped state of a room at whose door the user is, or was; None for hidden invites."""
    view = sitting.view
    if is_elsewhere(view, membership):
        entry = room_elsewhere(view, room_id, membership) or {}
        state = entry.get(f"{membership.membership}_state", {}).get("events")
        return state if membership.membership in ("invite", "knock") else []
    head = heads.load(view.txn, room_id)
    if head is None:
        return None
    if membership.membership in HAS_LEFT:
        return preview(view.txn, head, membership)[-1:]
    return preview(view.txn, head, membership)


def has_read(sitting: Sitting, part: Part) -> bool:
    """Whether the user has read on since."""
    user_id, view = sitting.view.user_id, part.view
    moved = receipts.between(view.txn, part.head.room, user_id, part.place, view.upto)
    return any(receipt.user_id == user_id for receipt in moved)


def _shown(sitting: Sitting, part: Part, found: Timeline, required: RequiredEvents) -> JsonObject:
    head, since = part.head, sitting.since
    live = sum((seen.stored.place or 0) > since for seen in found.events) if since else 0
    entry: JsonObject = {}
    if found.events or part.is_new:
        entry["timeline"] = show_seen(part.view, head, found.events)
        entry["prev_batch"] = write_token(found.starts_after)
        entry["num_live"] = live
    if found.limited or part.is_new:
        entry["limited"] = found.limited
    if required.any or part.is_new:
        state: list[Any] = show_state(part.view, head, required.events)
        if sitting.wish.form.merged:
            state += [_stub(key) for key in required.removed]
        entry["required_state"] = state
    return entry


def _stub(key: StateKey) -> Mapping[str, str]:
    """State that is gone."""
    return {"type": key[0], "state_key": key[1]}


def _keep(
    sitting: Sitting, candidate: Candidate, *, as_member: bool, told: Timeline | None = None
) -> None:
    """Note what the client will have; of rooms that the user has left by choice, nothing."""
    membership, before = candidate.membership, candidate.sent
    if candidate.scope is None and membership.sender == sitting.view.user_id:
        sitting.changes[candidate.room_id] = None
        return
    direct = candidate.room_id in sitting.scope.rooms.marks.direct
    if candidate.scope is not None:
        config = candidate.scope.config
        limit = config.timeline_limit
        if before is not None and not (told is not None and told.limited):
            limit = max(before.limit, limit)
        after = Sent(LIVE, limit, config.state, as_member, direct)
    else:
        limit, state = (before.limit, before.state) if before else (0, NOTHING)
        after = Sent(LIVE, limit, state, as_member, direct)
    if after != before:
        sitting.changes[candidate.room_id] = after
    else:
        sitting.changes.pop(candidate.room_id, None)
