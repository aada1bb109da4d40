"""Keys of devices, and messages from device to device."""

from typing import Any, cast
from urllib.parse import quote

import pytest

from tests.federation.people import Person, somebody, until
from tests.homeserver.devices.crypto import SIGNED, Crypto, Identity
from tests.verbs import JsonObject


@pytest.fixture
def version() -> str:
    """None of this depends on the version of the room."""
    return "12"


def test_device_keys_are_asked_of_their_server(alice: Person, bob: Person) -> None:
    crypto(alice).settles()

    found = bob.post("/v3/keys/query", {"device_keys": {alice.user_id: []}})

    device = found["device_keys"][alice.user_id][alice.device_id]
    assert device["keys"][f"curve25519:{alice.device_id}"]
    assert alice.user_id in device["signatures"]
    assert found["failures"] == {}


def test_a_one_time_key_is_claimed_once(alice: Person, bob: Person) -> None:
    crypto(alice).settles(one_time_keys=2)

    claimed = [claims(bob, alice) for _ in range(3)]

    first, second, third = claimed
    assert len({*first, *second}) == 2
    assert third == {}


def test_cross_signing_keys_are_seen(alice: Person, bob: Person, room: str) -> None:
    crypto(alice).settles()
    identity = Identity(cast(Any, alice))
    identity.uploads()

    def published() -> JsonObject | None:
        found = bob.post("/v3/keys/query", {"device_keys": {alice.user_id: []}})
        return found if alice.user_id in found["master_keys"] else None

    found = until(published)
    master = identity.key("master", identity.master)
    assert found["master_keys"][alice.user_id]["keys"] == master["keys"]
    assert found["self_signing_keys"][alice.user_id]["keys"]
    assert "user_signing_keys" not in found or alice.user_id not in found["user_signing_keys"]


def test_a_new_device_is_noticed_by_who_shares_a_room(
    alice: Person, bob: Person, room: str
) -> None:
    bob.syncs()
    bob.gathered.changed_devices.clear()

    crypto(alice).settles()

    bob.waits(lambda gathered: alice.user_id in gathered.changed_devices)
    devices = until(lambda: devices_of(bob, alice))
    assert set(devices) == {alice.device_id}


def test_a_device_that_is_gone_is_not_listed(alice: Person, bob: Person, room: str) -> None:
    crypto(alice).settles()
    second = alice.logs_in()
    crypto(second).settles()
    until(lambda: len(devices_of(bob, alice)) == 2)

    second.post("/v3/logout")

    until(lambda: set(devices_of(bob, alice)) == {alice.device_id})


def test_messages_to_devices_arrive_in_order(alice: Person, bob: Person) -> None:
    for number in range(5):
        to_device(alice, bob, bob.device_id, {"number": number})

    bob.waits(lambda gathered: len(gathered.to_device) == 5)
    events = bob.gathered.to_device
    assert [event["content"]["number"] for event in events] == list(range(5))
    assert {event["sender"] for event in events} == {alice.user_id}


def test_a_message_to_all_devices_reaches_each(alice: Person, bob: Person) -> None:
    second = bob.logs_in()

    to_device(alice, bob, "*", {"number": 1})

    for device in (bob, second):
        device.waits(lambda gathered: gathered.to_device)


def test_who_comes_into_an_encrypted_room_is_noticed(alice: Person, bob: Person, room: str) -> None:
    alice.sets(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    carol = somebody(bob.home, "carol")
    crypto(carol).settles()

    carol.joins(room)

    alice.waits(lambda gathered: carol.user_id in gathered.changed_devices)
    assert set(until(lambda: devices_of(alice, carol))) == {carol.device_id}


def crypto(person: Person) -> Crypto:
    """What it asks of a person, those of a running server have too."""
    return Crypto(cast(Any, person))


def claims(person: Person, other: Person) -> JsonObject:
    wish = {"one_time_keys": {other.user_id: {other.device_id: SIGNED}}}
    found = person.post("/v3/keys/claim", wish)["one_time_keys"]
    return dict(found.get(other.user_id, {}).get(other.device_id, {}))


def devices_of(person: Person, other: Person) -> JsonObject:
    found = person.post("/v3/keys/query", {"device_keys": {other.user_id: []}})
    return dict(found["device_keys"].get(other.user_id, {}))


def to_device(one: Person, other: Person, device_id: str, content: JsonObject) -> None:
    path = f"/v3/sendToDevice/{quote('org.example.note')}/t{one.number()}"
    one.put(path, {"messages": {other.user_id: {device_id: content}}})
