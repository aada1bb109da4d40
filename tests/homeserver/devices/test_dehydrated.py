"""Devices that sleep on the server."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.homeserver.devices.crypto import (
    SIGNED,
    Crypto,
    Identity,
    asks,
    claims,
    public,
    some_public_key,
)
from tests.people import JsonObject, Person, Refused, Server

DEVICE = "/unstable/org.matrix.msc3814.v1/dehydrated_device"
DATA: JsonObject = {"algorithm": "m.dehydration.v2", "device_pickle": "locked"}


def asleep(person: Person, device_id: str = "") -> Crypto:
    """The encryption of a device that nobody logs in to."""
    curve = device_id or some_public_key()
    device = Person(person.server, person.name, device_id=curve)
    return Crypto(device, curve=curve)


def body_of(crypto: Crypto, one_time_keys: int = 1, **more: Any) -> JsonObject:
    return {
        "device_id": crypto.person.device_id,
        "device_data": DATA,
        "device_keys": crypto.device_keys(dehydrated=True),
        "one_time_keys": crypto.one_time_keys(one_time_keys),
        "fallback_keys": {f"{SIGNED}:F": crypto.one_time_key(fallback=True)},
        **more,
    }


def sends(person: Person, device_id: str, user_id: str, *numbers: int) -> None:
    for number in numbers:
        messages = {user_id: {device_id: {"n": number}}}
        person.put(f"/v3/sendToDevice/m.test/{number}", {"messages": messages})


def events_path(device_id: str) -> str:
    return f"{DEVICE}/{quote(device_id, safe='')}/events"


def numbers(answer: JsonObject) -> list[int]:
    return [event["content"]["n"] for event in answer["events"]]


def test_a_device_sleeps_with_its_keys(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = asleep(alice)
    device_id = crypto.person.device_id

    answer = alice.put(DEVICE, body_of(crypto, initial_device_display_name="Asleep"))

    assert answer == {"device_id": device_id}
    assert alice.get(DEVICE) == {"device_id": device_id, "device_data": DATA}
    seen = asks(bob, alice)["device_keys"][alice.user_id][device_id]
    assert (seen["dehydrated"], seen["unsigned"]["device_display_name"]) == (True, "Asleep")
    first, fallback = claims(bob, crypto.person), claims(bob, crypto.person)
    assert first != fallback == claims(bob, crypto.person)
    with pytest.raises(Refused, match="M_NOT_FOUND"):
        bob.get(DEVICE)


def test_messages_wait_until_the_device_is_deleted(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = asleep(alice)
    alice.put(DEVICE, body_of(crypto))
    device_id, path = crypto.person.device_id, events_path(crypto.person.device_id)
    sends(bob, device_id, alice.user_id, 1, 2, 3)

    for _ in range(2):
        first = alice.get(path, limit=2)
        last = alice.get(path, **{"from": first["next_batch"], "limit": 2})
        assert (numbers(first), numbers(last)) == ([1, 2], [3])
        assert "next_batch" not in last

    sends(bob, device_id, alice.user_id, 4)
    assert numbers(alice.get(path)) == [1, 2, 3, 4]


def test_the_older_form_ends_with_an_empty_batch(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = asleep(alice)
    alice.put(DEVICE, body_of(crypto))
    path = events_path(crypto.person.device_id)
    sends(bob, crypto.person.device_id, alice.user_id, 1, 2)

    first = alice.post(path)
    last = alice.post(path, {"next_batch": first["next_batch"]})

    assert (numbers(first), numbers(last)) == ([1, 2], [])
    assert alice.post(path, {"next_batch": last["next_batch"]}) == last


def test_only_the_messages_of_the_sleeping_device_can_be_read(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = asleep(alice)
    alice.put(DEVICE, body_of(crypto))
    asked = [(alice, alice.device_id), (alice, "UNKNOWN"), (bob, crypto.person.device_id)]

    for person, device_id in asked:
        with pytest.raises(Refused) as refused:
            person.get(events_path(device_id))
        assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")
    with pytest.raises(Refused, match="M_INVALID_PARAM"):
        alice.get(events_path(crypto.person.device_id), **{"from": "x"})


def test_a_new_device_takes_the_place_of_the_one_before(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    first, second = asleep(alice), asleep(alice)
    alice.put(DEVICE, body_of(first))
    sends(bob, first.person.device_id, alice.user_id, 1)

    alice.put(DEVICE, body_of(second))

    assert alice.get(DEVICE)["device_id"] == second.person.device_id
    assert asks(bob, alice)["device_keys"][alice.user_id].keys() == {second.person.device_id}
    assert claims(bob, first.person) == [{}]
    alice.put(DEVICE, body_of(first))
    assert alice.get(events_path(first.person.device_id)) == {"events": []}


def test_a_deleted_device_is_gone(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = asleep(alice)
    alice.put(DEVICE, body_of(crypto))

    assert alice.delete(DEVICE) == {"device_id": crypto.person.device_id}

    assert asks(bob, alice)["device_keys"] == {alice.user_id: {}}
    for method in ("GET", "DELETE"):
        with pytest.raises(Refused, match="M_NOT_FOUND"):
            alice.ask(method, DEVICE).json()


def test_deleted_as_any_device_it_is_no_longer_asleep(server: Server) -> None:
    alice = server.person("alice")
    crypto = asleep(alice)
    alice.put(DEVICE, body_of(crypto))
    path = "/v3/devices/" + quote(crypto.person.device_id, safe="")

    alice.delete(path, {"auth": Identity(alice).proof()})

    with pytest.raises(Refused, match="M_NOT_FOUND"):
        alice.get(DEVICE)


def test_a_sleeping_device_is_signed_like_others(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    identity = Identity(alice)
    identity.uploads()
    crypto = asleep(alice)
    keys = crypto.device_keys(identity.self_signing, dehydrated=True)

    alice.put(DEVICE, {**body_of(crypto), "device_keys": keys})

    seen = asks(bob, alice)["device_keys"][alice.user_id][crypto.person.device_id]
    assert f"ed25519:{public(identity.self_signing)}" in seen["signatures"][alice.user_id]


def test_a_device_that_is_not_in_order_is_refused(server: Server) -> None:
    alice = server.person("alice")
    crypto = asleep(alice)
    right = body_of(crypto)
    alice.put(DEVICE, right)
    other = asleep(alice)
    wrong: list[tuple[JsonObject, str]] = [
        ({}, "M_MISSING_PARAM"),
        ({**right, "device_id": 1}, "M_BAD_JSON"),
        ({**right, "device_id": "OTHER"}, "M_INVALID_PARAM"),
        ({**right, "device_data": "text"}, "M_BAD_JSON"),
        ({**right, "device_data": {"x": "y" * 300_000}}, "M_TOO_LARGE"),
        ({**right, "device_keys": None}, "M_MISSING_PARAM"),
        ({**right, "device_keys": other.device_keys()}, "M_INVALID_PARAM"),
        ({**right, "device_keys": {**right["device_keys"], "x": 1}}, "M_INVALID_SIGNATURE"),
        ({**right, "one_time_keys": other.one_time_keys(1)}, "M_INVALID_SIGNATURE"),
    ]

    for body, errcode in wrong:
        with pytest.raises(Refused) as refused:
            alice.put(DEVICE, body)
        assert refused.value.errcode == errcode, body
    assert alice.get(DEVICE)["device_id"] == crypto.person.device_id


def test_no_device_falls_asleep_under_the_id_of_another(server: Server) -> None:
    alice = server.person("alice")
    curve = some_public_key()
    alice.logs_in(device_id=curve)

    with pytest.raises(Refused, match="M_INVALID_PARAM"):
        alice.put(DEVICE, body_of(asleep(alice, curve)))

    with pytest.raises(Refused, match="M_NOT_FOUND"):
        alice.get(DEVICE)


def test_it_sleeps_through_a_restart(start_server: Any) -> None:
    server = start_server()
    alice, bob = server.people("alice", "bob")
    crypto = asleep(alice)
    alice.put(DEVICE, body_of(crypto))
    sends(bob, crypto.person.device_id, alice.user_id, 1)

    alice.server = bob.server = start_server()

    assert numbers(alice.get(events_path(crypto.person.device_id))) == [1]


def test_clients_are_told_that_devices_can_sleep(server: Server) -> None:
    features = server.anonymous.get("/_matrix/client/versions")["unstable_features"]
    assert features["org.matrix.msc3814"]
