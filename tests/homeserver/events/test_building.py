from typing import Any

import pytest
from nacl.signing import SigningKey as RawKey
from signedjson.key import generate_signing_key

from homeserver.events.building import Draft, build_event, finish_event
from homeserver.events.event import Event
from homeserver.events.formats import MAX_EVENT_BYTES, parse_pdu
from homeserver.events.hashes import encode_canonical, event_id_of, has_content_hash
from homeserver.events.problems import BadSignature, EventTooLarge, InvalidEvent
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.events.signatures import verify_event_signature
from homeserver.json_values import JsonObject
from tests.homeserver.events.rooms import ALICE, ALL, before, pdu

KEY = generate_signing_key("k")
KEYS = {"ed25519:k": KEY.verify_key}
PARENT = "$parent:one.example"


def build(draft: Draft, id: str = "12", **fields: Any) -> Event:
    version = ROOM_VERSIONS[id]
    arguments = {
        "room_id": "!" + "r" * 43 if id == "12" else "!room:one.example",
        "sender": ALICE,
        "server_name": "one.example",
        "signing_key": KEY,
        "prev_events": [PARENT],
        "auth_events": [PARENT],
        "depth": 7,
        "origin_server_ts": 1_700_000_000_000,
        "opaque": "opaque",
        "reference_hashes": {PARENT: "hash"},
    }
    return build_event(draft, version=version, **{**arguments, **fields})


@pytest.mark.parametrize("id", ALL)
def test_what_we_build_every_server_takes(id: str) -> None:
    version = ROOM_VERSIONS[id]
    event = build(Draft("m.room.topic", {"topic": "x"}, state_key=""), id)
    assert (
        parse_pdu(event.pdu, version).event_id == event.event_id == event_id_of(event.pdu, version)
    )
    assert has_content_hash(event.pdu, version)
    verify_event_signature(event.pdu, version, "one.example", KEYS)
    assert (event.state_key, event.sender, event.depth) == ("", ALICE, 7)
    assert event.prev_events == event.auth_events == (PARENT,)


def test_another_key_has_not_signed() -> None:
    event = build(Draft("m.room.message", {}))
    with pytest.raises(BadSignature):
        stranger = {"ed25519:k": RawKey.generate().verify_key}
        verify_event_signature(event.pdu, event.version, "one.example", stranger)


@pytest.mark.parametrize("id", before(3))
def test_versions_1_and_2_name_the_event_and_hash_its_parents(id: str) -> None:
    event = build(Draft("m.room.message", {}), id)
    assert event.event_id == "$opaque:one.example"
    assert event.pdu["prev_events"] == [[PARENT, {"sha256": "hash"}]]


@pytest.mark.parametrize("id", ALL)
def test_a_redaction_aims_where_the_version_says(id: str) -> None:
    draft = Draft("m.room.redaction", {"reason": "spam"}, redacts="$bad")
    event = build(draft, id)
    assert event.redacts == "$bad"
    assert ("redacts" in event.pdu) == (int(id) < 11)
    assert ("redacts" in event.content) == (int(id) >= 11)
    assert draft.content == {"reason": "spam"}


def test_a_version_12_room_begins_with_its_own_name() -> None:
    create = build(Draft("m.room.create", {"room_version": "12"}, ""), room_id="", prev_events=[])
    assert "room_id" not in create.pdu
    assert create.room_id == "!" + create.event_id[1:]


@pytest.mark.parametrize("content", [{"a": 1.5}, {"a": 2**53}, {"a": "\ud800"}, {"a": {1, 2}}])
@pytest.mark.parametrize("id", ["1", "12"])
def test_what_is_not_canonical_is_not_sent_to_any_room(id: str, content: JsonObject) -> None:
    with pytest.raises(InvalidEvent):
        build(Draft("m.room.message", content), id)


@pytest.mark.parametrize("id", ALL)
def test_the_largest_event_is_exactly_as_large_as_the_spec_allows(id: str) -> None:
    smallest = build(Draft("m.room.message", {"body": ""}), id)
    room = MAX_EVENT_BYTES - len(encode_canonical(smallest.pdu, smallest.version))
    largest = build(Draft("m.room.message", {"body": "x" * room}), id)
    assert len(encode_canonical(largest.pdu, largest.version)) == MAX_EVENT_BYTES
    with pytest.raises(EventTooLarge):
        build(Draft("m.room.message", {"body": "x" * (room + 1)}), id)


@pytest.mark.parametrize("draft", [Draft("t" * 256, {}), Draft("t", {}, state_key="s" * 256)])
def test_names_are_bounded(draft: Draft) -> None:
    with pytest.raises(EventTooLarge):
        build(draft)


def test_depth_stays_where_it_can_grow_no_more() -> None:
    assert build(Draft("m.room.message", {}), depth=2**53 + 5).depth == 2**53 - 1


def test_a_filled_in_template_gets_fresh_proofs() -> None:
    version = ROOM_VERSIONS["11"]
    template = pdu(version, "m.room.member", {"membership": "join"}, state_key=ALICE, sender=ALICE)
    template |= {"unsigned": {"age": 1}, "signatures": {"two.example": {"ed25519:x": "y"}}}
    event = finish_event(template, version, "one.example", KEY)
    assert "unsigned" not in event.pdu
    assert event.pdu["signatures"].keys() == {"one.example"}
    assert has_content_hash(event.pdu, version)
