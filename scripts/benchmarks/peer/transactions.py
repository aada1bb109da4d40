"""Transactions as the peer sends them, signed before they are measured."""

from collections.abc import Sequence
from uuid import uuid4

from attrs import frozen

from homeserver.events.canonical import canonical_json
from homeserver.events.event import Event
from homeserver.events.signatures import key_id, signature
from homeserver.peers.signing import Credentials, signed_bytes
from scripts.benchmarks.peer.rooms import START_MS, Identity
from scripts.benchmarks.servers import SERVER_NAME


@frozen
class ReadyTransaction:
    """A whole request, as bytes."""

    request: bytes
    events: Sequence[Event]


def ready_transactions(
    identity: Identity, events: Sequence[Event], in_each: int
) -> list[ReadyTransaction]:
    return [
        ready_transaction(identity, events[start : start + in_each])
        for start in range(0, len(events), in_each)
    ]


def ready_transaction(identity: Identity, events: Sequence[Event]) -> ReadyTransaction:
    content = canonical_json(
        {
            "origin": identity.server_name,
            "origin_server_ts": START_MS,
            "pdus": [event.pdu for event in events],
            "edus": [],
        }
    )
    path = f"/_matrix/federation/v1/send/{uuid4().hex}"
    message = signed_bytes("PUT", path, identity.server_name, SERVER_NAME, content)
    signed = signature(message, identity.key)
    header = Credentials(identity.server_name, SERVER_NAME, key_id(identity.key), signed).header()
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: {SERVER_NAME}\r\nAuthorization: {header}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return ReadyTransaction(head.encode() + content, events)
