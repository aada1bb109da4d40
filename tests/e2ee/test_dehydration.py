"""A device that sleeps on the server, and what it hands over when it wakes."""

import pytest

from e2ee.dehydration import SECRET, SleepingDevice, open_device
from e2ee.devices import read_device
from e2ee.errors import BadPickle, NotPossible, Tampered, UnknownAlgorithm
from e2ee.ratchets.by_libolm import Libolm
from e2ee.ratchets.by_vodozemac import Vodozemac
from e2ee.ratchets.ratchet import Ratchets
from e2ee.signing import SigningSeed, is_signed
from tests.e2ee.simulation import Person, SimulatedDevice, people, until_quiet

KEY = bytes(32)


def sleeping() -> SleepingDevice:
    _, (alice,) = people("alice")
    return SleepingDevice.create(alice.random.randbytes)


@pytest.mark.parametrize("ratchets", [Vodozemac(), Libolm()], ids=lambda one: one.name)
def test_both_ratchets_wake_it_with_all_its_keys(ratchets: Ratchets) -> None:
    device = sleeping()
    account = ratchets.take_over_account(device.pickle(), b"")
    upload = device.upload("@alice:test", SigningSeed(KEY), {})
    known = read_device("@alice:test", device.device_id, upload["device_keys"])
    assert (account.ed25519, account.curve25519) == (known.ed25519, known.curve25519)
    assert is_signed(known.keys, "@alice:test", SigningSeed(KEY).public)
    assert known.dehydrated
    keys = [*upload["one_time_keys"].values(), *upload["fallback_keys"].values()]
    for key in (keys[0], keys[49], keys[50]):
        other = ratchets.new_account()
        message = other.session_to(account.curve25519, key["key"]).encrypt(b"hello")
        assert account.session_from(other.curve25519, message)[1] == b"hello"


def test_it_reads_as_it_was_written_with_its_key_only() -> None:
    device = sleeping()
    data = device.seal(KEY, bytes)
    assert open_device(data, KEY) == device
    with pytest.raises(Tampered):
        open_device(data, bytes(31) + b"\1")
    with pytest.raises(Tampered):
        open_device(data | {"device_pickle": data["device_pickle"][:-4] + "AAAA"}, KEY)
    with pytest.raises(UnknownAlgorithm):
        open_device(data | {"algorithm": "org.matrix.msc3814.v1.olm"}, KEY)
    short = SleepingDevice(device.curve25519, device.ed25519, (b"short",), None)
    with pytest.raises(BadPickle):
        open_device(short.seal(KEY, bytes), KEY)


def test_what_came_while_nobody_was_logged_in_is_read_later() -> None:
    server, (alice, bob) = people("alice", "bob")
    with pytest.raises(NotPossible):
        alice.machine.lay_down()
    alice.creates_identity()
    alice.machine.lay_down()
    (put,) = [one for one in alice.machine.requests(0) if one.method == "PUT"]
    assert put.body is not None
    body = put.body
    alice.machine.receive_response(put.id, {}, 0)
    asleep = SimulatedDevice(body["device_keys"], body["one_time_keys"], body["fallback_keys"])
    server.devices["@alice:test"][body["device_id"]] = asleep
    secret = alice.machine.secret(SECRET)
    server.remove_device("@alice:test", "ALICE")
    server.changes.append((server.next(), "@alice:test"))
    until_quiet(bob)
    bob.says("while you were away")

    laptop = Person(server, "@alice:test", "LAPTOP").settles()
    laptop.syncs()
    assert laptop.read() == []
    assert secret is not None
    laptop.machine.take_secret(SECRET, secret)
    events = [message for _, message in asleep.inbox]
    laptop.heard += laptop.machine.wake(body["device_data"], events, server.now_ms)
    assert laptop.read() == ["while you were away"]
