"""Whatever comes from outside is either read or refused by an E2eeError, and costs little."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from e2ee.attachments import Decryption
from e2ee.backup_cipher import open_sealed
from e2ee.devices import read_device, read_identity
from e2ee.encoding import decode_base64, decode_object
from e2ee.errors import E2eeError
from e2ee.key_export import FIRST_LINE, LAST_LINE, read_export
from e2ee.ratchets.by_libolm import Libolm
from e2ee.ratchets.by_vodozemac import Vodozemac
from e2ee.ratchets.ratchet import OlmMessage, Ratchets
from e2ee.room_keys import message_index
from e2ee.secret_storage import StorageKey, open_secret, read_recovery_key
from e2ee.verification.qr import read_qr_code
from tests.e2ee.simulation import ROOM, people

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=8,
)
NAMES = """
    algorithm ciphertext session_id sender_key type content sender transaction_id method mac
    keys key from_device methods room_id body action request_id requesting_device_id name code
    reason file device_keys user_id device_id signatures usage timestamp m.relates_to event_id
    url v iv hashes
"""
names = st.sampled_from(NAMES.split())
objects = st.dictionaries(names, json_values, max_size=8)
TYPES = """
    m.room.encrypted m.room_key m.room_key_request m.room_key.withheld m.secret.request m.dummy
    m.key.verification.request m.key.verification.start m.key.verification.ready
    m.key.verification.mac m.key.verification.cancel m.key.verification.nonsense x
"""
types = st.sampled_from(TYPES.split())
few = settings(max_examples=60, deadline=None)
BOTH: tuple[Ratchets, ...] = (Vodozemac(), Libolm())


WORLD = people("bob")
ACCOUNTS = {
    one.name: (one.new_account(), one.inbound_from_key(one.new_outbound().session_key()))
    for one in BOTH
}


@few
@given(types, objects)
def test_any_to_device_message(type: str, content: Any) -> None:
    _, (bob,) = WORLD
    for sender in ("@bob:test", "@eve:test"):
        event = {"type": type, "sender": sender, "content": content}
        bob.machine.receive_to_device([event, content], bob.server.now_ms)


@few
@given(st.dictionaries(names, json_values, max_size=4), json_values)
def test_any_event_and_any_sync(content: Any, anything: Any) -> None:
    _, (bob,) = WORLD
    for type in ("m.room.encrypted", "m.room.message", "m.key.verification.start"):
        for event in ({"type": type, "content": content}, {"type": type, "content": anything}):
            bob.machine.receive_event(ROOM, event, 0)
    for name in ("to_device", "device_lists", "rooms", "device_one_time_keys_count"):
        bob.machine.receive_sync({name: anything}, 0)
        bob.machine.receive_sync({name: {"events": anything, "changed": anything}}, 0)
    bob.machine.receive_sync({"rooms": {"join": {ROOM: anything}, "invite": {ROOM: anything}}}, 0)


@few
@given(json_values)
def test_any_answer_of_the_server(anything: Any) -> None:
    """To questions that are under way."""
    _, (bob,) = people("bob")
    bob.machine.receive_device_lists(["@bob:test"], [])
    bob.machine.use_backup()
    for request in bob.machine.requests(0):
        answer = anything if isinstance(anything, dict) else {"device_keys": anything}
        answer |= {"device_keys": {"@bob:test": anything}, "master_keys": {"@bob:test": anything}}
        with suppress(E2eeError):
            bob.machine.receive_response(request.id, answer, 0)


@few
@given(objects)
def test_any_object(value: Any) -> None:
    for read in (
        lambda: read_device("@a:b", "DEV", value),
        lambda: read_identity("@a:b", value, value, value),
        lambda: Decryption.begin(value),
        lambda: open_sealed(value, bytes(32)),
        lambda: open_secret("name", {"encrypted": {"id": value}}, StorageKey("id", bytes(32))),
    ):
        with suppress(E2eeError):
            read()


@few
@given(st.text(max_size=100))
def test_any_text(text: str) -> None:
    for read in (
        lambda: decode_base64(text),
        lambda: decode_object(text),
        lambda: read_export(text, "passphrase"),
        lambda: read_export(f"{FIRST_LINE}\n{text}\n{LAST_LINE}", "passphrase"),
        lambda: read_recovery_key(text),
        lambda: message_index(text),
    ):
        with suppress(E2eeError):
            read()


@few
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    for prefix in (b"", b"MATRIX\x02", b"MATRIX\x02\x00\x00\x04"):
        with suppress(E2eeError):
            read_qr_code(prefix + data)


@pytest.mark.parametrize("ratchets", BOTH, ids=lambda one: one.name)
@few
@given(type=st.integers(-1, 3), body=st.text(max_size=80) | st.binary(max_size=80).map(str))
def test_any_ciphertext(ratchets: Ratchets, type: int, body: str) -> None:
    account, hearer = ACCOUNTS[ratchets.name]
    for read in (
        lambda: account.session_from(account.curve25519, OlmMessage(type, body)),
        lambda: hearer.decrypt(body),
    ):
        with suppress(E2eeError):
            read()
