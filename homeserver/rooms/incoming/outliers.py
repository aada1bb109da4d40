"""Events that are stored without a place in a timeline: what other events rest upon."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import frozen

from homeserver.events.auth_selection import CREATE
from homeserver.events.event import Event
from homeserver.events.problems import AuthError
from homeserver.rooms.incoming.authorising import authorize_by_auth_events
from homeserver.storage import events, heads, names
from homeserver.storage.events import Standing, Stored
from homeserver.storage.transaction import Transaction


@frozen
class Vetted:
    """Events after all that they rest upon; `rejected` are ids among them."""

    events: list[Event]
    rejected: frozenset[str] = frozenset()


def vet(found: Mapping[str, Event], known: Mapping[str, Stored]) -> Vetted:
    """Judge each event by those it names. What rests on events that nobody has is left out."""
    judged: dict[str, Stored] = dict(known)
    ordered: list[Event] = []
    for event in after_their_auth_events(found):
        if all(event_id in judged for event_id in event.auth_events):
            standing = _standing(event, judged)
            judged[event.event_id] = Stored(0, event, None, b"", standing=standing)
            ordered.append(event)
    rejected = frozenset(e.event_id for e in ordered if judged[e.event_id].is_rejected)
    return Vetted(ordered, rejected)


def _standing(event: Event, judged: Mapping[str, Stored]) -> Standing:
    create = judged.get("$" + event.room_id[1:])
    try:
        authorize_by_auth_events(event, judged, create.event if create else None)
    except AuthError:
        return Standing.REJECTED
    return Standing.ALLOWED


def after_their_auth_events(found: Mapping[str, Event]) -> list[Event]:
    """In an order in which each comes after those it names. Circles of events are left out."""
    ordered: list[Event] = []
    state: dict[str, bool] = {}
    for start in found:
        waiting = [start]
        while waiting:
            event_id = waiting[-1]
            is_done = state.get(event_id)
            if is_done is None:
                state[event_id] = False
                waiting += [
                    auth
                    for auth in _rests_on(found[event_id])
                    if auth in found and auth not in state
                ]
                continue
            waiting.pop()
            if not is_done:
                state[event_id] = True
                ordered.append(found[event_id])
    return ordered


def _rests_on(event: Event) -> Iterable[str]:
    if event.version.room_id_is_create_hash and event.type != CREATE[0]:
        return (*event.auth_events, "$" + event.room_id[1:])
    return event.auth_events


def unknown(txn: Transaction, event_ids: Collection[str]) -> list[str]:
    """Those of the events that are not stored."""
    known = events.positions_of(txn, event_ids)
    return [event_id for event_id in event_ids if event_id not in known]


def named_by(txn: Transaction, found: Iterable[Event]) -> dict[str, Stored]:
    """The stored events that these name as authorising them."""
    return events.find_all(txn, {auth for event in found for auth in _rests_on(event)})


def store(txn: Transaction, room_id: str, vetted: Vetted, part: Sequence[Event]) -> dict[str, int]:
    """Keep some of the events, if they are still new; the positions of all of them by id."""
    version = part[0].version
    room = names.intern(txn, room_id)
    heads.save_new(txn, room, version)
    known = events.positions_of(txn, [event.event_id for event in part])
    new = [event for event in part if event.event_id not in known]
    return {**known, **events.insert_outliers(txn, new, room, vetted.rejected)}
