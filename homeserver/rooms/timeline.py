"""The one way in for every event: only this file appends to rooms."""

from collections.abc import Collection, Mapping

from attrs import evolve, frozen
from immutables import Map

from homeserver.changes import Change, MembershipMoved
from homeserver.events.event import Event, StateKey
from homeserver.events.room_versions import RoomVersion
from homeserver.events.sticky import STICKY
from homeserver.rooms import current_state, mass_redactions
from homeserver.rooms.attention import NOBODY, attention
from homeserver.rooms.current_state import IN_ROOM, numbered
from homeserver.rooms.mass_redactions import asks_for_it, covering
from homeserver.rooms.openness import note_openness
from homeserver.rooms.redactions import redact, redact_early
from homeserver.rooms.state_view import position_in
from homeserver.storage import (
    events,
    heads,
    highlights,
    missing_events,
    names,
    passed_events,
    relations,
    state_trees,
    sticky_events,
)
from homeserver.storage.events import Standing, Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

MAX_EXTREMITIES = 20
"""As many as one event can follow; where nobody of ours speaks, the oldest are let go."""
PLACES_IN_GAPS = 5000
"""Left free where history is missing, so that it can be put in later."""
NO_STATE = state_trees.EMPTY
"""The root of the state before a room's first event."""

__all__ = ["IN_ROOM", "Appended", "Arrival", "RoomStateIds", "SentBy"]


@frozen(eq=False)
class Appended(Change):
    """An event has entered its room; `head` is the room as it left it, `former` the head before.

    `highlights` tells whether it highlights anybody under default push rules. A quiet one is old
    already: nobody is to be notified of it.
    """

    room_id: str
    stored: Stored
    head: Head
    former: Head
    highlights: bool
    is_quiet: bool = False


@frozen
class SentBy:
    """The request that made an event: the device's number in `names`, and its transaction id if it
    named one.
    """

    device: int
    txn_id: str | None


@frozen
class RoomStateIds:
    """A state: that with this root, but for some places. Event ids; None for empty places."""

    root: bytes
    changes: Mapping[StateKey, str | None] = Map()


@frozen
class Arrival:
    """How an event of another server stands to its room, worked out for one head of the room.

    `followed` are the events that it follows, if only through such as are not allowed. `after` is
    the room's state with it, where that is not simply the former state with it. `lacking` are those
    of its `prev_events` that we do not have.
    """

    standing: Standing
    before: RoomStateIds
    followed: Collection[str] = ()
    after: RoomStateIds | None = None
    lacking: Collection[str] = ()


def head(txn: Transaction, room_id: str) -> Head | None:
    return heads.load(txn, room_id)


def begin(txn: Transaction, create: Event) -> Head:
    """Open a room with its m.room.create event."""
    return append(txn, _open(txn, create.room_id, create.version), create)


def append(
    txn: Transaction,
    former: Head,
    event: Event,
    sent_by: SentBy | None = None,
    known: Stored | None = None,
) -> Head:
    """Add an authorised event that follows all that the room holds; the room's head after it.

    `known` is the event as an outlier, if it was one.
    """
    stored = _stored(txn, former, event, former.root, known)
    if sent_by is not None:
        stored.device, stored.txn_id = sent_by.device, sent_by.txn_id
    after = _follow(former, stored, event.prev_events)
    if event.is_state:
        after = current_state.set_event(txn, after, stored)
    return _finish(txn, former, after, stored, known)


def append_quietly(txn: Transaction, former: Head, event: Event) -> Head:
    """Add an event that follows all others here, though it happened elsewhere long ago."""
    stored = _stored(txn, former, event, former.root, None)
    after = _follow(former, stored, event.prev_events)
    if event.is_state:
        after = current_state.set_event(txn, after, stored)
    return _finish(txn, former, after, stored, None, is_quiet=True)


def receive(txn: Transaction, former: Head, event: Event, arrival: Arrival) -> Head:
    """Add an event of another server, wherever it stands; the room's head after it."""
    known = events.find(txn, event.event_id)
    if arrival.lacking:
        txn.skip_positions(PLACES_IN_GAPS)
    stored = _stored(txn, former, event, root_of(txn, arrival.before), known)
    stored.standing = arrival.standing
    if arrival.standing is not Standing.ALLOWED:
        stored.place = None
        if arrival.standing is Standing.SOFT_FAILED:
            stored.redaction = stored.redaction or covering(txn, former, event.sender)
        _keep(txn, former.room, stored, known)
        if arrival.standing is Standing.SOFT_FAILED and STICKY in event.pdu:
            sticky_events.note(txn, stored, former.room)
        return former
    stored.current = former.root
    missing_events.add(txn, former.room, arrival.lacking, stored.place or 0)
    after = _follow(former, stored, arrival.followed)
    if arrival.after is not None:
        own = {event.event_id: stored.position}
        root = root_of(txn, arrival.after, own)
        after, moved = current_state.move_to(txn, after, root, {stored.position: event})
        for user_id in moved:
            txn.announce(MembershipMoved(after.newest, user_id, event.room_id))
    elif event.is_state:
        after = current_state.set_event(txn, after, stored)
    after = _finish(txn, former, after, stored, known)
    redact_early(txn, stored)
    return after


def admit(txn: Transaction, former: Head, known: Stored) -> Head:
    """Let in a message that had failed softly, now that the room's state allows it."""
    stored = evolve(
        known,
        place=txn.next_position(),
        standing=Standing.ALLOWED,
        current=former.root,
        counted=former.counted,
    )
    return _finish(txn, former, _follow(former, stored, ()), stored, known)


def enter(txn: Transaction, join: Event, root: bytes, known: Mapping[int, Event]) -> Head:
    """Begin, or begin again, to follow a room of other servers: with the join of one of our users.

    `root` is that of the state before it; `known` holds state events by position, to save reading
    them.
    """
    former = heads.load(txn, join.room_id) or _open(txn, join.room_id, join.version)
    if former.newest:
        txn.skip_positions(PLACES_IN_GAPS)
    apart = evolve(former, extremities=(), depth=0, newest=txn.position + 1)
    heads.save_extremities(txn, apart, forked_before=True)
    there, _ = current_state.move_to(txn, apart, root, known)
    outlier = events.find(txn, join.event_id)
    stored = _stored(txn, there, join, root, outlier)
    missing_events.add(txn, there.room, join.prev_events, stored.place or 0)
    after = current_state.set_event(txn, _follow(there, stored, ()), stored)
    return _finish(txn, there, after, stored, outlier)


def insert_history(
    txn: Transaction, head: Head, event: Event, place: int, arrival: Arrival
) -> bool:
    """Add what happened long ago at a free place; whether it is one of the room's events now."""
    known = events.find(txn, event.event_id)
    stored = _stored(txn, head, event, root_of(txn, arrival.before), known)
    stored.standing, stored.counted = arrival.standing, 0
    stored.place = place if arrival.standing is Standing.ALLOWED else None
    missing_events.remove(txn, head.room, event.event_id)
    if stored.place is not None:
        missing_events.add(txn, head.room, arrival.lacking, place)
        relations.insert(txn, stored.position, head.room, event, False)
    _keep(txn, head.room, stored, known)
    redact_early(txn, stored)
    return stored.place is not None


def root_of(txn: Transaction, state: RoomStateIds, own: Mapping[str, int] | None = None) -> bytes:
    """The root of a state, whose nodes are stored; `own` gives positions of newest events."""
    if not state.changes:
        return state.root
    wanted = [event_id for event_id in state.changes.values() if event_id is not None]
    positions = {**events.positions_of(txn, wanted), **(own or {})}
    names.intern_all(txn, (name for key in state.changes for name in key))
    changes = {
        key: None if event_id is None else positions[event_id]
        for key, event_id in state.changes.items()
    }
    return state_trees.change(txn, state.root, numbered(txn, changes))


def _open(txn: Transaction, room_id: str, version: RoomVersion) -> Head:
    """The head of a room without events."""
    room = names.intern(txn, room_id)
    heads.save_new(txn, room, version)
    return Head(room_id, room, version, (), 0, state_trees.EMPTY, 0, 0, Map(), Map(), Map())


def _stored(
    txn: Transaction, former: Head, event: Event, root: bytes, known: Stored | None
) -> Stored:
    """The event at the next place of the line; one that was an outlier keeps its position."""
    place = txn.next_position()
    replaces = None
    if event.is_state:
        replaces = (
            former.state.get(event.state_pair)
            if root == former.root
            else position_in(txn, root, event.state_pair)
        )
    return Stored(
        known.position if known else place,
        event,
        place,
        root,
        replaces=replaces,
        counted=former.counted,
        redaction=known.redaction if known else None,
    )


def _follow(former: Head, stored: Stored, followed: Collection[str]) -> Head:
    event = stored.event
    left = tuple(e for e in former.extremities if e not in followed)[1 - MAX_EXTREMITIES :]
    return evolve(
        former,
        extremities=(*left, event.event_id),
        depth=max(former.depth, event.depth),
        newest=stored.place or former.newest,
    )


def _finish(
    txn: Transaction,
    former: Head,
    after: Head,
    stored: Stored,
    known: Stored | None,
    *,
    is_quiet: bool = False,
) -> Head:
    """Write down and announce an event that has moved its room from `former` to `after`."""
    event, room, position = stored.event, former.room, stored.position
    counts, whom = (False, NOBODY) if is_quiet else attention(txn, former, event)
    stored.counted += counts
    after = evolve(after, counted=stored.counted)
    if len(former.extremities) > 1 or len(after.extremities) > 1:
        heads.save_extremities(txn, after, forked_before=len(former.extremities) > 1)
    _keep(txn, room, stored, known)
    relations.insert(txn, position, room, event, counts)
    if is_quiet:
        passed_events.note_quiet(txn, position)
    is_loud = bool(whom.user_ids) or whom.everyone
    if is_loud:
        highlights.insert(txn, room, position, whom.user_ids, whom.everyone)
    if event.redacts is not None:
        redact(txn, stored)
    if STICKY in event.pdu:
        sticky_events.note(txn, stored, room)
    if asks_for_it(event):
        mass_redactions.begin(txn, stored, room)
    note_openness(txn, former, after)
    txn.put(txn.memory.heads, event.room_id, after)
    change = Appended(after.newest, event.room_id, stored, after, former, is_loud, is_quiet)
    txn.announce(change)
    return after


def _keep(txn: Transaction, room: int, stored: Stored, known: Stored | None) -> None:
    if known is None:
        events.insert(txn, stored, room)
    else:
        events.promote(txn, stored)
