"""The short pieces of work that add received events to a room."""

from collections.abc import Sequence

from attrs import evolve, frozen

from homeserver.events.auth_selection import CREATE
from homeserver.events.event import Event
from homeserver.rooms import timeline
from homeserver.rooms.incoming.authorising import judge
from homeserver.rooms.incoming.preparing import Prepared, prepare
from homeserver.rooms.policy_servers import PolicyServers
from homeserver.rooms.redactions import redact_early
from homeserver.rooms.timeline import Arrival, RoomStateIds
from homeserver.storage import early_redactions, events
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


@frozen(eq=False)
class Appending:
    """For the writer, which runs each again if a policy server has to be asked first."""

    server_name: str
    _policy: PolicyServers

    def append_ready(self, txn: Transaction, room_id: str, found: Sequence[Event]) -> list[Outcome]:
        """Add events as long as each simply follows what the room holds; the rest needs
        preparation.
        """
        head = timeline.head(txn, room_id)
        outcomes: list[Outcome] = []
        event_ids = [event.event_id for event in found]
        known = events.find_all(txn, event_ids)
        # Asked once, before anything is written: so the rows of many events go out together.
        early = early_redactions.aimed_at(txn, event_ids)
        for number, event in enumerate(found):
            if head is None or self.server_name not in head.servers:
                outcomes.append(Outcome(event.event_id, NOT_IN_ROOM))
                continue
            if outcome := settled(head, event, known.get(event.event_id)):
                outcomes.append(outcome)
                continue
            coming = [later for later in found[number + 1 :] if later.event_id not in known]
            appended = self._append(txn, head, event, known.get(event.event_id), coming)
            if appended is None:
                break
            head, outcome = appended
            outcomes.append(outcome)
            early.add(event.redacts or "")
            if event.event_id in early and (stored := events.find(txn, event.event_id)):
                redact_early(txn, stored)
        return outcomes

    def _append(
        self,
        txn: Transaction,
        head: Head,
        event: Event,
        known: Stored | None,
        coming: Sequence[Event],
    ) -> tuple[Head, Outcome] | None:
        """None if the event does not follow what the room holds, or rests on what is missing."""
        auth_events = events.find_all(txn, event.auth_events)
        if set(event.prev_events) != set(head.extremities):
            return None
        if len(auth_events) < len(set(event.auth_events)):
            return None
        judgement = judge(txn, head, event, auth_events, None)
        arrival = Arrival(judgement.standing, RoomStateIds(head.root))
        signed, arrival = self._heard(txn, head, event, arrival, coming)
        if arrival.standing is Standing.ALLOWED:
            head = timeline.append(txn, head, signed, known=known)
        else:
            head = timeline.receive(txn, head, signed, arrival)
        return head, Outcome(event.event_id, judgement.reason)

    def append_prepared(self, txn: Transaction, event: Event, prepared: Prepared) -> Outcome | None:
        """None if the room has moved on meanwhile."""
        head = timeline.head(txn, event.room_id)
        if head is None or head.extremities != prepared.extremities:
            return None
        if outcome := settled(head, event, events.find(txn, event.event_id)):
            return outcome
        return self._receive(txn, head, event, prepared)

    def prepare_and_append(
        self, txn: Transaction, event: Event, told: RoomStateIds | None
    ) -> Outcome:
        """In one go: for rooms that move on faster than anything can be prepared."""
        head = timeline.head(txn, event.room_id)
        if head is None:
            return Outcome(event.event_id, NOT_IN_ROOM)
        if outcome := settled(head, event, events.find(txn, event.event_id)):
            return outcome
        return self._receive(txn, head, event, prepare(txn, head, event, told))

    def _receive(self, txn: Transaction, head: Head, event: Event, prepared: Prepared) -> Outcome:
        timeline.receive(txn, head, *self._heard(txn, head, event, prepared.arrival))
        return Outcome(event.event_id, prepared.judgement.reason)

    def _heard(
        self,
        txn: Transaction,
        head: Head,
        event: Event,
        arrival: Arrival,
        coming: Sequence[Event] = (),
    ) -> tuple[Event, Arrival]:
        """With the word of the room's policy server: without it an event fails softly."""
        if arrival.standing is not Standing.ALLOWED:
            return event, arrival
        signed = self._policy.recommended(txn, head, event, coming)
        if signed is not None:
            return signed, arrival
        return event, evolve(arrival, standing=Standing.SOFT_FAILED, after=None)


def settled(head: Head, event: Event, known: Stored | None) -> Outcome | None:
    """The outcome for an event of which nothing new can be said."""
    if known is not None and known.is_rejected:
        return Outcome(event.event_id, REJECTED)
    if known is not None and known.state:
        return Outcome(event.event_id)
    if not event.prev_events or event.type == CREATE[0]:
        return Outcome(event.event_id, BEGINS_ONCE)
    return None
