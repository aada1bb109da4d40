"""One suite over both libraries, and across both: what one encrypts, the other reads."""

from itertools import product

import pytest

from e2ee.errors import BadPickle, BadRatchetKey, DecryptionFailed
from e2ee.ratchets.by_libolm import Libolm
from e2ee.ratchets.by_vodozemac import Vodozemac
from e2ee.ratchets.ratchet import OlmAccount, OlmMessage, OlmSession, Ratchets

BOTH: tuple[Ratchets, ...] = (Vodozemac(), Libolm())
PAIRS = list(product(BOTH, BOTH))
each = pytest.mark.parametrize("ratchets", BOTH, ids=lambda one: one.name)
pairs = pytest.mark.parametrize(
    ("ours", "theirs"), PAIRS, ids=lambda one: getattr(one, "name", str(one))
)


def one_time_key(account: OlmAccount) -> str:
    account.generate_one_time_keys(1)
    key = next(iter(account.unpublished_one_time_keys().values()))
    account.mark_published()
    return key


def channel(ours: Ratchets, theirs: Ratchets) -> tuple[OlmAccount, OlmSession, OlmSession]:
    """Bob's account, and the session between him and alice, from her side and from his."""
    alice, bob = ours.new_account(), theirs.new_account()
    from_alice = alice.session_to(bob.curve25519, one_time_key(bob))
    at_bob, plaintext = bob.session_from(alice.curve25519, from_alice.encrypt(b"hello"))
    assert plaintext == b"hello"
    return bob, from_alice, at_bob


@pairs
def test_two_devices_talk_in_both_directions(ours: Ratchets, theirs: Ratchets) -> None:
    _, alice, bob = channel(ours, theirs)
    assert alice.id == bob.id
    for word in (b"one", "zwölf ☃".encode()):
        assert alice.decrypt(bob.encrypt(word)) == word
        assert bob.decrypt(alice.encrypt(word)) == word


@pairs
def test_messages_may_overtake_each_other(ours: Ratchets, theirs: Ratchets) -> None:
    _, alice, bob = channel(ours, theirs)
    first, second = bob.encrypt(b"first"), bob.encrypt(b"second")
    assert alice.decrypt(second) == b"second"
    assert alice.decrypt(first) == b"first"


@pairs
def test_a_pre_key_message_finds_its_session(ours: Ratchets, theirs: Ratchets) -> None:
    _, alice, bob = channel(ours, theirs)
    again = alice.encrypt(b"again")
    assert bob.matches(again)
    assert bob.decrypt(again) == b"again"
    assert not channel(ours, theirs)[2].matches(again)


@each
def test_a_one_time_key_opens_one_session(ratchets: Ratchets) -> None:
    alice, bob = ratchets.new_account(), ratchets.new_account()
    message = alice.session_to(bob.curve25519, one_time_key(bob)).encrypt(b"hello")
    bob.session_from(alice.curve25519, message)
    with pytest.raises(DecryptionFailed):
        bob.session_from(alice.curve25519, message)


@each
def test_a_failed_message_uses_no_one_time_key_up(ratchets: Ratchets) -> None:
    alice, bob = ratchets.new_account(), ratchets.new_account()
    message = alice.session_to(bob.curve25519, one_time_key(bob)).encrypt(b"hello")
    broken = OlmMessage(message.type, message.body[:-4] + "AAAA")
    with pytest.raises(DecryptionFailed):
        bob.session_from(alice.curve25519, broken)
    assert bob.session_from(alice.curve25519, message)[1] == b"hello"


@each
def test_a_replayed_or_altered_message_leaves_the_session_as_it_was(ratchets: Ratchets) -> None:
    _, alice, bob = channel(ratchets, ratchets)
    answer = bob.encrypt(b"yes")
    assert alice.decrypt(answer) == b"yes"
    for bad in (answer, OlmMessage(answer.type, answer.body[:20]), OlmMessage(1, "AAAA")):
        with pytest.raises(DecryptionFailed):
            alice.decrypt(bad)
    assert alice.decrypt(bob.encrypt(b"still here")) == b"still here"


@each
def test_an_old_fallback_key_works_until_it_is_forgotten(ratchets: Ratchets) -> None:
    alice, bob = ratchets.new_account(), ratchets.new_account()
    bob.generate_fallback_key()
    (old,) = bob.unpublished_fallback_key().values()
    bob.mark_published()
    assert not bob.unpublished_fallback_key()
    bob.generate_fallback_key()
    (new,) = bob.unpublished_fallback_key().values()

    by_old = alice.session_to(bob.curve25519, old)
    assert bob.session_from(alice.curve25519, by_old.encrypt(b"late"))[1] == b"late"
    bob.forget_old_fallback_key()
    with pytest.raises(DecryptionFailed):
        bob.session_from(alice.curve25519, alice.session_to(bob.curve25519, old).encrypt(b"no"))
    by_new = alice.session_to(bob.curve25519, new)
    assert bob.session_from(alice.curve25519, by_new.encrypt(b"yes"))[1] == b"yes"


@pairs
def test_a_room_key_is_read_by_the_other(ours: Ratchets, theirs: Ratchets) -> None:
    speaker = ours.new_outbound()
    hearer = theirs.inbound_from_key(speaker.session_key())
    assert hearer.id == speaker.id
    first, second = speaker.encrypt(b"first"), speaker.encrypt(b"second")
    assert hearer.decrypt(second) == (b"second", 1)
    assert hearer.decrypt(first) == (b"first", 0)


@pairs
def test_a_room_key_moves_by_export_and_reads_from_there_on(
    ours: Ratchets, theirs: Ratchets
) -> None:
    speaker = ours.new_outbound()
    hearer = ours.inbound_from_key(speaker.session_key())
    first, second = speaker.encrypt(b"first"), speaker.encrypt(b"second")
    moved = theirs.inbound_from_export(hearer.export_at(1))
    assert (moved.id, moved.first_index) == (speaker.id, 1)
    assert moved.decrypt(second) == (b"second", 1)
    with pytest.raises(DecryptionFailed):
        moved.decrypt(first)
    with pytest.raises(BadRatchetKey):
        moved.export_at(0)


@each
def test_everything_survives_its_pickle(ratchets: Ratchets) -> None:
    bob, alice, at_bob = channel(ratchets, ratchets)
    assert ratchets.account(bob.pickle()).ed25519 == bob.ed25519
    assert ratchets.session(alice.pickle()).decrypt(at_bob.encrypt(b"x")) == b"x"
    speaker = ratchets.new_outbound()
    hearer = ratchets.inbound_from_key(speaker.session_key())
    speaker.encrypt(b"0")
    again = ratchets.outbound(speaker.pickle())
    assert again.index == 1
    assert ratchets.inbound(hearer.pickle()).decrypt(again.encrypt(b"1")) == (b"1", 1)


@each
def test_what_libolm_pickled_is_taken_over(ratchets: Ratchets) -> None:
    """An account with its one-time key, a session, and a room key, mid-conversation."""
    libolm = Libolm()
    bob, alice, at_bob = channel(libolm, libolm)
    late_key = one_time_key(bob)
    taken = ratchets.take_over_account(bob.pickle(), b"")
    assert (taken.ed25519, taken.curve25519) == (bob.ed25519, bob.curve25519)
    carol = ratchets.new_account()
    message = carol.session_to(bob.curve25519, late_key).encrypt(b"hi")
    assert taken.session_from(carol.curve25519, message)[1] == b"hi"

    session = ratchets.take_over_session(at_bob.pickle(), b"")
    assert session.decrypt(alice.encrypt(b"go on")) == b"go on"
    assert alice.decrypt(session.encrypt(b"I do")) == b"I do"

    speaker = libolm.new_outbound()
    hearer = libolm.inbound_from_key(speaker.session_key())
    assert ratchets.take_over_inbound(hearer.pickle(), b"").decrypt(speaker.encrypt(b"!")) == (
        b"!",
        0,
    )


@pytest.mark.parametrize(("ours", "theirs"), [PAIRS[1], PAIRS[2]])
def test_everything_moves_from_one_to_the_other_and_goes_on(
    ours: Ratchets, theirs: Ratchets
) -> None:
    """An account with one-time and fallback keys, sessions at every turn, and a room key."""
    bob, alice, at_bob = channel(ours, ours)
    key = one_time_key(bob)
    bob.generate_fallback_key()
    (fallback,) = bob.unpublished_fallback_key().values()
    moved = theirs.account_of(ours.name, bob.pickle())
    assert (moved.ed25519, moved.curve25519) == (bob.ed25519, bob.curve25519)
    assert moved.sign(b"message") == bob.sign(b"message")
    for one in (key, fallback):
        carol = ours.new_account()
        hello = carol.session_to(bob.curve25519, one).encrypt(b"hello")
        assert moved.session_from(carol.curve25519, hello)[1] == b"hello"

    late = [alice.encrypt(b"late 1"), alice.encrypt(b"late 2")]
    assert at_bob.decrypt(alice.encrypt(b"first")) == b"first"
    for number in range(4):
        at_bob = theirs.session_of(ours.name, at_bob.pickle())
        if number == 1:
            assert [at_bob.decrypt(one) for one in late] == [b"late 1", b"late 2"]
        assert alice.decrypt(at_bob.encrypt(b"yes")) == b"yes"
        assert at_bob.decrypt(alice.encrypt(b"and you?")) == b"and you?"
        ours, theirs = theirs, ours

    speaker = ours.new_outbound()
    hearer = ours.inbound_from_key(speaker.session_key())
    moved_key = theirs.inbound_of(ours.name, hearer.pickle())
    assert moved_key.decrypt(speaker.encrypt(b"hello")) == (b"hello", 0)
    for take in (theirs.account_of, theirs.session_of, theirs.inbound_of):
        with pytest.raises(BadPickle):
            take("another library", "AAAA")
        with pytest.raises(BadPickle):
            take(ours.name, "AAAA")


@each
def test_rubbish_is_refused_by_name(ratchets: Ratchets) -> None:
    for pickle in ("", "AAAA", "not base64 at all!", "ä"):
        for read in (ratchets.account, ratchets.session, ratchets.outbound, ratchets.inbound):
            with pytest.raises(BadPickle):
                read(pickle)
        for key in (ratchets.inbound_from_key, ratchets.inbound_from_export):
            with pytest.raises(BadRatchetKey):
                key(pickle)
        with pytest.raises(BadRatchetKey):
            ratchets.new_account().session_to(pickle, pickle)
