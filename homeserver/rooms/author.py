"""Makes the events of our own users: everything about an event that its sender does not decide."""

from attrs import frozen
from signedjson.types import SigningKey

from homeserver.clock import Clock
from homeserver.errors import BadJson, Forbidden, MatrixError, TooLarge
from homeserver.events.auth_rules import authorize
from homeserver.events.auth_selection import auth_keys
from homeserver.events.building import Draft, build_event, finish_event, unsigned_pdu
from homeserver.events.event import Event
from homeserver.events.hashes import reference_hash
from homeserver.events.problems import AuthError, EventTooLarge, InvalidEvent
from homeserver.events.room_versions import EventFormat, RoomVersion
from homeserver.events.signatures import sign_event
from homeserver.events.unpadded_base64 import encode_base64, encode_urlsafe_base64
from homeserver.json_values import JsonObject
from homeserver.randomness import Random, token
from homeserver.rooms.policy_servers import PolicyServers
from homeserver.rooms.state_view import StateView
from homeserver.storage import events
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

MAX_PREV_EVENTS = 20


@frozen(eq=False)
class Author:
    """Builds events in this server's name and lets through only what the room's rules allow."""

    server_name: str
    _signing_key: SigningKey
    _clock: Clock
    _random: Random
    _policy: PolicyServers | None = None
    """Whose word events need in some rooms; None while the server has no federation."""

    def create_event(
        self,
        version: RoomVersion,
        room_id: str,
        sender: str,
        draft: Draft,
        origin_server_ts: int | None = None,
    ) -> Event:
        """The first event of a room; version 12 rooms get their id from it."""
        event = self._build(draft, version, room_id, sender, (), (), 1, origin_server_ts, None)
        self._authorize(event, {})
        return event

    def propose(self, txn: Transaction, head: Head, sender: str, draft: Draft) -> JsonObject:
        """An event that another server may finish and sign, if the room would let it in."""
        state = StateView(txn, head)
        found = _auth_events(state, head, sender, draft)
        prev_events = head.extremities[:MAX_PREV_EVENTS]
        pdu = unsigned_pdu(
            draft,
            version=head.version,
            room_id=head.room_id,
            sender=sender,
            prev_events=prev_events,
            auth_events=tuple(event.event_id for event in found),
            depth=head.depth + 1,
            origin_server_ts=self._clock.now_ms(),
            reference_hashes=reference_hashes(txn, head.version, prev_events, found),
        )
        self._authorize(Event.from_pdu(pdu, head.version, "$proposed"), state)
        return pdu

    def finish(self, pdu: JsonObject, version: RoomVersion) -> Event:
        """Hash, sign and name an event that another server proposed for one of our users."""
        if version.chosen_event_ids:
            pdu["event_id"] = f"${token(self._random, 18)}:{self.server_name}"
        try:
            return finish_event(pdu, version, self.server_name, self._signing_key)
        except InvalidEvent as error:
            raise BadJson(str(error)) from None

    def name_of_nothing(self) -> str:
        """An event id for somebody who is not to know that nobody hears him."""
        return f"${encode_urlsafe_base64(self._random(32))}"

    def sign(self, event: Event) -> Event:
        """The same event with our signature added."""
        pdu = sign_event(event.pdu, event.version, self.server_name, self._signing_key)
        return Event.from_pdu(pdu, event.version, event.event_id)

    def write(
        self,
        txn: Transaction,
        head: Head,
        sender: str,
        draft: Draft,
        origin_server_ts: int | None = None,
    ) -> Event:
        """The next event of a room, authorised; raises Forbidden where the sender may not.

        Only for work of the writer, which runs again if a policy server has to be asked first.
        """
        state = StateView(txn, head)
        found = _auth_events(state, head, sender, draft)
        prev_events = head.extremities[:MAX_PREV_EVENTS]
        auth_events = tuple(event.event_id for event in found)
        event = self._build(
            draft,
            head.version,
            head.room_id,
            sender,
            prev_events,
            auth_events,
            head.depth + 1,
            origin_server_ts,
            reference_hashes(txn, head.version, prev_events, found),
        )
        self._authorize(event, state)
        return event if self._policy is None else self._policy.approve(txn, head, event)

    def _build(
        self,
        draft: Draft,
        version: RoomVersion,
        room_id: str,
        sender: str,
        prev_events: tuple[str, ...],
        auth_events: tuple[str, ...],
        depth: int,
        origin_server_ts: int | None,
        hashes: dict[str, str] | None,
    ) -> Event:
        try:
            return build_event(
                draft,
                version=version,
                room_id=room_id,
                sender=sender,
                server_name=self.server_name,
                signing_key=self._signing_key,
                prev_events=prev_events,
                auth_events=auth_events,
                depth=depth,
                origin_server_ts=self._clock.now_ms()
                if origin_server_ts is None
                else origin_server_ts,
                opaque=token(self._random, 18) if version.chosen_event_ids else "",
                reference_hashes=hashes,
            )
        except EventTooLarge as error:
            raise TooLarge(str(error)) from None
        except InvalidEvent as error:
            raise BadJson(str(error)) from None

    def _authorize(self, event: Event, state: "StateView | dict[tuple[str, str], Event]") -> None:
        try:
            authorize(event, state)
        except AuthError as error:
            raise Forbidden(str(error)) from None


def _auth_events(state: StateView, head: Head, sender: str, draft: Draft) -> list[Event]:
    keys = auth_keys(draft.type, sender, draft.state_key, draft.content, head.version)
    return [event for key in keys if (event := state.get(key)) is not None]


def reference_hashes(
    txn: Transaction, version: RoomVersion, prev_events: tuple[str, ...], auth_events: list[Event]
) -> dict[str, str] | None:
    """Room versions 1 and 2 name other events with their hashes."""
    if version.event_format is EventFormat.IDS:
        return None
    named = {event.event_id: event for event in auth_events}
    for event_id in prev_events:
        stored = events.find(txn, event_id)
        if stored is None:
            raise MatrixError("The room's newest event is missing.", status=500)
        named[event_id] = stored.event
    return {
        event_id: encode_base64(reference_hash(event.pdu, version))
        for event_id, event in named.items()
    }
