"""Cross-signing, backup, secret storage, key files, shared history."""

import pytest

from e2ee.attachments import Decryption, Encryption, decrypt_whole, encrypt
from e2ee.encoding import canonical
from e2ee.errors import (
    BadExport,
    BadField,
    BadRecoveryKey,
    NotPossible,
    Tampered,
    UnknownAlgorithm,
    UntrustedBackup,
    WrongPassphrase,
)
from e2ee.happenings import Decrypted, HistoryOffered, IdentityReplaced, KeySource, Trust
from e2ee.secret_storage import (
    create_key,
    open_secret,
    open_with_passphrase,
    open_with_recovery_key,
    read_recovery_key,
    seal_secret,
    write_recovery_key,
)
from tests.e2ee.simulation import ROOM, Person, people, until_quiet


def counting(length: int) -> bytes:
    return bytes(range(length))


def test_an_identity_is_published_after_the_proof_that_the_server_wants() -> None:
    server, (alice,) = people("alice")
    server.ask_for_proof = True
    alice.creates_identity()
    assert alice.machine.proof_wanted() == {
        "flows": [{"stages": ["m.login.password"]}],
        "session": "s",
    }
    alice.machine.authorise({"password": "wrong"})
    alice.settles()
    alice.machine.authorise({"password": "right"})
    until_quiet(alice)
    assert alice.machine.proof_wanted() is None
    assert alice.machine.trust("@alice:test", "ALICE") is Trust.VERIFIED


def test_a_new_identity_of_somebody_is_told() -> None:
    _, (alice, bob) = people("alice", "bob")
    alice.says("hello")
    bob.creates_identity()
    until_quiet(alice, bob)
    assert alice.machine.trust("@bob:test", "BOB") is Trust.CROSS_SIGNED
    bob.creates_identity()
    until_quiet(alice, bob)
    assert alice.of(IdentityReplaced) == [IdentityReplaced("@bob:test", was_verified=False)]
    assert alice.machine.trust("@bob:test", "BOB") is Trust.CHANGED


def test_a_secret_that_does_not_fit_our_identity_is_not_taken() -> None:
    server, (alice,) = people("alice")
    alice.creates_identity()
    laptop = Person(server, "@alice:test", "LAPTOP").settles()
    until_quiet(alice, laptop)
    with pytest.raises(Tampered):
        laptop.machine.take_secret("m.cross_signing.master", "A" * 43)
    for name in ("master", "self_signing", "user_signing"):
        secret = alice.machine.secret(f"m.cross_signing.{name}")
        assert secret is not None
        laptop.machine.take_secret(f"m.cross_signing.{name}", secret)
    until_quiet(alice, laptop)
    assert laptop.machine.has_identity()
    assert alice.machine.trust("@alice:test", "LAPTOP") is Trust.VERIFIED


def test_a_forgotten_master_key_costs_no_trust() -> None:
    _, (alice,) = people("alice")
    alice.creates_identity()
    until_quiet(alice)
    alice.machine.forget_secret("m.cross_signing.master")
    assert not alice.machine.has_identity()
    assert alice.machine.secret("m.cross_signing.master") is None
    assert alice.machine.trust("@alice:test", "ALICE") is Trust.VERIFIED


def restored(alice: Person, name: str) -> Person:
    """Another device of alice's, with her secrets, that uses her backup."""
    laptop = Person(alice.server, "@alice:test", name).settles()
    laptop.syncs()
    for secret in ("m.cross_signing.master", "m.megolm_backup.v1"):
        value = alice.machine.secret(secret)
        if value is not None:
            laptop.machine.take_secret(secret, value)
    laptop.machine.use_backup()
    laptop.settles()
    laptop.machine.restore_backup()
    return laptop.settles()


def test_a_backup_is_filled_and_restored_by_another_device() -> None:
    server, (alice, bob) = people("alice", "bob")
    alice.creates_identity()
    bob.says("before the backup")
    until_quiet(alice, bob)
    alice.machine.create_backup()
    until_quiet(alice, bob)
    bob.machine.rotate(ROOM)
    bob.says("after")
    until_quiet(alice, bob)
    assert len(server.backups[0]["rooms"][ROOM]["sessions"]) == 2
    assert "before" not in str(server.backups)

    laptop = restored(alice, "LAPTOP")
    until_quiet(laptop)
    assert sorted(laptop.read()) == ["after", "before the backup"]
    assert {one.source for one in laptop.of(Decrypted)} == {KeySource.BACKUP}
    assert {one.trust for one in laptop.of(Decrypted)} == {Trust.UNKNOWN}


def test_altered_keys_of_a_backup_are_left_out() -> None:
    server, (alice, bob) = people("alice", "bob")
    alice.creates_identity()
    alice.machine.create_backup()
    bob.says("one")
    bob.machine.rotate(ROOM)
    bob.says("two")
    until_quiet(alice, bob)
    sessions = list(server.backups[0]["rooms"][ROOM]["sessions"].values())
    data = sessions[0]["session_data"]
    data["ciphertext"] = data["ciphertext"][:-12] + "AAAAAAAAAAAA"
    laptop = restored(alice, "LAPTOP")
    until_quiet(laptop)
    assert len(laptop.read()) == 1


def test_a_backup_that_nobody_signed_is_not_used() -> None:
    server, (alice,) = people("alice")
    alice.creates_identity()
    auth_data = {"public_key": "A" * 43}
    algorithm = "m.megolm_backup.v1.curve25519-aes-sha2"
    body = {"algorithm": algorithm, "auth_data": auth_data, "version": "1", "rooms": {}}
    server.backups.append(body)
    alice.machine.use_backup()
    with pytest.raises(UntrustedBackup):
        alice.settles()
    assert alice.machine.backup_version() is None


def test_a_backup_that_was_replaced_is_not_gone_on_with() -> None:
    server, (alice, bob) = people("alice", "bob")
    alice.machine.create_backup()
    alice.settles()
    server.backups.append(server.backups[0] | {"version": "2", "rooms": {}})
    bob.says("new")
    until_quiet(alice, bob)
    assert alice.machine.backup_version() is None


def test_keys_move_in_a_file_and_a_wrong_passphrase_or_an_altered_file_is_refused() -> None:
    _, (alice, bob, carol) = people("alice", "bob", "carol")
    alice.says("hello")
    until_quiet(alice, bob)
    text = bob.machine.export_keys("secret", 1000)
    assert "hello" not in text
    with pytest.raises(Tampered):
        carol.machine.import_keys(text, "wrong")
    lines = text.splitlines()
    lines[1] = "B" + lines[1][1:]
    for broken, error in [
        ("\n".join(lines), BadExport),
        (text[:-200] + text[-150:], Tampered),
        ("nothing", BadExport),
        (text.replace("BEGIN", "START"), BadExport),
    ]:
        with pytest.raises(error):
            carol.machine.import_keys(broken, "secret")
    dave = Person(alice.server, "@dave:test", "D").settles()
    happenings = dave.machine.import_keys(text, "secret")
    assert len(happenings) == 1
    assert dave.machine.import_keys(text, "secret") == []


def test_secret_storage_opens_with_passphrase_and_recovery_key_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("e2ee.secret_storage.ROUNDS", 1000)
    key, description = create_key(counting, "correct horse")
    assert open_with_passphrase(key.id, description, "correct horse") == key
    assert open_with_recovery_key(key.id, description, key.recovery_key) == key
    with pytest.raises(WrongPassphrase):
        open_with_passphrase(key.id, description, "battery staple")
    with pytest.raises(UnknownAlgorithm):
        open_with_passphrase(key.id, description | {"algorithm": "m.other"}, "correct horse")
    endless = description["passphrase"] | {"iterations": 10**9}
    with pytest.raises(UnknownAlgorithm):
        open_with_passphrase(key.id, description | {"passphrase": endless}, "correct horse")
    _, other = create_key(counting)
    with pytest.raises(NotPossible):
        open_with_passphrase("id", other, "correct horse")

    stored = {"encrypted": {key.id: seal_secret("m.name", "the secret", key, counting)}}
    assert open_secret("m.name", stored, key) == "the secret"
    with pytest.raises(Tampered):
        open_secret("m.other", stored, key)
    with pytest.raises(NotPossible):
        open_secret("m.name", {}, key)
    stored["encrypted"][key.id]["ciphertext"] = "AAAA"
    with pytest.raises(Tampered):
        open_secret("m.name", stored, key)


def test_a_mistyped_recovery_key_is_seen() -> None:
    text = write_recovery_key(bytes(range(32)))
    assert read_recovery_key(text) == bytes(range(32))
    assert read_recovery_key(text.replace(" ", "\n")) == bytes(range(32))
    for wrong in (text[:-1], text[:-1] + "0", text + " 1111", text.replace(text[5], "2", 1), ""):
        with pytest.raises(BadRecoveryKey):
            read_recovery_key(wrong)


def test_attachments_are_streams_and_altered_ones_are_refused() -> None:
    pieces = [b"some", b"", b"thing " * 1000]
    sealed = Encryption.begin(counting)
    data = b"".join(encrypt(pieces, sealed))
    file = sealed.file("mxc://test/1")
    assert b"something" not in data
    assert decrypt_whole(data, file) == b"".join(pieces)
    with pytest.raises(Tampered):
        decrypt_whole(data[:-1] + b"x", file)
    with pytest.raises(Tampered):
        decrypt_whole(data[:-1], file)
    for change, error in [
        ({"v": "v1"}, UnknownAlgorithm),
        ({"key": file["key"] | {"alg": "none"}}, UnknownAlgorithm),
        ({"key": file["key"] | {"k": "AAAA"}}, BadField),
        ({"iv": "AAAA"}, BadField),
        ({"hashes": {}}, BadField),
    ]:
        with pytest.raises(error):
            Decryption.begin(file | change)


def test_history_is_shared_with_whom_we_invite_and_no_more_than_allowed() -> None:
    server, (alice, bob) = people("alice", "bob")
    carol = Person(server, "@carol:test", "C").settles().creates_identity()
    alice.creates_identity()
    until_quiet(alice, bob)
    bob.says("for all times")
    until_quiet(alice, bob)
    visibility = {"history_visibility": "joined"}
    server.state(ROOM, "@alice:test", "m.room.history_visibility", "", visibility)
    until_quiet(alice, bob)
    bob.says("members only")
    until_quiet(alice, bob)
    with pytest.raises(NotPossible):
        alice.machine.history_bundle(ROOM)
    server.state(
        ROOM, "@alice:test", "m.room.history_visibility", "", {"history_visibility": "shared"}
    )
    until_quiet(alice, bob)
    bundle = alice.machine.history_bundle(ROOM)
    assert (len(bundle["room_keys"]), len(bundle["withheld"])) == (1, 1)

    file = {"url": "mxc://test/bundle"}
    while not alice.machine.offer_history(ROOM, "@carol:test", file, server.now_ms):
        alice.settles()
    alice.settles()
    carol.syncs()
    assert carol.of(HistoryOffered) == []
    invited = {"type": "m.room.member", "state_key": "@carol:test", "sender": "@alice:test"}
    invite = {ROOM: {"invite_state": {"events": [invited]}}}
    carol.machine.receive_sync({"rooms": {"invite": invite}}, server.now_ms)
    server.membership(ROOM, "@carol:test", "join")
    carol.syncs()
    (offer,) = carol.of(HistoryOffered)
    assert (offer.sender, offer.file) == ("@alice:test", file)
    carol.restarts()
    assert carol.machine.offered_history(server.now_ms) == [offer]

    for _, _, event in server.timeline:
        carol.heard += carol.machine.receive_event(ROOM, event, server.now_ms)
    carol.heard += carol.machine.import_history(ROOM, "@alice:test", canonical(bundle))
    assert carol.read() == ["for all times"]
    (read,) = carol.of(Decrypted)
    assert (read.source, read.shared_by) == (KeySource.BUNDLE, "@alice:test")
    assert carol.machine.offered_history(server.now_ms) == []


def test_a_key_is_asked_of_our_own_verified_devices_and_of_nobody_else() -> None:
    server, (alice, bob) = people("alice", "bob")
    bob.says("remember this")
    until_quiet(alice, bob)
    laptop = Person(server, "@alice:test", "LAPTOP").settles()
    until_quiet(alice, laptop)
    assert laptop.read() == []
    alice.machine.set_device_mark("@alice:test", "LAPTOP", "verified")
    laptop.machine.set_device_mark("@alice:test", "ALICE", "verified")
    (unread,) = laptop.unread()
    session_id = unread.event["content"]["session_id"]
    assert laptop.machine.ask_for_key(ROOM, session_id)
    until_quiet(alice, laptop)
    assert laptop.read() == ["remember this"]
    assert laptop.of(Decrypted)[0].source is KeySource.FORWARDED

    stranger = Person(server, "@alice:test", "STRANGER").settles()
    until_quiet(alice, stranger)
    stranger.machine.set_device_mark("@alice:test", "ALICE", "verified")
    stranger.machine.ask_for_key(ROOM, session_id)
    until_quiet(alice, stranger)
    assert stranger.read() == []
