"""Invites and knocks between servers, taken up, declined and taken back."""

import pytest

from homeserver.events.building import Draft
from homeserver.events.event import Event
from homeserver.peers.errors import RemoteError
from homeserver.rooms.author import Author
from homeserver.rooms.elsewhere.trying import as_matrix_error
from homeserver.rooms.previews import SHOWN
from homeserver.storage import heads
from homeserver.storage.transaction import Transaction
from tests.linked_servers import LinkedServer
from tests.outcomes import outcome
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


def test_a_room_that_stays_at_home_invites_nobody_from_elsewhere(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(creation_content={"m.federate": False})

    with pytest.raises(Refused) as refused:
        alice.invites(room, bob)

    assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")
    assert bob.syncs().invites() == []


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


def test_what_is_shown_of_a_room_must_be_of_this_room_and_genuine(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(name="Tea", topic="Milk?")
    other = alice.creates_room(name="Coffee")
    draft = Draft("m.room.member", {"membership": "invite"}, bob.user_id)
    event = outcome(a.database.read(_write, a.author, room, alice.user_id, draft))
    good = [a.pdu(event_id) for (type, _), event_id in a.state_of(room).items() if type in SHOWN]
    foreign = a.pdu(a.state_of(other)["m.room.name", ""])
    forged = {**good[0], "signatures": {"a": dict.fromkeys(good[0]["signatures"]["a"], "A" * 86)}}
    path = f"/_matrix/federation/v2/invite/{room}/{event.event_id}"
    body = {"room_version": event.version.id, "event": event.pdu}

    for shown in (
        [pdu for pdu in good if pdu["type"] != "m.room.create"],
        [*good, foreign],
        [*good, {"type": "m.room.name", "state_key": "", "content": {}, "sender": "@x:a"}],
        [forged, *good[1:]],
        None,
    ):
        with pytest.raises(RemoteError) as refused:
            a.asks("b", "PUT", path, body={**body, "invite_room_state": shown})
        assert (refused.value.status, refused.value.errcode) == (400, "M_INVALID_PARAM")
    assert a.asks("b", "PUT", path, body={**body, "invite_room_state": good})["event"]


def _write(txn: Transaction, author: Author, room: str, sender: str, draft: Draft) -> Event:
    head = heads.load(txn, room)
    assert head is not None
    return author.write(txn, head, sender, draft)


def test_what_is_wrong_with_our_own_request_is_no_fault_of_the_client() -> None:
    told = as_matrix_error(RemoteError("b", 400, "M_INVALID_PARAM", "what is that?"))

    assert (told.status, told.errcode) == (502, "M_UNKNOWN")
