"""Events from other servers, taken apart."""

import pytest
from signedjson.key import decode_signing_key_base64

from homeserver.events.building import Draft, build_event
from homeserver.events.event import Event
from homeserver.events.problems import BadSignature, InvalidEvent
from homeserver.events.received import take
from homeserver.events.room_versions import ROOM_VERSIONS

KEY = decode_signing_key_base64("ed25519", "1", "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1")
KEYS = {("one.example", "ed25519:1"): KEY.verify_key}


def event(version: str, **content: object) -> Event:
    return build_event(
        Draft("m.room.message", {"body": "hello", **content}),
        version=ROOM_VERSIONS[version],
        room_id="!" + "r" * 43 if version == "12" else "!room:one.example",
        sender="@alice:one.example",
        server_name="one.example",
        signing_key=KEY,
        prev_events=(),
        auth_events=(),
        depth=1,
        origin_server_ts=1,
        opaque="x",
    )


@pytest.mark.parametrize("version", ROOM_VERSIONS)
def test_an_event_keeps_its_id_and_is_proved_by_its_signature(version: str) -> None:
    sent = event(version)

    received = take({**sent.pdu, "unsigned": {"age": 5}}, ROOM_VERSIONS[version])

    assert received.event.event_id == sent.event_id
    assert "unsigned" not in received.event.pdu
    assert list(received.proofs()) == [("one.example", "ed25519:1")]
    received.verify(KEYS)


@pytest.mark.parametrize("version", ROOM_VERSIONS)
def test_an_altered_event_is_taken_redacted_under_its_id(version: str) -> None:
    sent = event(version)

    received = take({**sent.pdu, "content": {"body": "altered"}}, ROOM_VERSIONS[version])

    assert received.event.event_id == sent.event_id
    assert received.event.content == {}
    received.verify(KEYS)


def test_whoever_else_must_sign_is_asked_for() -> None:
    received = take(event("12").pdu, ROOM_VERSIONS["12"])

    with pytest.raises(BadSignature):
        received.verify(KEYS, "two.example")


def test_without_its_key_an_event_is_not_believed() -> None:
    with pytest.raises(BadSignature):
        take(event("12").pdu, ROOM_VERSIONS["12"]).verify({})


def test_names_that_no_database_can_hold_are_refused() -> None:
    for change in ({"type": "a\0b"}, {"state_key": "\0"}):
        with pytest.raises(InvalidEvent):
            take({**event("12").pdu, **change}, ROOM_VERSIONS["12"])
    with pytest.raises(InvalidEvent):
        take(["no", "event"], ROOM_VERSIONS["12"])
