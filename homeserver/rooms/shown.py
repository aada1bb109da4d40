"""Events as bytes for clients: written once for all who receive them, finished for each.

Spec: Client-Server API, "Room event format", `unsigned`; MSC4115 (`unsigned.membership`).
"""

from attrs import frozen

from homeserver.events.applying_redactions import redacted
from homeserver.events.client_format import client_format_without_room_id
from homeserver.events.event import Event
from homeserver.events.sticky import STICKY
from homeserver.json_values import JsonObject, encode
from homeserver.rooms.policies import is_unsigned
from homeserver.storage import events, names, sticky_events
from homeserver.storage.events import Standing, Stored
from homeserver.storage.transaction import Transaction


@frozen
class Look:
    """Who looks, and when. `device_name` is the requester's."""

    user_id: str
    device_name: str
    now_ms: int
    with_room_id: bool = True


def show(
    txn: Transaction,
    stored: Stored,
    look: Look,
    membership: str = "join",
    relations: JsonObject | None = None,
) -> bytes:
    """A ClientEvent.

    `membership` is the user's when the event happened; `relations` are bundled ones.
    """
    opened = stored.opened
    if opened is None:
        opened = stored.opened = open_event(txn, stored)
    if look.with_room_id:
        opened = b'{"room_id":' + encode(stored.event.room_id) + b"," + opened[1:]
    age = max(0, look.now_ms - stored.event.origin_server_ts)
    end = b'"membership":"%b","age":%d' % (membership.encode(), age)
    if stored.txn_id is not None and stored.event.sender == look.user_id:
        end += _for_sender(txn, stored, look, stored.txn_id)
    if STICKY in stored.event.pdu and stored.redaction is None:
        end += _time_left(txn, stored, look.now_ms)
    if stored.standing is Standing.SOFT_FAILED:
        end += b',"io.element.synapse.soft_failed":true'
        if is_unsigned(txn, stored):
            end += b',"io.element.synapse.policy_server_spammy":true'
    if relations:
        end += b',"m.relations":' + encode(relations)
    return opened + end + b"}}"


DELAYED = "\x1fdelayed "
"""Stands before the id of a delayed event where other events have a transaction id."""


def delayed_txn_id(delay_id: str) -> str:
    return DELAYED + delay_id


def _time_left(txn: Transaction, stored: Stored, now_ms: int) -> bytes:
    """For how long, in ms, a sticky event will be so; under its present and its coming name."""
    expires_ts = sticky_events.expiry(txn, stored.position) or 0
    if expires_ts <= now_ms:
        return b""
    left = expires_ts - now_ms
    return b',"msc4354_sticky_duration_ttl_ms":%d,"sticky_duration_remaining_ms":%d' % (left, left)


def _for_sender(txn: Transaction, stored: Stored, look: Look, txn_id: str) -> bytes:
    """A transaction id is for the device that sent it, a delay id for all of its user's."""
    if txn_id.startswith(DELAYED):
        delay_id = encode(txn_id.removeprefix(DELAYED))
        return b',"delay_id":%b,"org.matrix.msc4140.delay_id":%b' % (delay_id, delay_id)
    if stored.device is None or names.name_of(txn, stored.device) != look.device_name:
        return b""
    return b',"transaction_id":' + encode(txn_id)


def show_to_service(
    txn: Transaction, stored: Stored, now_ms: int, unsigned: JsonObject | None = None
) -> bytes:
    """A ClientEvent for an application service: the same whoever of its users it is for."""
    opened = stored.opened
    if opened is None:
        opened = stored.opened = open_event(txn, stored)
    age = max(0, now_ms - stored.event.origin_server_ts)
    more = b"," + encode(unsigned)[1:-1] if unsigned else b""
    room_id = encode(stored.event.room_id)
    return b'{"room_id":%b,%b"age":%d%b}}' % (room_id, opened[1:], age, more)


def open_event(txn: Transaction, stored: Stored) -> bytes:
    """All that is the same for everybody, up to within the `unsigned` object."""
    event, unsigned = stored.event, JsonObject()
    if stored.redaction is not None:
        event = redacted(event)
        because = events.at(txn, stored.redaction)
        unsigned["redacted_because"] = redaction_for_clients(because.event)
    if event.is_state and (former := replaced(txn, stored)) is not None:
        unsigned["replaces_state"] = former.event.event_id
        if stored.redaction is None:
            unsigned["prev_content"] = as_seen(former).content
    body = encode({**client_format_without_room_id(event), "unsigned": unsigned})
    return body[:-2] + (b"," if unsigned else b"")


def redaction_for_clients(because: Event) -> JsonObject:
    return {
        **client_format_without_room_id(because),
        "room_id": because.room_id,
        "unsigned": {},
    }


def as_seen(stored: Stored) -> Event:
    """The event, less what a redaction took."""
    return stored.event if stored.redaction is None else redacted(stored.event)


def replaced(txn: Transaction, stored: Stored) -> Stored | None:
    """The state event whose place this one took."""
    return None if stored.replaces is None else events.at(txn, stored.replaces)
