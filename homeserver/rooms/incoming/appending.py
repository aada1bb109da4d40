"""The short pieces of work that add received events to a room."""

from collections.abc import Sequence

from attrs import frozen

from homeserver.events.auth_selection import CREATE
from homeserver.events.event import Event
from homeserver.rooms import timeline
from homeserver.rooms.incoming.authorising import judge
from homeserver.rooms.incoming.preparing import Prepared, prepare
from homeserver.rooms.redactions import redact_early
from homeserver.rooms.timeline import Arrival, RoomStateIds
from homeserver.storage import events
from homeserver.storage.events import Standing, Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

NOT_IN_ROOM = "This server is not in the room."
BEGINS_ONCE = "A room begins only once."
REJECTED = "The event was rejected before."


@frozen
class Outcome:
    """Why an event was refused, or empty."""

    event_id: str
    problem: str = ""


def append_ready(
    txn: Transaction, room_id: str, server_name: str, found: Sequence[Event]
) -> list[Outcome]:
    """Add events as long as each simply follows what the room holds; the rest needs preparation."""
    head = timeline.head(txn, room_id)
    outcomes: list[Outcome] = []
    known = events.find_all(txn, (event.event_id for event in found))
    for event in found:
        if head is None or server_name not in head.servers:
            outcomes.append(Outcome(event.event_id, NOT_IN_ROOM))
            continue
        if outcome := settled(head, event, known.get(event.event_id)):
            outcomes.append(outcome)
            continue
        if set(event.prev_events) != set(head.extremities):
            break
        auth_events = events.find_all(txn, event.auth_events)
        if len(auth_events) < len(set(event.auth_events)):
            break
        judgement = judge(txn, head, event, auth_events, None)
        if judgement.standing is Standing.ALLOWED:
            head = timeline.append(txn, head, event, known=known.get(event.event_id))
            if (stored := events.find(txn, event.event_id)) is not None:
                redact_early(txn, stored)
        else:
            arrival = Arrival(judgement.standing, RoomStateIds(head.root))
            head = timeline.receive(txn, head, event, arrival)
        outcomes.append(Outcome(event.event_id, judgement.reason))
    return outcomes


def settled(head: Head, event: Event, known: Stored | None) -> Outcome | None:
    """The outcome for an event of which nothing new can be said."""
    if known is not None and known.is_rejected:
        return Outcome(event.event_id, REJECTED)
    if known is not None and known.state:
        return Outcome(event.event_id)
    if not event.prev_events or event.type == CREATE[0]:
        return Outcome(event.event_id, BEGINS_ONCE)
    return None


def append_prepared(txn: Transaction, event: Event, prepared: Prepared) -> Outcome | None:
    """None if the room has moved on meanwhile."""
    head = timeline.head(txn, event.room_id)
    if head is None or head.extremities != prepared.extremities:
        return None
    if outcome := settled(head, event, events.find(txn, event.event_id)):
        return outcome
    timeline.receive(txn, head, event, prepared.arrival)
    return Outcome(event.event_id, prepared.judgement.reason)


def prepare_and_append(txn: Transaction, event: Event, told: RoomStateIds | None) -> Outcome:
    """In one go: for rooms that move on faster than anything can be prepared."""
    head = timeline.head(txn, event.room_id)
    if head is None:
        return Outcome(event.event_id, NOT_IN_ROOM)
    if outcome := settled(head, event, events.find(txn, event.event_id)):
        return outcome
    prepared = prepare(txn, head, event, told)
    timeline.receive(txn, head, event, prepared.arrival)
    return Outcome(event.event_id, prepared.judgement.reason)
