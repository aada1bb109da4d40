"""Cross-signing keys, and who may publish them."""

import pytest

from tests.homeserver.devices.crypto import Crypto, Identity, asks, new_key, public, signed
from tests.people import JsonObject, Refused, Server

UPLOAD = "/v3/keys/device_signing/upload"


def test_others_see_master_and_self_signing_keys_but_no_user_signing_key(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    identity = Identity(alice)
    keys = identity.bodies()

    identity.uploads()

    own, others = asks(alice, alice, bob), asks(bob, alice, bob)
    for found in (own, others):
        assert found["master_keys"] == {alice.user_id: {**keys["master_key"], "signatures": {}}}
        assert found["self_signing_keys"] == {alice.user_id: keys["self_signing_key"]}
    assert own["user_signing_keys"] == {alice.user_id: keys["user_signing_key"]}
    assert "user_signing_keys" not in others


def test_the_first_keys_and_the_same_again_need_no_proof(server: Server) -> None:
    alice = server.person("alice")
    identity = Identity(alice)

    identity.uploads()
    identity.uploads()
    identity.uploads(master_key=identity.bodies()["master_key"])


def test_other_keys_need_proof(server: Server) -> None:
    alice = server.person("alice")
    first, second = Identity(alice), Identity(alice)
    first.uploads()
    fresh = first.key("self_signing", new_key(), first.master)

    for bodies in (second.bodies(), {"self_signing_key": fresh}):
        with pytest.raises(Refused) as refused:
            alice.post(UPLOAD, bodies)
        assert refused.value.status == 401
        assert refused.value.body["flows"] == [{"stages": ["m.login.password"]}]
    assert asks(alice, alice)["self_signing_keys"] == {
        alice.user_id: first.bodies()["self_signing_key"]
    }

    second.uploads(proof=True)
    found = asks(alice, alice)["master_keys"][alice.user_id]
    assert found["keys"] == second.bodies()["master_key"]["keys"]


def test_a_client_may_prove_and_leave_out_the_keys_the_second_time(server: Server) -> None:
    alice = server.person("alice")
    Identity(alice).uploads()
    second = Identity(alice)
    with pytest.raises(Refused) as refused:
        alice.post(UPLOAD, second.bodies())

    alice.post(UPLOAD, {"auth": {**second.proof(), "session": refused.value.body["session"]}})

    assert public(second.master) in str(asks(alice, alice)["master_keys"])


def test_a_proof_is_of_no_use_with_a_wrong_password(server: Server) -> None:
    alice = server.person("alice")
    Identity(alice).uploads()
    second = Identity(alice)

    with pytest.raises(Refused, match="M_FORBIDDEN"):
        alice.post(UPLOAD, {**second.bodies(), "auth": {**second.proof(), "password": "x"}})

    assert public(second.master) not in str(asks(alice, alice))


def test_a_new_master_key_ends_all_that_the_old_one_stood_for(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    old = Identity(alice)
    old.uploads()
    theirs = Identity(bob)
    theirs.uploads()
    crypto = Crypto(alice)
    crypto.uploads(device_keys=crypto.device_keys(old.self_signing))

    new = Identity(alice)
    new.uploads(proof=True, master_key=new.bodies()["master_key"])

    found = asks(alice, alice)
    assert public(new.master) in str(found["master_keys"])
    assert found["self_signing_keys"] == {}
    assert "user_signing_keys" not in found
    device = found["device_keys"][alice.user_id][alice.device_id]
    assert device == crypto.device_keys()


def test_keys_must_be_signed_by_the_master_key(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    identity, other = Identity(alice), Identity(alice)
    bodies = identity.bodies()
    by_other = other.bodies()["self_signing_key"]
    by_bob = signed(
        identity.key("self_signing", identity.self_signing), bob.user_id, identity.master
    )

    for wrong in (by_other, by_bob, identity.key("self_signing", identity.self_signing)):
        with pytest.raises(Refused, match="M_INVALID_SIGNATURE"):
            identity.uploads(**{**bodies, "self_signing_key": wrong})
    with pytest.raises(Refused, match="M_MISSING_PARAM"):
        identity.uploads(self_signing_key=bodies["self_signing_key"])
    assert asks(alice, alice)["master_keys"] == {}

    identity.uploads(master_key=bodies["master_key"])
    identity.uploads(proof=True, self_signing_key=bodies["self_signing_key"])
    assert asks(bob, alice)["self_signing_keys"] == {alice.user_id: bodies["self_signing_key"]}


def test_the_master_key_may_come_signed_by_a_device(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice).settles()
    identity = Identity(alice)
    bodies = identity.bodies()
    forged = crypto.signs(bodies["master_key"])
    forged["signatures"][alice.user_id][f"ed25519:{alice.device_id}"] = "A" * 86
    with pytest.raises(Refused, match="M_INVALID_SIGNATURE"):
        identity.uploads(**{**bodies, "master_key": forged})

    master = crypto.signs(bodies["master_key"])
    unknown = signed(master, alice.user_id, new_key("UNKNOWN"))
    identity.uploads(**{**bodies, "master_key": unknown})

    assert asks(bob, alice)["master_keys"] == {alice.user_id: master}


def test_devices_and_keys_never_have_the_same_name(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    identity = Identity(alice)
    taken = alice.logs_in(device_id=public(identity.self_signing))
    with pytest.raises(Refused) as refused:
        identity.uploads()
    assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")

    taken.post("/v3/logout")
    identity.uploads()
    with pytest.raises(Refused, match="M_INVALID_PARAM"):
        alice.logs_in(device_id=public(identity.user_signing))
    bob.logs_in(device_id=public(identity.user_signing))


def test_keys_that_are_not_in_order_are_refused(server: Server) -> None:
    alice = server.person("alice")
    identity = Identity(alice)
    bodies, key = identity.bodies(), identity.master
    padded, id = public(key) + "=", f"ed25519:{public(key)}"

    def master(**changes: object) -> JsonObject:
        return {**identity.key("master", key), **changes}

    twice = identity.key("user_signing", identity.self_signing, identity.master)
    wrong: list[tuple[JsonObject, str]] = [
        ({"master_key": None}, "M_MISSING_PARAM"),
        ({"master_key": []}, "M_BAD_JSON"),
        ({"master_key": master(user_id="@bob:test")}, "M_INVALID_PARAM"),
        ({"master_key": master(usage=["self_signing"])}, "M_INVALID_PARAM"),
        ({"master_key": master(usage=["master", "self_signing"])}, "M_INVALID_PARAM"),
        ({"master_key": master(usage="master")}, "M_BAD_JSON"),
        ({"master_key": master(keys={})}, "M_INVALID_PARAM"),
        ({"master_key": master(keys={id: public(key), "ed25519:x": "x"})}, "M_INVALID_PARAM"),
        ({"master_key": master(keys={f"ed25519:{padded}": padded})}, "M_INVALID_PARAM"),
        ({"master_key": master(keys={"ed25519:other": public(key)})}, "M_INVALID_PARAM"),
        ({"master_key": master(keys={id: 7})}, "M_BAD_JSON"),
        ({"master_key": master(keys={"ed25519:short": "short"})}, "M_INVALID_PARAM"),
        ({"master_key": {**master(), "weight": 0.5}}, "M_BAD_JSON"),
        ({"master_key": {**master(), "filling": "x" * 20_000}}, "M_TOO_LARGE"),
        ({"master_key": {**master(), "signatures": 1}}, "M_BAD_JSON"),
        ({**bodies, "user_signing_key": twice}, "M_INVALID_PARAM"),
    ]
    for body, errcode in wrong:
        with pytest.raises(Refused) as refused:
            alice.post(UPLOAD, body)
        assert refused.value.errcode == errcode, body
    assert asks(alice, alice)["master_keys"] == {}


def test_those_who_share_an_encrypted_room_hear_of_new_keys(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    alice.sets(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    bob.joins(room)
    bob.syncs()

    Identity(alice).uploads()
    assert bob.syncs().body["device_lists"]["changed"] == [alice.user_id]

    Identity(alice).uploads(proof=True)
    assert bob.syncs().body["device_lists"]["changed"] == [alice.user_id]


def test_the_old_path_still_works(server: Server) -> None:
    alice = server.person("alice")
    alice.post("/unstable/keys/device_signing/upload", Identity(alice).bodies())
    assert alice.user_id in asks(alice, alice)["master_keys"]
