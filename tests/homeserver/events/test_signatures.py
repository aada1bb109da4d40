from typing import Any

import pytest
from nacl.signing import SigningKey
from signedjson.key import decode_signing_key_base64, get_verify_key
from signedjson.sign import verify_signed_json

from homeserver.events.hashes import content_hash
from homeserver.events.problems import BadSignature
from homeserver.events.redaction import redact
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.events.signatures import (
    SEVEN_DAYS_MS,
    is_key_valid,
    sign_event,
    sign_json,
    signing_servers,
    verify_event_signature,
    verify_json,
)
from homeserver.json_values import JsonObject
from tests.homeserver.events.rooms import ALL, BOB, CREATOR, before, pdu, since
from tests.homeserver.events.test_hashes import MINIMAL, REDACTABLE

# Spec: Appendices, "Cryptographic Test Vectors".
KEY = decode_signing_key_base64("ed25519", "1", "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1")
KEYS = {"ed25519:1": KEY.verify_key}
V1 = ROOM_VERSIONS["1"]
EMPTY_SIGNED = (
    "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"
)
DATA_SIGNED = (
    "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw"
)
MINIMAL_SIGNED = (
    "KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg"
)
REDACTABLE_SIGNED = (
    "Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA"
)


@pytest.mark.parametrize(
    ("value", "signed"), [({}, EMPTY_SIGNED), ({"one": 1, "two": "Two"}, DATA_SIGNED)]
)
def test_json_is_signed_as_in_the_spec(value: Any, signed: str) -> None:
    assert sign_json(value, "domain", KEY) == {
        **value,
        "signatures": {"domain": {"ed25519:1": signed}},
    }


@pytest.mark.parametrize(
    ("event", "signed"), [(MINIMAL, MINIMAL_SIGNED), (REDACTABLE, REDACTABLE_SIGNED)]
)
def test_events_are_signed_as_in_the_spec(event: JsonObject, signed: str) -> None:
    hashed = {**event, "hashes": {"sha256": content_hash(event, V1)}}
    made = sign_event(hashed, V1, "domain", KEY)
    assert made == {**hashed, "signatures": {"domain": {"ed25519:1": signed}}}
    verify_event_signature(made, V1, "domain", KEYS)


def test_a_signature_stands_beside_those_of_others_and_covers_no_unsigned_part() -> None:
    value = {"a": 1, "unsigned": {"age": 3}, "signatures": {"other": {"ed25519:x": "y"}}}
    signed = sign_json(value, "domain", KEY)
    assert signed["signatures"]["other"] == {"ed25519:x": "y"}
    assert signed["unsigned"] == {"age": 3}
    verify_json({**signed, "unsigned": {"age": 4}}, "domain", KEYS)
    verify_signed_json(signed, "domain", get_verify_key(KEY))


def test_changed_json_is_not_signed() -> None:
    signed = sign_json({"a": 1}, "domain", KEY)
    with pytest.raises(BadSignature, match="wrong"):
        verify_json({**signed, "a": 2}, "domain", KEYS)


@pytest.mark.parametrize(
    "signatures",
    [
        None,
        [],
        {},
        {"other": {"ed25519:1": EMPTY_SIGNED}},
        {"domain": {}},
        {"domain": {"ed25519:2": EMPTY_SIGNED}},
        {"domain": {"ed25519:1": 5}},
        {"domain": {"ed25519:1": "***"}},
        {"domain": {"ed25519:1": "c2hvcnQ"}},
        {"domain": "ed25519:1"},
    ],
)
def test_what_is_no_signature_is_refused(signatures: Any) -> None:
    with pytest.raises(BadSignature):
        verify_json({"signatures": signatures}, "domain", KEYS)


def test_an_unknown_key_is_passed_over_but_a_known_one_must_be_right() -> None:
    signed = sign_json({}, "domain", KEY)
    signed["signatures"]["domain"]["ed25519:unknown"] = "x"
    verify_json(signed, "domain", KEYS)
    with pytest.raises(BadSignature):
        stranger = SigningKey.generate().verify_key
        verify_json(signed, "domain", {**KEYS, "ed25519:unknown": stranger})


@pytest.mark.parametrize("id", ALL)
def test_a_redacted_event_is_still_signed_and_another_is_not(id: str) -> None:
    version = ROOM_VERSIONS[id]
    event = sign_event(pdu(version, "m.room.message", {"body": "x"}), version, "domain", KEY)
    verify_event_signature(redact(event, version), version, "domain", KEYS)
    with pytest.raises(BadSignature):
        verify_event_signature({**event, "depth": 4}, version, "domain", KEYS)


@pytest.mark.parametrize("id", ALL)
def test_the_senders_server_signs(id: str) -> None:
    version = ROOM_VERSIONS[id]
    assert signing_servers(pdu(version, "m.room.message", {}), version) == {"one.example"}


@pytest.mark.parametrize("id", before(3))
def test_until_version_2_the_server_of_the_event_id_signs_too(id: str) -> None:
    version = ROOM_VERSIONS[id]
    event = pdu(version, "m.room.message", {}, event_id="$0:two.example")
    assert signing_servers(event, version) == {"one.example", "two.example"}


@pytest.mark.parametrize("id", ALL)
def test_since_version_8_the_server_that_lets_somebody_in_signs_too(id: str) -> None:
    version = ROOM_VERSIONS[id]
    content = {"membership": "join", "join_authorised_via_users_server": BOB}
    servers = signing_servers(pdu(version, "m.room.member", content), version)
    assert ("two.example" in servers) == (int(id) >= 8)


def test_nobody_can_sign_for_an_authorising_user_who_is_none() -> None:
    version = ROOM_VERSIONS["12"]
    content = {"membership": "join", "join_authorised_via_users_server": 5}
    assert "" in signing_servers(pdu(version, "m.room.member", content), version)


@pytest.mark.parametrize("id", since(3))
def test_a_third_party_invite_needs_no_signature_of_its_sender(id: str) -> None:
    version = ROOM_VERSIONS[id]
    content = {"membership": "invite", "third_party_invite": {}}
    event = pdu(version, "m.room.member", content, sender=CREATOR, state_key=BOB)
    assert signing_servers(event, version) == set()


@pytest.mark.parametrize("id", ALL)
def test_since_version_5_keys_end(id: str) -> None:
    version = ROOM_VERSIONS[id]
    valid = is_key_valid(99, origin_server_ts=100, now_ms=0, version=version)
    assert valid == (int(id) < 5)


@pytest.mark.parametrize(("sent_at", "valid"), [(SEVEN_DAYS_MS, True), (SEVEN_DAYS_MS + 1, False)])
def test_no_key_is_trusted_for_more_than_a_week_ahead(sent_at: int, valid: bool) -> None:
    version = ROOM_VERSIONS["12"]
    known = is_key_valid(10**15, origin_server_ts=sent_at, now_ms=0, version=version)
    assert known == valid
