"""What hostile servers, users and networks send: refused by name, with nothing lost."""

from collections.abc import Callable
from typing import Any

import pytest

from e2ee.device_lists import read_devices
from e2ee.devices import OLM
from e2ee.encoding import MAX_CIPHERTEXT, canonical
from e2ee.errors import (
    BadBase64,
    BadField,
    DecryptionFailed,
    DeviceKeysChanged,
    E2eeError,
    ForgedDeviceKeys,
    ForgedRecipient,
    ForgedSender,
    KeyStartsLater,
    MissingRoomKey,
    NoOlmSession,
    NotEncrypted,
    NotForUs,
    Replayed,
    SessionMismatch,
    TooLarge,
    UnknownAlgorithm,
    WrongRoom,
)
from e2ee.happenings import DeviceRefused, ToDeviceRefused, Undecryptable
from e2ee.ratchets.by_vodozemac import Vodozemac
from tests.e2ee.simulation import ROOM, Person, SimulatedServer, encrypted_room, people, until_quiet

Json = dict[str, Any]


def talking() -> tuple[SimulatedServer, Person, Person]:
    """Alice and bob, who have read each other."""
    server, (alice, bob) = people("alice", "bob")
    for speaker in (alice, bob):
        speaker.says(f"{speaker.me.user_id} is here")
        until_quiet(alice, bob)
    return server, alice, bob


def still_talking(alice: Person, bob: Person) -> None:
    alice.machine.rotate(ROOM)
    alice.says("still here")
    until_quiet(alice, bob)
    assert bob.read()[-1] == "still here"


def refused(bob: Person, event: Json) -> E2eeError:
    happenings = bob.machine.receive_to_device([event], bob.server.now_ms)
    (one,) = [happening for happening in happenings if isinstance(happening, ToDeviceRefused)]
    return one.error


def sealed(alice: Person, bob: Person, **changes: Any) -> Json:
    """An Olm message from alice to bob whose payload was changed."""
    parts = alice.machine._parts
    device = parts.lists.device("@bob:test", "BOB")
    assert device is not None
    channel = parts.inbox._channel
    payload = channel._payload(device, "m.dummy", {}) | changes
    ((at, record),) = alice.machine._records.find("olm", f"{device.curve25519}/").items()
    session = Vodozemac().session(record["pickle"])
    message = session.encrypt(canonical(payload))
    with alice.machine._records.step():
        alice.machine._records.put("olm", at, record | {"pickle": session.pickle()})
    body = {device.curve25519: {"type": message.type, "body": message.body}}
    content = {"algorithm": OLM, "sender_key": parts.own.curve25519, "ciphertext": body}
    return {"type": "m.room.encrypted", "sender": "@alice:test", "content": content}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"sender": "@eve:test"}, ForgedSender),
        ({"keys": {"ed25519": "A" * 43}}, ForgedSender),
        ({"recipient": "@eve:test"}, ForgedRecipient),
        ({"recipient_keys": {"ed25519": "A" * 43}}, ForgedRecipient),
        ({"sender_device_keys": {"device_id": "ALICE"}}, ForgedDeviceKeys),
        ({"sender_device_keys": "nothing"}, ForgedSender),
        ({"content": "nothing"}, BadField),
        ({"type": 5}, BadField),
    ],
)
def test_a_payload_that_lies_is_discarded_and_the_session_goes_on(
    changes: Json, error: type[E2eeError]
) -> None:
    _, alice, bob = talking()
    assert isinstance(refused(bob, sealed(alice, bob, **changes)), error)
    still_talking(alice, bob)


def test_device_keys_of_somebody_else_in_a_payload_are_not_believed() -> None:
    server, alice, bob = talking()
    stolen = server.devices["@bob:test"]["BOB"].keys
    assert isinstance(refused(bob, sealed(alice, bob, sender_device_keys=stolen)), ForgedDeviceKeys)
    still_talking(alice, bob)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda c: c | {"algorithm": "m.olm.v9"}, UnknownAlgorithm),
        (lambda c: c | {"ciphertext": {}}, NotForUs),
        (lambda c: c | {"ciphertext": []}, BadField),
        (lambda c: {"algorithm": OLM}, BadField),
        (lambda c: with_body(c, lambda body: body[:30]), DecryptionFailed),
        (lambda c: with_body(c, lambda body: "!" * 40), BadBase64),
        (lambda c: with_body(c, lambda body: "A" * (MAX_CIPHERTEXT + 1)), TooLarge),
        (lambda c: with_body(c, lambda body: body[:-8] + "AAAAAAAA"), DecryptionFailed),
    ],
)
def test_a_spoiled_envelope_is_refused_and_the_session_goes_on(
    spoil: Callable[[Json], Json], error: type[E2eeError]
) -> None:
    _, alice, bob = talking()
    event = sealed(alice, bob)
    spoiled = event | {"content": spoil(event["content"])}
    assert isinstance(refused(bob, spoiled), error | NoOlmSession)
    still_talking(alice, bob)


def with_body(content: Json, change: Callable[[str], str]) -> Json:
    ((key, one),) = content["ciphertext"].items()
    return content | {"ciphertext": {key: one | {"body": change(one["body"])}}}


def test_a_replayed_to_device_message_changes_nothing() -> None:
    _, alice, bob = talking()
    event = sealed(alice, bob)
    assert bob.machine.receive_to_device([event, event], 0) == []
    still_talking(alice, bob)


@pytest.mark.parametrize(
    "type", ["m.room_key", "m.forwarded_room_key", "m.secret.send", "m.room_key_bundle"]
)
def test_a_secret_in_the_clear_is_not_taken(type: str) -> None:
    _, _, bob = talking()
    event = {"type": type, "sender": "@alice:test", "content": {}}
    assert isinstance(refused(bob, event), NotEncrypted)


def test_a_key_that_nobody_asked_for_or_from_somebody_else_is_not_taken() -> None:
    _, alice, bob = talking()
    event = sealed(alice, bob, type="m.forwarded_room_key", content={"session_id": "x"})
    assert isinstance(refused(bob, event), NotEncrypted)
    event = sealed(alice, bob, type="m.secret.send", content={"request_id": "1", "secret": "x"})
    assert isinstance(refused(bob, event), NotEncrypted)


def test_a_room_key_by_another_sessions_name_is_not_taken() -> None:
    _, alice, bob = talking()
    key = Vodozemac().new_outbound().session_key()
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "room_id": ROOM,
        "session_id": "another",
        "session_key": key,
    }
    assert isinstance(
        refused(bob, sealed(alice, bob, type="m.room_key", content=content)), SessionMismatch
    )


def spoiled_event(server: SimulatedServer, **changes: Any) -> Json:
    _, _, event = next(one for one in server.timeline if one[2]["type"] == "m.room.encrypted")
    content = event["content"] | {k: v for k, v in changes.items() if k in event["content"]}
    return event | {k: v for k, v in changes.items() if k not in content} | {"content": content}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"event_id": "$another"}, Replayed),
        ({"sender": "@eve:test"}, ForgedSender),
        ({"algorithm": "m.megolm.v9"}, UnknownAlgorithm),
        ({"session_id": "unknown"}, MissingRoomKey),
        ({"ciphertext": "A" * (MAX_CIPHERTEXT + 1)}, TooLarge),
        ({"ciphertext": "AwgA"}, DecryptionFailed),
        ({"ciphertext": 7}, BadField),
    ],
)
def test_a_room_message_that_is_not_what_it_seems_is_not_shown(
    changes: Json, error: type[E2eeError]
) -> None:
    server, alice, bob = talking()
    (happening,) = bob.machine.receive_event(ROOM, spoiled_event(server, **changes), 0)
    assert isinstance(happening, Undecryptable)
    assert isinstance(happening.error, error)
    still_talking(alice, bob)


def test_a_message_of_another_room_is_not_shown() -> None:
    server, _, bob = talking()
    event = spoiled_event(server)
    (happening,) = bob.machine.receive_event("!other:test", event, 0)
    assert isinstance(happening, Undecryptable)
    assert isinstance(happening.error, MissingRoomKey | WrongRoom)


def test_the_same_event_may_be_read_again() -> None:
    server, _, bob = talking()
    event = spoiled_event(server)
    first = bob.machine.decrypt(ROOM, event)
    assert bob.machine.decrypt(ROOM, event) == first


def test_a_key_from_a_later_message_on_says_so() -> None:
    server, alice, bob = talking()
    carol = Person(server, "@carol:test", "C").settles()
    server.membership(ROOM, "@carol:test", "join")
    until_quiet(alice, bob, carol)
    alice.says("for carol too")
    until_quiet(alice, bob, carol)
    first = spoiled_event(server)
    (happening,) = carol.machine.receive_event(ROOM, first, 0)
    assert isinstance(happening, Undecryptable)
    assert isinstance(happening.error, KeyStartsLater | MissingRoomKey)


def test_a_server_that_changes_the_keys_of_a_device_is_not_believed() -> None:
    server, (alice, bob) = people("alice", "bob")
    alice.says("hello")
    until_quiet(alice, bob)
    eve = Person(SimulatedServer(), "@bob:test", "BOB")
    eve.random.seed("eve")
    forged = eve.machine._parts.own.keys()
    server.devices["@bob:test"]["BOB"].keys = forged
    server.changes.append((server.next(), "@bob:test"))
    until_quiet(alice)
    (told,) = alice.of(DeviceRefused)
    assert isinstance(told.error, DeviceKeysChanged)
    alice.says("still to bob")
    bob.syncs()
    assert bob.read() == ["hello", "still to bob"]


def test_keys_of_another_user_or_device_or_unsigned_ones_are_refused() -> None:
    _, (alice,) = people("alice")
    keys = alice.machine._parts.own.keys()
    for user_id, device_id, given in [
        ("@eve:test", "ALICE", keys),
        ("@alice:test", "OTHER", keys),
        ("@alice:test", "ALICE", keys | {"signatures": {}}),
        ("@alice:test", "ALICE", keys | {"algorithms": ["changed"]}),
        ("@alice:test", "ALICE", {}),
    ]:
        (happening,), devices = read_devices(user_id, {}, {device_id: given})
        assert isinstance(happening, DeviceRefused)
        assert isinstance(happening.error, ForgedDeviceKeys)
        assert devices == {}


def test_a_server_that_hands_a_one_time_key_out_twice_is_caught() -> None:
    server, (alice, bob) = people("alice", "bob")
    used = next(iter(server.devices["@bob:test"]["BOB"].one_time.items()))
    alice.says("hello")
    until_quiet(alice, bob)
    server.devices["@bob:test"]["BOB"].one_time = dict([used])
    with alice.machine._records.step():
        curve25519 = bob.machine._parts.own.curve25519
        place = {"user_id": "@bob:test", "device_id": "BOB"}
        alice.machine._records.put("mending", curve25519, place)
    alice.settles()
    (told,) = alice.of(DeviceRefused)
    assert "second time" in str(told.error)


def test_the_server_lies_about_encryption_and_nothing_is_sent_in_the_clear() -> None:
    server = SimulatedServer()
    alice = Person(server, "@alice:test", "A").settles()
    encrypted_room(server, "@alice:test")
    alice.syncs()
    server.state(ROOM, "@alice:test", "m.room.encryption", "", {"algorithm": "none"})
    alice.syncs()
    alice.says("a secret")
    assert not [one for one in alice.sent if "a secret" in str(one.body)]


def test_an_answer_that_nobody_awaits_is_ignored() -> None:
    _, (alice,) = people("alice")
    assert alice.machine.receive_response("query-unknown", {"device_keys": {}}, 0) == []
    assert alice.machine.receive_refusal("upload-99", 400, {}, 0) == []


def test_keys_that_the_server_refuses_are_replaced_by_others() -> None:
    """As after the store was restored from an old backup."""
    server, (alice, bob) = people("alice", "bob")
    device = server.devices["@bob:test"]["BOB"]
    for name in list(device.one_time)[5:]:
        del device.one_time[name]
    bob.syncs()
    names = [
        name
        for one in bob.sent
        if one.path.endswith("/keys/upload")
        for name in (one.body or {}).get("one_time_keys", {})
    ]
    assert len(names) == len(set(names)) == 50 + 45
    alice.says("hello")
    until_quiet(alice, bob)
    assert bob.read() == ["hello"]
