"""The three judgements on an event of another server.

Spec: Server-Server API, "Checks performed on receipt of a PDU", "Soft failure".
"""

from collections.abc import Mapping

from attrs import frozen

from homeserver.events.auth_rules import authorize, check_auth_events
from homeserver.events.auth_selection import CREATE
from homeserver.events.event import Event, StateKey
from homeserver.events.membership import RoomState
from homeserver.events.problems import AuthError
from homeserver.rooms.state_view import StateView, TreeView
from homeserver.rooms.timeline import RoomStateIds
from homeserver.storage import events
from homeserver.storage.events import Standing, Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction


@frozen
class Judgement:
    standing: Standing
    reason: str = ""


ALLOWED = Judgement(Standing.ALLOWED)


@frozen(eq=False)
class StateBefore:
    """A state as the auth rules take it."""

    _txn: Transaction
    _state: RoomStateIds

    def get(self, key: StateKey) -> Event | None:
        if key not in self._state.changes:
            return TreeView(self._txn, self._state.root).get(key)
        event_id = self._state.changes[key]
        stored = None if event_id is None else events.find(self._txn, event_id)
        return stored.event if stored else None


def judge(
    txn: Transaction,
    head: Head,
    event: Event,
    auth_events: Mapping[str, Stored],
    before: RoomStateIds | None,
) -> Judgement:
    """`before` is the state before the event, None where that is the room's current state."""
    current = StateView(txn, head)
    try:
        authorize_by_auth_events(event, auth_events, current.get(CREATE))
        authorize(event, current if before is None else StateBefore(txn, before))
    except AuthError as error:
        return Judgement(Standing.REJECTED, str(error))
    if before is not None and not is_allowed(event, current):
        return Judgement(Standing.SOFT_FAILED)
    return ALLOWED


def is_allowed(event: Event, state: RoomState) -> bool:
    try:
        authorize(event, state)
    except AuthError:
        return False
    return True


def authorize_by_auth_events(
    event: Event, auth_events: Mapping[str, Stored], create: Event | None
) -> None:
    """By what the event itself names; version 12 leaves the create event to the room id."""
    found = [auth_events[event_id] for event_id in event.auth_events]
    rejected = {stored.event.event_id for stored in found if stored.is_rejected}
    check_auth_events(event, [stored.event for stored in found], rejected)
    state = {stored.event.state_pair: stored.event for stored in found}
    if event.version.room_id_is_create_hash and create is not None:
        state[CREATE] = create
    authorize(event, state)
