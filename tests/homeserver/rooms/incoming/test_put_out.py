"""Invites that are taken back and knocks that are refused, in rooms that this server is not in."""

import pytest

from homeserver.events.building import Draft
from tests.conftest import Link
from tests.homeserver.rooms.incoming.test_receiving import forge
from tests.linked_servers import LinkedServer

Pair = list[LinkedServer]

KNOCK = [{"type": "m.room.join_rules", "content": {"join_rule": "knock"}}]


def tells_of_bob(a: LinkedServer, room: str) -> None:
    """The server of somebody who is put out has it as its last event of the room."""
    event = a.pdu(a.state_of(room)["m.room.member", "@bob:b"])
    assert list(a.sends_pdus("b", event).values()) == [{}]


@pytest.mark.parametrize("link", ["sqlite", "postgresql"], indirect=True)
def test_an_invite_that_is_taken_back_is_gone(link: Link) -> None:
    a, b = link("a", "b")
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room()
    alice.invites(room, bob)
    assert bob.syncs().invites() == [room]

    alice.kicks(room, bob)
    tells_of_bob(a, room)

    left = bob.syncs().events(room, "leave")
    assert [event["content"]["membership"] for event in left] == ["leave"]
    assert bob.syncs(since="").invites() == []


def test_a_ban_ends_an_invite_too(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room()
    alice.invites(room, bob)

    bob.syncs()

    alice.bans(room, bob)
    tells_of_bob(a, room)

    left = bob.syncs().events(room, "leave")
    assert [event["content"]["membership"] for event in left] == ["ban"]


def test_who_knocked_learns_that_it_was_refused(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(initial_state=KNOCK)
    bob.knocks(room, "a")
    assert bob.syncs().room(room, "knock")

    alice.kicks(room, bob)
    tells_of_bob(a, room)

    assert bob.syncs().events(room, "leave")
    bob.knocks(room, "a")
    assert alice.state(room, "m.room.member", "@bob:b")["membership"] == "knock"


def test_who_does_not_know_the_invite_cannot_take_it_back(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room()
    alice.invites(room, bob)
    leave = Draft("m.room.member", {"membership": "leave"}, "@bob:b")
    forged = forge(a, room, "@alice:a", leave)

    told = a.sends_pdus("b", forged.pdu)

    assert "not in it" in told[forged.event_id]["error"]
    assert bob.syncs().invites() == [room]


def test_an_invite_is_not_accepted_by_somebody_else(pair: Pair) -> None:
    """Only a leave or a ban is the end of an invite."""
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room()
    alice.invites(room, bob)
    invite = a.state_of(room)["m.room.member", "@bob:b"]
    join = Draft("m.room.member", {"membership": "join"}, "@bob:b")
    forged = forge(a, room, "@alice:a", join, auth_events=[invite])

    told = a.sends_pdus("b", forged.pdu)

    assert "not in it" in told[forged.event_id]["error"]
    assert bob.syncs().invites() == [room]
