"""Signatures on keys, and who sees them."""

from typing import Any

import pytest

from homeserver.changes import DeviceListChanged
from homeserver.devices import signatures
from tests.homeserver.devices.crypto import Crypto, Identity, asks, new_key, public, signed
from tests.people import JsonObject, Person, Refused, Server


def uploads(person: Person, keys: JsonObject) -> JsonObject:
    """The failures."""
    failures: JsonObject = person.post("/v3/keys/signatures/upload", keys)["failures"]
    return failures


def errcodes(failures: JsonObject) -> list[str]:
    return [error["errcode"] for by_name in failures.values() for error in by_name.values()]


def settled(person: Person) -> tuple[Crypto, Identity]:
    identity = Identity(person)
    identity.uploads()
    return Crypto(person).settles(), identity


def test_a_device_is_signed_by_the_self_signing_key(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto, identity = settled(alice)
    both = crypto.device_keys(identity.self_signing)
    new = signed({**both, "signatures": {}}, alice.user_id, identity.self_signing)

    assert uploads(alice, {alice.user_id: {alice.device_id: new}}) == {}

    assert asks(bob, alice)["device_keys"][alice.user_id] == {alice.device_id: both}
    crypto.settles()
    assert asks(bob, alice)["device_keys"][alice.user_id] == {alice.device_id: both}


def test_the_master_key_is_signed_by_devices(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto, identity = settled(alice)
    tablet = Crypto(alice.logs_in()).settles()
    name, master = public(identity.master), identity.bodies()["master_key"]

    assert uploads(alice, {alice.user_id: {name: crypto.signs(master)}}) == {}
    assert uploads(alice, {alice.user_id: {name: tablet.signs(master)}}) == {}

    both = tablet.signs(crypto.signs(master))
    assert asks(bob, alice)["master_keys"] == {alice.user_id: both}


def test_with_a_device_its_signatures_go(server: Server) -> None:
    alice = server.person("alice")
    crypto, identity = settled(alice)
    tablet = Crypto(alice.logs_in()).settles()
    name, master = public(identity.master), identity.bodies()["master_key"]
    by_crypto = crypto.signs(master)
    uploads(alice, {alice.user_id: {name: tablet.signs(by_crypto)}})

    tablet.person.post("/v3/logout")
    assert asks(alice, alice)["master_keys"] == {alice.user_id: by_crypto}

    other = Crypto(alice)
    other.uploads(device_keys=other.device_keys())
    assert asks(alice, alice)["master_keys"] == {alice.user_id: {**master, "signatures": {}}}


def test_whom_a_user_signed_only_the_user_sees(server: Server) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    tablet = alice.logs_in()
    _, mine = settled(alice)
    _, theirs = settled(bob)
    name, master = public(theirs.master), theirs.bodies()["master_key"]
    by_alice = signed(master, alice.user_id, mine.user_signing)
    for person in (tablet, bob, carol):
        person.syncs()
    waiting = tablet.starts_sync()

    assert uploads(alice, {bob.user_id: {name: by_alice}}) == {}

    assert waiting.answer().body["device_lists"]["changed"] == [bob.user_id]
    assert asks(tablet, bob)["master_keys"] == {bob.user_id: by_alice}
    for person in (bob, carol):
        assert asks(person, bob)["master_keys"] == {bob.user_id: {**master, "signatures": {}}}
        assert "device_lists" not in person.syncs().body

    assert uploads(alice, {bob.user_id: {name: by_alice}}) == {}
    assert "device_lists" not in tablet.syncs().body, "the same again is no news"


def test_with_its_key_a_signature_goes(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    _, mine = settled(alice)
    _, theirs = settled(bob)
    name, master = public(theirs.master), theirs.bodies()["master_key"]
    by_alice = signed(master, alice.user_id, mine.user_signing)
    uploads(alice, {bob.user_id: {name: by_alice}})

    another = mine.key("user_signing", new_key(), mine.master)
    mine.uploads(proof=True, user_signing_key=another)

    assert asks(alice, bob)["master_keys"][bob.user_id]["signatures"] == {}


def test_signatures_change_the_lists_of_others_once(server: Server) -> None:
    alice = server.person("alice")
    crypto, identity = settled(alice)
    heard: list[DeviceListChanged] = []
    server.app.notifier.listen(DeviceListChanged, heard.append)
    keys = {
        alice.device_id: crypto.device_keys(identity.self_signing),
        public(identity.master): crypto.signs(identity.bodies()["master_key"]),
    }

    uploads(alice, {alice.user_id: keys})
    assert len(heard) == 1
    uploads(alice, {alice.user_id: keys})
    assert len(heard) == 1


def test_each_wrong_signature_is_a_failure_of_its_own(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto, mine = settled(alice)
    tablet = Crypto(alice.logs_in()).settles()
    _, theirs = settled(bob)
    own_id, tablet_id = alice.device_id, tablet.person.device_id
    right = tablet.device_keys(mine.self_signing)
    master = mine.bodies()["master_key"]
    name, bobs = public(theirs.master), theirs.bodies()["master_key"]

    failures = uploads(
        alice,
        {
            alice.user_id: {
                own_id: crypto.device_keys(theirs.self_signing),
                tablet_id: right,
                "UNKNOWN": crypto.device_keys(mine.self_signing),
                public(mine.master): signed(master, alice.user_id, new_key("UNKNOWN")),
                public(mine.self_signing): mine.bodies()["self_signing_key"],
            },
            bob.user_id: {
                name: signed(bobs, alice.user_id, mine.self_signing),
                bob.device_id: Crypto(bob).device_keys(),
            },
            "@carol:elsewhere": {name: bobs},
        },
    )

    assert {user: {id: e["errcode"] for id, e in f.items()} for user, f in failures.items()} == {
        alice.user_id: {
            own_id: "M_INVALID_SIGNATURE",
            "UNKNOWN": "M_NOT_FOUND",
            public(mine.master): "M_INVALID_SIGNATURE",
            public(mine.self_signing): "M_NOT_FOUND",
        },
        bob.user_id: {name: "M_INVALID_SIGNATURE", bob.device_id: "M_NOT_FOUND"},
        "@carol:elsewhere": {name: "M_NOT_FOUND"},
    }
    assert asks(bob, alice)["device_keys"][alice.user_id][tablet_id] == right


def test_only_what_is_published_can_be_signed(server: Server) -> None:
    alice = server.person("alice")
    crypto, identity = settled(alice)
    other = crypto.device_keys(identity.self_signing, algorithms=["other"])
    forged = crypto.signs(identity.bodies()["master_key"])
    forged["signatures"][alice.user_id][f"ed25519:{alice.device_id}"] = "A" * 86

    assert errcodes(uploads(alice, {alice.user_id: {alice.device_id: other}})) == [
        "M_INVALID_PARAM"
    ]
    assert errcodes(uploads(alice, {alice.user_id: {public(identity.master): forged}})) == [
        "M_INVALID_SIGNATURE"
    ]


def test_without_cross_signing_nothing_can_be_signed(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice).settles()
    _, theirs = settled(bob)
    keys = {
        alice.user_id: {alice.device_id: crypto.device_keys()},
        bob.user_id: {public(theirs.master): theirs.bodies()["master_key"]},
    }

    assert errcodes(uploads(alice, keys)) == ["M_NOT_FOUND"] * 2


def test_a_request_that_is_not_in_order_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = server.person("alice")
    monkeypatch.setattr(signatures, "MAX_KEYS", 2)
    wrong: list[tuple[Any, str]] = [
        ([], "M_BAD_JSON"),
        ({"alice": {}}, "M_INVALID_PARAM"),
        ({alice.user_id: []}, "M_BAD_JSON"),
        ({alice.user_id: {"X": []}}, "M_BAD_JSON"),
        ({alice.user_id: {"X\0": {}}}, "M_BAD_JSON"),
        ({alice.user_id: {"X": {}, "Y": {}, "Z": {}}}, "M_TOO_LARGE"),
    ]
    for body, errcode in wrong:
        with pytest.raises(Refused) as refused:
            alice.post("/v3/keys/signatures/upload", body)
        assert refused.value.errcode == errcode
