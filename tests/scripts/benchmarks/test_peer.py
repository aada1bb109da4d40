"""The peer of the benchmark makes rooms that our own rules let in."""

import orjson
import pytest
from signedjson.key import generate_signing_key

from homeserver.events.auth_rules import authorize
from homeserver.events.building import Draft
from homeserver.events.received import take
from homeserver.events.signatures import key_id
from scripts.benchmarks.peer.rooms import Identity, PeerRoom
from scripts.benchmarks.peer.transactions import ready_transactions


@pytest.fixture
def room() -> PeerRoom:
    return PeerRoom(Identity("peer.example", generate_signing_key("bench")), members=30)


def test_its_events_are_signed_and_allowed(room: PeerRoom) -> None:
    key = room.identity.key
    keys = {("peer.example", key_id(key)): key.verify_key}
    for event in [*room.state.values(), *room.messages(5)]:
        received = take(event.pdu, event.version)
        received.verify(keys)
        assert received.event.event_id == event.event_id
        authorize(event, room.state)


def test_a_fork_has_two_branches_that_a_message_joins(room: PeerRoom) -> None:
    start = room.newest

    levels, one, ban, two = room.fork(0)
    merged = room.adds(Draft("m.room.message", {"body": "both"}))

    assert levels.prev_events == ban.prev_events == (start[0].event_id,)
    assert set(merged.prev_events) == {one.event_id, two.event_id}


def test_whoever_joins_gets_the_state_before_it(room: PeerRoom) -> None:
    proposal = room.proposal("@visitor:localhost")["event"]
    before = {event.event_id for event in room.state.values()}
    joined = {**proposal, "hashes": {"sha256": ""}, "signatures": {}}

    answer = room.admits(joined)

    assert len(answer["state"]) == len(before)
    assert room.newest[0].sender == "@visitor:localhost"


def test_events_are_packed_into_signed_requests(room: PeerRoom) -> None:
    ready = ready_transactions(room.identity, room.messages(120), 50)

    assert [len(one.events) for one in ready] == [50, 50, 20]
    head, _, body = ready[0].request.partition(b"\r\n\r\n")
    assert head.startswith(b"PUT /_matrix/federation/v1/send/")
    assert f"Content-Length: {len(body)}".encode() in head
    assert len(orjson.loads(body)["pdus"]) == 50
