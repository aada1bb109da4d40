"""Keys of devices: uploaded, and asked for."""

from typing import Any

import pytest

from homeserver.changes import DeviceListChanged
from homeserver.devices import keys as keys_module
from tests.homeserver.devices.crypto import (
    Crypto,
    Identity,
    asks,
    claims,
    new_key,
    public,
    signed,
)
from tests.people import JsonObject, Person, Refused, Server

OLM = "m.olm.v1.curve25519-aes-sha2"


def keys_of(asker: Person, person: Person) -> JsonObject:
    """As others see them."""
    found: JsonObject = asks(asker, person)["device_keys"][person.user_id]
    return found


def test_others_see_the_keys_of_a_device_as_they_were_uploaded(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice)

    crypto.uploads(device_keys=crypto.device_keys(extra="kept"))

    assert keys_of(bob, alice) == {alice.device_id: crypto.device_keys(extra="kept")}


def test_others_see_the_name_of_a_device(server: Server) -> None:
    alice = server.person("alice", initial_device_display_name='Kitchen "1"')
    Crypto(alice).settles()

    keys = keys_of(server.person("bob"), alice)[alice.device_id]

    assert keys["unsigned"] == {"device_display_name": 'Kitchen "1"'}


def test_a_client_cannot_add_unsigned_content(server: Server) -> None:
    alice = server.person("alice")
    crypto = Crypto(alice)

    crypto.uploads(device_keys={**crypto.device_keys(), "unsigned": {"device_display_name": "x"}})

    assert "unsigned" not in keys_of(alice, alice)[alice.device_id]


def test_a_query_can_ask_for_some_devices_only(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    tablet = alice.logs_in()
    Crypto(alice).settles()
    Crypto(tablet).settles()

    found = asks(bob, **{alice.user_id: [tablet.device_id, "UNKNOWN"]})

    assert list(found["device_keys"][alice.user_id]) == [tablet.device_id]


def test_unknown_users_are_left_out_and_other_servers_are_failures(server: Server) -> None:
    alice = server.person("alice")

    found = asks(alice, alice, **{"@nobody:test": [], "@carol:elsewhere": []})

    assert found["device_keys"] == {alice.user_id: {}}
    assert list(found["failures"]) == ["elsewhere"]


def test_a_query_of_many_users_is_answered_in_full(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeserver.storage.published_keys.PORTION", 2)
    people = server.people("alice", "bob", "carol", "dora", "emil")
    for person in people:
        Crypto(person).settles()

    found = asks(people[0], *people)["device_keys"]

    assert found.keys() == {person.user_id for person in people}
    assert all(len(devices) == 1 for devices in found.values())


def test_the_same_keys_again_are_no_news(server: Server) -> None:
    alice = server.person("alice")
    crypto = Crypto(alice).settles()
    heard: list[DeviceListChanged] = []
    server.app.notifier.listen(DeviceListChanged, heard.append)

    crypto.settles()
    assert heard == []

    crypto.uploads(device_keys=crypto.device_keys(algorithms=[OLM]))
    assert [change.user_id for change in heard] == [alice.user_id]
    assert keys_of(alice, alice)[alice.device_id]["algorithms"] == [OLM]


def test_those_who_share_an_encrypted_room_hear_of_new_keys(server: Server) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    room = alice.creates_room(preset="public_chat")
    alice.sets(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    bob.joins(room)
    for person in (bob, carol):
        person.syncs()
    waiting = bob.starts_sync()

    Crypto(alice).settles()

    assert waiting.answer().body["device_lists"] == {"changed": [alice.user_id], "left": []}
    assert "device_lists" not in carol.syncs().body


def test_a_device_that_changes_its_identity_loses_its_one_time_keys(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    Crypto(alice).settles(one_time_keys=3)

    other = Crypto(alice)
    assert other.uploads(device_keys=other.device_keys()) == {}

    assert claims(bob, alice) == [{}]


def test_signatures_of_the_self_signing_key_come_along(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    identity = Identity(alice)
    identity.uploads()
    crypto = Crypto(alice)
    keys = crypto.device_keys(identity.self_signing)

    crypto.uploads(device_keys=signed(keys, alice.user_id, new_key("STRANGER")))

    assert keys_of(bob, alice)[alice.device_id] == keys

    forged = crypto.device_keys(identity.self_signing)
    forged["signatures"][alice.user_id][f"ed25519:{public(identity.self_signing)}"] = "A" * 86
    with pytest.raises(Refused, match="M_INVALID_SIGNATURE"):
        crypto.uploads(device_keys=forged)


def changed(crypto: Crypto, **changes: Any) -> JsonObject:
    return crypto.device_keys(**changes)


def test_keys_that_are_not_in_order_are_refused(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto, id = Crypto(alice), alice.device_id
    right = crypto.device_keys()
    only_curve = {f"curve25519:{id}": crypto.curve}
    wrong: list[tuple[JsonObject, str]] = [
        (Crypto(bob).device_keys(), "M_INVALID_PARAM"),
        (changed(crypto, user_id=bob.user_id), "M_INVALID_PARAM"),
        (changed(crypto, device_id="OTHER"), "M_INVALID_PARAM"),
        (changed(crypto, device_id=1), "M_BAD_JSON"),
        (changed(crypto, algorithms="m.olm"), "M_BAD_JSON"),
        (changed(crypto, algorithms=[1]), "M_BAD_JSON"),
        (changed(crypto, keys=[]), "M_BAD_JSON"),
        (changed(crypto, keys={}), "M_INVALID_PARAM"),
        (changed(crypto, keys=only_curve), "M_INVALID_PARAM"),
        (changed(crypto, keys={**right["keys"], "ed25519:X": "x"}), "M_INVALID_PARAM"),
        (changed(crypto, keys={**right["keys"], f"x:{id}": 1}), "M_BAD_JSON"),
        (changed(crypto, keys={**right["keys"], f"curve25519:{id}": "x"}), "M_INVALID_PARAM"),
        (changed(crypto, keys={f"{n}:{id}": "x" for n in range(21)}), "M_INVALID_PARAM"),
        ({**right, "algorithms": ["m.megolm.v1.aes-sha2"]}, "M_INVALID_SIGNATURE"),
        ({**right, "signatures": {}}, "M_INVALID_SIGNATURE"),
        ({**right, "signatures": {alice.user_id: "x"}}, "M_INVALID_SIGNATURE"),
        ({**right, "signatures": {alice.user_id: {f"ed25519:{id}": 7}}}, "M_INVALID_SIGNATURE"),
        ({n: v for n, v in right.items() if n != "signatures"}, "M_MISSING_PARAM"),
        ({**right, "weight": 0.5}, "M_BAD_JSON"),
        ({**right, "filling": "x" * 20_000}, "M_TOO_LARGE"),
    ]

    for keys, errcode in wrong:
        with pytest.raises(Refused) as refused:
            crypto.uploads(device_keys=keys, one_time_keys=crypto.one_time_keys(1))
        assert refused.value.errcode == errcode, keys

    assert keys_of(bob, alice) == {}
    assert crypto.counts() == (0, [])


def test_a_query_that_is_not_in_order_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = server.person("alice")
    monkeypatch.setattr(keys_module, "MAX_USERS", 2)
    wrong: list[tuple[Any, str]] = [
        (None, "M_BAD_JSON"),
        ([], "M_BAD_JSON"),
        ({"alice": []}, "M_INVALID_PARAM"),
        ({"@a\0b:test": []}, "M_INVALID_PARAM"),
        ({alice.user_id: "all"}, "M_BAD_JSON"),
        ({alice.user_id: [1]}, "M_BAD_JSON"),
        ({f"@u{n}:test": [] for n in range(3)}, "M_TOO_LARGE"),
    ]
    for wanted, errcode in wrong:
        with pytest.raises(Refused) as refused:
            alice.post("/v3/keys/query", {"device_keys": wanted})
        assert refused.value.errcode == errcode


def test_keys_end_with_their_device(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    phone = alice.logs_in()
    Crypto(phone).settles(one_time_keys=2)

    phone.post("/v3/logout")

    assert keys_of(bob, alice) == {}
    assert claims(bob, phone) == [{}]


def test_a_login_under_the_same_id_begins_without_keys(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    phone = alice.logs_in(device_id="PHONE")
    Crypto(phone).settles(one_time_keys=2)
    phone.post("/v3/logout")

    again = alice.logs_in(device_id="PHONE")

    assert keys_of(bob, alice) == {}
    assert Crypto(again).counts() == (0, [])


def test_old_names_of_the_endpoints_still_work(server: Server) -> None:
    alice = server.person("alice")
    crypto = Crypto(alice)

    alice.post("/unstable/keys/upload", {"device_keys": crypto.device_keys()})
    found = alice.post("/unstable/keys/query", {"device_keys": {alice.user_id: []}})

    assert alice.device_id in found["device_keys"][alice.user_id]


def test_what_was_asked_for_before_is_told_as_it_is_now(server: Server) -> None:
    """Answers are kept in memory: whatever changes them must be seen by the next who asks."""
    alice, bob = server.people("alice", "bob")
    tablet = alice.logs_in()
    seen: list[Any] = []

    def notes(asker: Person) -> None:
        answer = asks(asker, alice)
        assert answer not in seen
        seen.append(answer)

    notes(bob)
    Crypto(alice).settles()
    notes(bob)
    Crypto(tablet).settles()
    notes(bob)
    alice.put(f"/v3/devices/{tablet.device_id}", {"display_name": "tablet"})
    notes(bob)
    identity = Identity(alice)
    identity.uploads()
    notes(bob)
    mine = Identity(bob)
    mine.uploads()
    by_bob = signed(identity.bodies()["master_key"], bob.user_id, mine.user_signing)
    body = {alice.user_id: {public(identity.master): by_bob}}
    assert bob.post("/v3/keys/signatures/upload", body) == {"failures": {}}
    notes(bob)
    tablet.post("/v3/logout", {})
    notes(bob)
