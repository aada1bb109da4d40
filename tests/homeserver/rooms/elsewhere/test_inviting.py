"""Invites and knocks between servers, taken up, declined and taken back."""

import pytest

from tests.linked_servers import LinkedServer
from tests.people import Refused

Pair = list[LinkedServer]

KNOCK = [{"type": "m.room.join_rules", "content": {"join_rule": "knock"}}]


def test_an_invite_shows_the_room_and_opens_it(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(name="Tea")
    waiting = bob.starts_sync() if bob.syncs() is not None else None

    alice.invites(room, bob)

    assert waiting is not None and waiting.is_answered
    state = waiting.answer().body["rooms"]["invite"][room]["invite_state"]["events"]
    assert {"name": "Tea"} in [event["content"] for event in state]
    assert state[-1]["content"]["membership"] == "invite"
    assert set(a.pdu(a.state_of(room)["m.room.member", "@bob:b"])["signatures"]) == {"a", "b"}

    bob.joins(room)

    assert a.state_of(room) == b.state_of(room)
    assert bob.syncs().room(room)


def test_a_new_room_invites_users_of_other_servers(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")

    room = alice.creates_room(invite=["@bob:b"], is_direct=True, preset="trusted_private_chat")

    assert bob.syncs().invites() == [room]
    bob.joins(room)
    assert alice.syncs().room(room)["summary"]["m.joined_member_count"] == 2


def test_an_invite_sent_as_state_is_signed_too(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room()

    event_id = alice.sets(room, "m.room.member", {"membership": "invite"}, "@bob:b")

    assert set(a.pdu(event_id)["signatures"]) == {"a", "b"}
    assert bob.syncs().invites() == [room]


def test_a_declined_invite_is_over_on_both_sides(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room()
    alice.invites(room, bob)
    bob.syncs()

    bob.leaves(room)

    assert "@bob:b" not in a.head(room).members
    left = bob.syncs().events(room, "leave")
    assert [event["content"]["membership"] for event in left] == ["leave"]


def test_an_invite_is_declined_also_when_its_server_is_gone(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room()
    alice.invites(room, bob)

    with a.sender.network.cut("a", "b"):
        bob.leaves(room)

    assert bob.syncs(since="").invites() == []


def test_users_who_do_not_exist_cannot_be_invited(pair: Pair) -> None:
    a, _ = pair
    alice = a.person("alice")
    room = alice.creates_room()

    with pytest.raises(Refused) as refused:
        alice.post(f"/v3/rooms/{room}/invite", {"user_id": "@nobody:b"})

    assert refused.value.status == 404
    assert ("m.room.member", "@nobody:b") not in a.state_of(room)


def test_a_user_of_another_server_is_invited_into_a_room_both_are_in(pair: Pair) -> None:
    a, b = pair
    alice, bob, carol = a.person("alice"), *b.people("bob", "carol")
    room = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{room}?via=a")

    alice.invites(room, carol)

    assert carol.syncs().invites() == [room]
    assert a.state_of(room) == b.state_of(room)
    carol.leaves(room)
    assert a.state_of(room) == b.state_of(room)


def test_a_knock_is_heard_and_answered(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(initial_state=KNOCK, name="Tea")

    bob.post(f"/v3/knock/{room}?via=a", {"reason": "thirst"})

    knock = alice.state(room, "m.room.member", "@bob:b")
    assert (knock["membership"], knock["reason"]) == ("knock", "thirst")
    shown = bob.syncs().room(room, "knock")["knock_state"]["events"]
    assert {"name": "Tea"} in [event["content"] for event in shown]

    alice.invites(room, bob)
    assert bob.syncs().invites() == [room]
    bob.joins(room)
    assert a.state_of(room) == b.state_of(room)


def test_a_knock_is_taken_back(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(initial_state=KNOCK)
    bob.post(f"/v3/knock/{room}?via=a")

    bob.leaves(room)

    assert "@bob:b" not in a.head(room).members


def test_not_every_room_takes_knocks(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room()

    with pytest.raises(Refused) as refused:
        bob.post(f"/v3/knock/{room}?via=a")

    assert refused.value.status == 403
