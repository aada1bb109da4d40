"""Comparing strings and scanning codes, between two users and between two devices of one."""

import pytest

from e2ee.errors import BadQrCode, NotPossible
from e2ee.happenings import Trust
from e2ee.verification.flow import Phase, Verification
from e2ee.verification.qr import Mode, QrCode, read_qr_code
from e2ee.verification.sas import broken_base64, decimals, emoji
from tests.e2ee.simulation import ROOM, Person, SimulatedServer, people, until_quiet


def with_identities(*names: str) -> tuple[SimulatedServer, list[Person]]:
    server, everybody = people(*names)
    for one in everybody:
        one.creates_identity()
        others = [other.me.user_id for other in everybody]
        one.machine.follow(others)
    until_quiet(*everybody)
    return server, everybody


def both_sides(alice: Person, bob: Person) -> tuple[Verification, Verification]:
    """Requested by alice in the room, and accepted by bob."""
    ours = alice.machine.verify_user(ROOM, bob.me.user_id, alice.server.now_ms)
    until_quiet(alice, bob)
    theirs = bob.machine.verification(ours.id)
    assert theirs is not None
    theirs.accept()
    bob.machine.said(theirs)
    until_quiet(alice, bob)
    return ours, theirs


def said(person: Person, one: Verification) -> None:
    person.machine.said(one)
    person.settles()


@pytest.mark.parametrize("starter", [0, 1, 2])
def test_two_users_compare_strings_and_trust_each_other(starter: int) -> None:
    """Whoever starts; or both at a time."""
    _, (alice, bob) = with_identities("alice", "bob")
    ours, theirs = both_sides(alice, bob)
    for number, (person, one) in enumerate(((alice, ours), (bob, theirs))):
        if starter in (number, 2):
            one.start_sas()
            person.machine.said(one)
    until_quiet(alice, bob)
    assert ours.phase is theirs.phase is Phase.COMPARING
    assert ours.emoji == theirs.emoji
    assert ours.decimals == theirs.decimals
    ours.confirm()
    said(alice, ours)
    until_quiet(alice, bob)
    assert theirs.phase is Phase.COMPARING
    theirs.confirm()
    said(bob, theirs)
    until_quiet(alice, bob)
    assert {ours.phase, theirs.phase} == {Phase.DONE}
    assert alice.machine.is_verified("@bob:test")
    assert bob.machine.is_verified("@alice:test")
    assert alice.machine.trust("@bob:test", "BOB") is Trust.VERIFIED


def test_a_new_device_is_verified_by_an_old_one_and_gets_the_secrets() -> None:
    server, (alice,) = with_identities("alice")
    laptop = Person(server, "@alice:test", "LAPTOP").settles()
    until_quiet(alice, laptop)
    assert not laptop.machine.is_verified("@alice:test")
    ours = laptop.machine.verify_devices("@alice:test", ["ALICE"], server.now_ms)
    until_quiet(alice, laptop)
    theirs = alice.machine.verification(ours.id)
    assert theirs is not None
    theirs.accept()
    said(alice, theirs)
    until_quiet(alice, laptop)
    theirs.start_sas()
    said(alice, theirs)
    until_quiet(alice, laptop)
    assert ours.emoji == theirs.emoji
    for person, one in ((alice, theirs), (laptop, ours)):
        one.confirm()
        said(person, one)
    until_quiet(alice, laptop)
    assert laptop.machine.is_verified("@alice:test")
    assert alice.machine.trust("@alice:test", "LAPTOP") is Trust.VERIFIED

    for name in ("master", "self_signing", "user_signing"):
        laptop.machine.ask_for_secret(f"m.cross_signing.{name}")
    until_quiet(alice, laptop)
    assert laptop.machine.has_identity()


def test_strings_that_differ_end_it_and_nobody_is_trusted() -> None:
    _, (alice, bob) = with_identities("alice", "bob")
    ours, theirs = both_sides(alice, bob)
    ours.start_sas()
    said(alice, ours)
    until_quiet(alice, bob)
    ours.mismatch()
    said(alice, ours)
    until_quiet(alice, bob)
    assert theirs.phase is Phase.CANCELLED
    assert theirs.cancel_code == "m.mismatched_sas"
    assert not alice.machine.is_verified("@bob:test")


def test_a_server_that_exchanges_keys_is_seen() -> None:
    _, (alice, bob) = with_identities("alice", "bob")
    ours, theirs = both_sides(alice, bob)
    ours.start_sas()
    accept = {
        "key_agreement_protocol": "curve25519-hkdf-sha256",
        "hash": "sha256",
        "message_authentication_code": "hkdf-hmac-sha256.v2",
        "short_authentication_string": ["decimal", "emoji"],
        "commitment": "to another key",
    }
    ours.receive("accept", accept)
    ours.receive("key", {"key": "A" * 43})
    assert ours.cancel_code == "m.mismatched_commitment"
    assert theirs.phase is Phase.READY


def test_a_wrong_mac_ends_it() -> None:
    _, (alice, bob) = with_identities("alice", "bob")
    ours, theirs = both_sides(alice, bob)
    ours.start_sas()
    said(alice, ours)
    until_quiet(alice, bob)
    ours.confirm()
    ours.receive("mac", {"mac": {"ed25519:BOB": "AAAA"}, "keys": "AAAA"})
    assert ours.cancel_code == "m.key_mismatch"
    assert not ours.verified_device
    assert theirs.phase is Phase.COMPARING


@pytest.mark.parametrize(
    ("type", "content", "code"),
    [
        ("key", {"key": "AAAA"}, "m.unexpected_message"),
        ("mac", {"mac": {}, "keys": ""}, "m.unexpected_message"),
        ("accept", {}, "m.unexpected_message"),
        ("ready", {"from_device": "BOB"}, "m.unexpected_message"),
        ("start", {"method": "m.unheard.of", "from_device": "BOB"}, "m.unknown_method"),
        ("start", {"method": "m.sas.v1", "from_device": "BOB"}, "m.unknown_method"),
        ("start", {}, "m.invalid_message"),
        ("nonsense", {}, "m.unknown_method"),
    ],
)
def test_what_does_not_fit_ends_it_with_a_code(
    type: str, content: dict[str, object], code: str
) -> None:
    _, (alice, bob) = with_identities("alice", "bob")
    ours, _ = both_sides(alice, bob)
    ours.receive(type, content)
    assert (ours.phase, ours.cancel_code) == (Phase.CANCELLED, code)


def test_a_code_is_scanned_and_confirmed() -> None:
    _, (alice, bob) = with_identities("alice", "bob")
    ours, theirs = both_sides(alice, bob)
    theirs.scan(ours.show_qr_code())
    said(bob, theirs)
    until_quiet(alice, bob)
    assert ours.was_scanned
    ours.confirm()
    said(alice, ours)
    until_quiet(alice, bob)
    assert alice.machine.is_verified("@bob:test")
    assert bob.machine.is_verified("@alice:test")


def test_a_code_with_other_keys_or_of_another_verification_is_refused() -> None:
    _, (alice, bob) = with_identities("alice", "bob")
    ours, theirs = both_sides(alice, bob)
    code = read_qr_code(ours.show_qr_code())
    wrong = QrCode(code.mode, code.id, "A" * 43, code.second_key, code.secret)
    with pytest.raises(BadQrCode):
        theirs.scan(wrong.encode())
    assert theirs.cancel_code == "m.key_mismatch"


def test_a_code_that_was_scanned_elsewhere_is_not_believed() -> None:
    _, (alice, bob) = with_identities("alice", "bob")
    ours, _ = both_sides(alice, bob)
    ours.show_qr_code()
    start = {"from_device": "BOB", "method": "m.reciprocate.v1", "secret": "guessed"}
    ours.receive("start", start)
    assert ours.cancel_code == "m.key_mismatch"


@pytest.mark.parametrize("data", [b"", b"MATRIX", b"MATRIX\x02\x00\x00\x01x", b"M" * 5000])
def test_what_is_no_code_is_refused(data: bytes) -> None:
    with pytest.raises(BadQrCode):
        read_qr_code(data)


def test_a_code_reads_as_it_was_written() -> None:
    code = QrCode(Mode.NEW_DEVICE, "$event", "A" * 43, "B" * 42 + "A", "c2VjcmV0")
    assert read_qr_code(code.encode()) == code


def test_nobody_goes_on_for_ten_minutes_and_it_is_over() -> None:
    server, (alice, bob) = with_identities("alice", "bob")
    ours, theirs = both_sides(alice, bob)
    server.now_ms += 11 * 60 * 1000
    until_quiet(alice, bob)
    assert ours.cancel_code == theirs.cancel_code == "m.timeout"


def test_a_request_of_yesterday_is_not_shown() -> None:
    server, (alice, bob) = with_identities("alice", "bob")
    alice.machine.verify_user(ROOM, "@bob:test", server.now_ms)
    alice.settles()
    server.now_ms += 24 * 3600 * 1000
    bob.syncs()
    assert not bob.machine.verifications()


def test_steps_out_of_turn_are_refused_to_our_own_people_too() -> None:
    _, (alice, bob) = with_identities("alice", "bob")
    ours, _ = both_sides(alice, bob)
    for step in (ours.accept, ours.confirm, ours.mismatch):
        with pytest.raises(NotPossible):
            step()


def test_strings_are_the_specifications() -> None:
    assert decimals(bytes(5)) == (1000, 1000, 1000)
    assert decimals(b"\xff" * 5) == (9191, 9191, 9191)
    assert [name for _, name in emoji(bytes(6))] == ["Dog"] * 7
    assert [name for _, name in emoji(b"\xff" * 6)] == ["Pin"] * 7
    assert len(broken_base64(bytes(range(32)))) == 43
