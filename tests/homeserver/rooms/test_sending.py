"""Sending events: once for each request, and only by who may."""

import pytest

from tests.outcomes import outcome
from tests.people import Person, Refused, Server

Talk = tuple[Person, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.syncs()
    return alice, bob, room


def test_a_repeated_request_sends_nothing_new(talk: Talk) -> None:
    alice, bob, room = talk

    first = alice.sends(room, "hello", txn="one")

    assert alice.sends(room, "hello again", txn="one") == first
    assert bob.syncs().texts(room) == ["hello"]


def test_a_transaction_is_of_one_device_room_and_type(talk: Talk) -> None:
    alice, _, room = talk
    other_room = alice.creates_room()
    phone = alice.logs_in()

    sent = {
        alice.sends(room, "hello", txn="one"),
        alice.sends(other_room, "hello", txn="one"),
        alice.sends_event(room, "org.example", {}, txn="one"),
        phone.sends(room, "hello", txn="one"),
    }

    assert len(sent) == 4


def test_a_repeated_redaction_redacts_once(talk: Talk) -> None:
    alice, _, room = talk
    sent = alice.sends(room, "hello")
    path = f"/v3/rooms/{room}/redact/{sent}/one"

    first = alice.put(path, {"reason": "a slip"})

    assert alice.put(path) == first
    shown = alice.get(f"/v3/rooms/{room}/event/{first['event_id']}")
    assert shown["content"]["reason"] == "a slip"


def test_a_stranger_may_not_send(server: Server, talk: Talk) -> None:
    mallory = server.person("mallory")
    _, bob, room = talk

    with pytest.raises(Refused) as refused:
        mallory.sends(room, "hello")

    assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")
    assert not bob.syncs().texts(room)


def test_nobody_sends_into_a_room_that_is_not_there(talk: Talk) -> None:
    alice, _, _ = talk

    with pytest.raises(Refused) as refused:
        alice.sends("!nowhere:test", "hello")

    assert refused.value.status == 403


def test_state_that_says_nothing_new_is_not_sent(talk: Talk) -> None:
    alice, bob, room = talk
    first = alice.sets(room, "m.room.topic", {"topic": "same"})
    bob.syncs()

    assert alice.sets(room, "m.room.topic", {"topic": "same"}) == first
    assert not bob.syncs()
    assert alice.sets(room, "m.room.topic", {"topic": "other"}) != first


def test_who_lacks_the_power_may_not_set_state(talk: Talk) -> None:
    _, bob, room = talk

    with pytest.raises(Refused) as refused:
        bob.sets(room, "m.room.topic", {"topic": "mine"})

    assert refused.value.errcode == "M_FORBIDDEN"


def test_an_event_may_only_be_so_large(talk: Talk) -> None:
    alice, bob, room = talk
    alice.sends(room, "x" * 60_000)

    with pytest.raises(Refused) as refused:
        alice.sends(room, "x" * 66_000)

    assert (refused.value.status, refused.value.errcode) == (413, "M_TOO_LARGE")
    assert len(bob.syncs().texts(room)) == 1


def test_the_suspended_say_nothing_but_take_their_words_back(talk: Talk) -> None:
    """Spec: "Account suspension"."""
    alice, bob, room = talk
    said, other = bob.sends(room, "before"), alice.sends(room, "hello")
    outcome(bob.server.app.accounts.accounts.suspend(bob.user_id, True))

    levels = f"/v3/rooms/{room}/state/org.example/x"
    path = f"/v3/rooms/{room}/send/m.room.message/x"
    name = f"/v3/profile/{bob.user_id}/displayname"
    for where, body in ((path, {"body": "x"}), (levels, {}), (name, {"displayname": "x"})):
        with pytest.raises(Refused) as refused:
            bob.put(where, body)
        assert (refused.value.status, refused.value.errcode) == (403, "M_USER_SUSPENDED")
    with pytest.raises(Refused):
        bob.redacts(room, other)
    bob.redacts(room, said)
    bob.syncs()
    bob.leaves(room)
