"""The one way in for every event: only this file appends to rooms."""

from attrs import evolve, frozen
from immutables import Map

from homeserver.changes import Change
from homeserver.events.applying_redactions import takes_effect
from homeserver.events.event import Event
from homeserver.events.push_rules.evaluation import (
    Highlights,
    SharedEvaluation,
    counts_by_default,
    highlights_by_default,
)
from homeserver.events.push_rules.facts import RoomView
from homeserver.rooms.state_view import StateView
from homeserver.storage import events, heads, highlights, memberships, names, relations, state_trees
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.storage.transaction import Transaction

IN_ROOM = ("join", "invite", "knock")


@frozen(eq=False)
class Appended(Change):
    """An event has entered its room; `head` is the room as it left it, `former` the head before.

    `highlights` tells whether it highlights anybody under default push rules.
    """

    room_id: str
    stored: Stored
    head: Head
    former: Head
    highlights: bool


@frozen
class SentBy:
    """The request that made an event: the device's number in `names`, and its transaction id if it
    named one.
    """

    device: int
    txn_id: str | None


def head(txn: Transaction, room_id: str) -> Head | None:
    return heads.load(txn, room_id)


def begin(txn: Transaction, create: Event) -> Head:
    """Open a room with its m.room.create event."""
    room = names.intern(txn, create.room_id)
    empty = Head(
        create.room_id,
        room,
        create.version,
        0,
        (),
        0,
        state_trees.EMPTY,
        0,
        0,
        Map(),
        Map(),
    )
    opened = evolve(empty, creation=txn.position + 1)
    heads.save_new(txn, opened)
    return append(txn, opened, create)


def append(txn: Transaction, former: Head, event: Event, sent_by: SentBy | None = None) -> Head:
    """Add an authorised event to its room and announce it; the room's head after it."""
    position = txn.next_position()
    counts, whom = _attention(txn, former, event)
    stored = Stored(
        position,
        event,
        position,
        former.root,
        former.state.get(event.state_pair) if event.is_state else None,
        former.counted + counts,
        device=sent_by.device if sent_by else None,
        txn_id=sent_by.txn_id if sent_by else None,
    )
    events.insert(txn, stored, former.room)
    relations.insert(txn, position, former.room, event, counts)
    after = _move(txn, former, stored)
    is_loud = bool(whom.user_ids) or whom.everyone
    if is_loud:
        highlights.insert(txn, former.room, position, whom.user_ids, whom.everyone)
    if event.redacts is not None:
        _redact(txn, former, stored)
    txn.put(txn.memory.heads, event.room_id, after)
    txn.announce(Appended(position, event.room_id, stored, after, former, is_loud))
    return after


def _move(txn: Transaction, former: Head, stored: Stored) -> Head:
    event = stored.event
    left = tuple(e for e in former.extremities if e not in event.prev_events)
    after = evolve(
        former,
        extremities=(*left, event.event_id),
        depth=max(former.depth, event.depth),
        newest=stored.position,
        counted=stored.counted,
    )
    if len(former.extremities) > 1 or len(after.extremities) > 1:
        heads.save_extremities(txn, after, forked_before=len(former.extremities) > 1)
    return _set_state(txn, after, stored) if event.is_state else after


def _set_state(txn: Transaction, after: Head, stored: Stored) -> Head:
    type, state_key = stored.event.state_pair
    key = (names.intern(txn, type), names.intern(txn, state_key))
    changed = evolve(
        after,
        root=state_trees.change(txn, after.root, {key: stored.position}),
        state=after.state.set((type, state_key), stored.position),
    )
    heads.save_state(txn, changed)
    heads.save_entry(txn, changed, key, stored.position)
    return _set_membership(txn, changed, stored) if type == "m.room.member" else changed


def _set_membership(txn: Transaction, after: Head, stored: Stored) -> Head:
    event = stored.event
    user_id, membership = event.state_key or "", event.membership or "leave"
    memberships.save(
        txn,
        user_id,
        event.room_id,
        after.room,
        Membership(membership, stored.position, event.sender),
    )
    if membership in IN_ROOM:
        return evolve(after, members=after.members.set(user_id, membership))
    return (
        evolve(after, members=after.members.delete(user_id)) if user_id in after.members else after
    )


NOBODY = Highlights(frozenset(), False)


def _attention(txn: Transaction, former: Head, event: Event) -> tuple[bool, Highlights]:
    """Whether the event notifies ordinary members, and whom it highlights."""
    if event.type == "m.room.create":
        return False, NOBODY
    levels = StateView(txn, former).power_levels()
    room = RoomView(
        len(former.members), levels.user(event.sender), {"room": levels.notifications()}
    )
    evaluation = SharedEvaluation.of(event, room)
    found = highlights_by_default(evaluation)
    members = frozenset(user for user in found.user_ids if former.is_joined(user))
    return counts_by_default(evaluation), Highlights(members, found.everyone)


def _redact(txn: Transaction, former: Head, stored: Stored) -> None:
    """Hide the event that the redaction aims at, if we have it and the sender may."""
    target = events.find(txn, stored.event.redacts or "")
    if target is None or target.redaction is not None:
        return
    if takes_effect(stored.event, target.event, StateView(txn, former).power_levels()):
        events.mark_redacted(txn, target, stored.position)
        relations.delete(txn, target.position)
