from typing import Any

import pytest

from homeserver.events.formats import MAX_EVENT_BYTES, check_pdu, parse_pdu
from homeserver.events.hashes import encode_canonical
from homeserver.events.problems import EventTooLarge, InvalidEvent
from homeserver.events.room_versions import ROOM_VERSIONS, RoomVersion
from tests.homeserver.events.rooms import ALL, before, pdu, since

V10 = ROOM_VERSIONS["10"]
V12 = ROOM_VERSIONS["12"]
REQUIRED = (
    "type",
    "content",
    "sender",
    "room_id",
    "origin_server_ts",
    "depth",
    "prev_events",
    "auth_events",
    "hashes",
    "signatures",
)


def refuses(version: RoomVersion, match: str | None = None, **fields: Any) -> None:
    with pytest.raises(InvalidEvent, match=match):
        check_pdu(pdu(version, "m.room.message", {}, **fields), version)


def links(version: RoomVersion, number: int) -> list[Any]:
    ids = [f"$event{n}:one.example" for n in range(number)]
    return [[id, {"sha256": "h"}] for id in ids] if version.chosen_event_ids else ids


@pytest.mark.parametrize("id", ALL)
def test_an_event_of_the_right_format_is_taken_without_its_unsigned_part(id: str) -> None:
    version = ROOM_VERSIONS[id]
    sent = pdu(version, "m.room.message", {"body": "x"}, prev_events=links(version, 20))
    event = parse_pdu({**sent, "unsigned": {"age": 1}}, version)
    assert event.pdu == sent


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("key", REQUIRED)
def test_nothing_required_may_be_missing_or_of_another_kind(key: str, id: str) -> None:
    version = ROOM_VERSIONS[id]
    made = pdu(version, "m.room.message", {})
    del made[key]
    with pytest.raises(InvalidEvent, match=key):
        check_pdu(made, version)
    with pytest.raises(InvalidEvent, match=key):
        check_pdu({**made, key: True}, version)


@pytest.mark.parametrize("value", [None, [], "event", 5])
def test_an_event_is_an_object(value: Any) -> None:
    with pytest.raises(InvalidEvent):
        parse_pdu(value, V12)


@pytest.mark.parametrize("id", ALL)
def test_ids_have_their_grammar(id: str) -> None:
    version = ROOM_VERSIONS[id]
    refuses(version, "sender", sender="creator")
    refuses(version, "room_id", room_id="#room:one.example")
    refuses(version, "state_key", state_key=5)
    if version.chosen_event_ids:
        refuses(version, "event_id", event_id="$no-domain")


@pytest.mark.parametrize("id", before(12))
def test_until_version_11_room_ids_have_a_domain(id: str) -> None:
    refuses(ROOM_VERSIONS[id], "room_id", room_id="!" + "r" * 43)


def test_since_version_12_room_ids_are_hashes() -> None:
    refuses(V12, "room_id", room_id="!room:one.example")


def test_the_create_event_of_version_12_has_no_room_id() -> None:
    create = pdu(V12, "m.room.create", {}, state_key="")
    check_pdu(create, V12)
    with pytest.raises(InvalidEvent, match="room_id"):
        check_pdu({**create, "room_id": "!" + "r" * 43}, V12)


@pytest.mark.parametrize("id", ALL)
def test_no_event_has_too_many_parents(id: str) -> None:
    version = ROOM_VERSIONS[id]
    check_pdu(pdu(version, "x", {}, auth_events=links(version, 10)), version)
    refuses(version, "prev_events", prev_events=links(version, 21))
    refuses(version, "auth_events", auth_events=links(version, 11))


@pytest.mark.parametrize("id", ALL)
def test_parents_are_named_as_the_version_names_them(id: str) -> None:
    version = ROOM_VERSIONS[id]
    other = ROOM_VERSIONS["3" if version.chosen_event_ids else "1"]
    for wrong in (links(other, 1), ["no-id"], [5], [["$a", {}, 1]], ["$" + "a" * 255]):
        refuses(version, "prev_events", prev_events=wrong)


@pytest.mark.parametrize("id", ALL)
def test_depth_is_bounded(id: str) -> None:
    version = ROOM_VERSIONS[id]
    limit = 2**53 - 1 if int(id) >= 6 else 2**63 - 1
    check_pdu(pdu(version, "x", {}, depth=limit), version)
    refuses(version, depth=limit + 1)
    refuses(version, depth=-1)
    refuses(version, depth=1.0)


@pytest.mark.parametrize("id", ALL)
def test_floats_are_refused_since_version_6(id: str) -> None:
    version = ROOM_VERSIONS[id]
    made = pdu(version, "x", {"level": 1.5})
    if int(id) < 6:
        check_pdu(made, version)
    else:
        with pytest.raises(InvalidEvent):
            check_pdu(made, version)


def test_signatures_and_hashes_have_their_shape() -> None:
    refuses(V12, "hash", hashes={})
    refuses(V12, "hash", hashes={"sha256": 1})
    refuses(V12, "signatures", signatures={"one.example": "x"})
    refuses(V12, "signatures", signatures={"one.example": {"ed25519:1": 1}})


def test_until_version_10_a_redaction_aims_at_a_string() -> None:
    made = pdu(V10, "m.room.redaction", {}, redacts=5)
    with pytest.raises(InvalidEvent, match="redacts"):
        check_pdu(made, V10)


@pytest.mark.parametrize("id", ALL)
def test_type_and_state_key_have_255_bytes(id: str) -> None:
    version = ROOM_VERSIONS[id]
    check_pdu(pdu(version, "t" * 255, {}, state_key="ä" * 127), version)
    for fields in ({"type": "t" * 256}, {"state_key": "ä" * 128}):
        with pytest.raises(EventTooLarge):
            check_pdu(pdu(version, "x", {}) | fields, version)


@pytest.mark.parametrize("id", ALL)
def test_an_event_has_64_kibibytes_in_canonical_form(id: str) -> None:
    version = ROOM_VERSIONS[id]
    made = pdu(version, "x", {"body": ""})
    room = MAX_EVENT_BYTES - len(encode_canonical(made, version))
    check_pdu({**made, "content": {"body": "x" * room}}, version)
    with pytest.raises(EventTooLarge):
        check_pdu({**made, "content": {"body": "x" * (room + 1)}}, version)


@pytest.mark.parametrize("id", since(1))
def test_half_a_surrogate_pair_is_refused_not_stumbled_over(id: str) -> None:
    version = ROOM_VERSIONS[id]
    with pytest.raises(InvalidEvent):
        check_pdu(pdu(version, "x", {"body": "\ud800"}), version)


def test_events_of_the_past_may_name_more_others_than_today() -> None:
    made = pdu(V10, "m.room.message", {}, prev_events=links(V10, 30), auth_events=links(V10, 30))

    check_pdu(made, V10, is_past=True)
    with pytest.raises(InvalidEvent):
        check_pdu(made, V10)
