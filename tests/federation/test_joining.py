"""Ways into a room that is on another server."""

import pytest

from tests.federation.people import Person, somebody, until
from tests.people import Refused


def test_who_knows_the_alias_may_join_a_public_room(
    alice: Person, bob: Person, version: str
) -> None:
    name = f"tea-{alice.name}"
    room = alice.creates_room(
        room_version=version, preset="public_chat", room_alias_name=name, topic="Tea"
    )

    assert bob.joins(f"#{name}:{alice.home.name}") == room

    alice.sees_member(room, bob, "join")
    assert bob.state(room, "m.room.topic")["topic"] == "Tea"
    assert bob.sees(room, alice.sends(room, "Welcome!"))["content"]["body"] == "Welcome!"
    assert alice.sees(room, bob.sends(room, "Hello."))["content"]["body"] == "Hello."


def test_who_is_invited_may_join(alice: Person, bob: Person, version: str) -> None:
    room = alice.creates_room(room_version=version, preset="private_chat", name="Whist")
    alice.invites(room, bob)
    stripped = bob.is_invited(room)
    assert "Whist" in [event["content"].get("name") for event in stripped]

    bob.joins(room, alice.home.name)

    alice.sees_member(room, bob, "join")
    bob.sees(room, alice.sends(room, "Your turn"))


def test_who_is_invited_may_refuse(alice: Person, bob: Person, version: str) -> None:
    room = alice.creates_room(room_version=version, preset="private_chat")
    alice.invites(room, bob)
    bob.is_invited(room)

    bob.leaves(room)

    alice.sees_member(room, bob, "leave")
    bob.waits(lambda gathered: room not in gathered.invites)


def test_an_invite_can_be_withdrawn(alice: Person, bob: Person, version: str) -> None:
    room = alice.creates_room(room_version=version, preset="private_chat")
    alice.invites(room, bob)
    bob.is_invited(room)

    alice.kicks(room, bob)

    bob.waits(lambda gathered: room not in gathered.invites)
    with pytest.raises(Refused) as refused:
        bob.joins(room, alice.home.name)
    assert refused.value.status == 403


def test_a_guest_may_invite_somebody_of_the_host(alice: Person, bob: Person, room: str) -> None:
    carol = somebody(alice.home, "carol")
    bob.sees(room, alice.gives_power(room, bob, 50))
    bob.invites(room, carol)
    carol.is_invited(room)

    carol.joins(room)

    bob.sees_member(room, carol, "join")


def test_nobody_joins_a_private_room_uninvited(alice: Person, bob: Person, version: str) -> None:
    room = alice.creates_room(room_version=version, preset="private_chat")

    with pytest.raises(Refused) as refused:
        bob.joins(room, alice.home.name)

    assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")


def test_who_left_may_come_back(alice: Person, bob: Person, room: str) -> None:
    bob.leaves(room)
    alice.sees_member(room, bob, "leave")
    missed = alice.sends(room, "Where is bob?")

    bob.joins(room, alice.home.name)

    alice.sees_member(room, bob, "join")
    bob.sees(room, alice.sends(room, "There you are"))
    assert missed in [event["event_id"] for event in bob.pages_back(room, 30)]


def test_a_knock_is_answered(alice: Person, bob: Person, version: str) -> None:
    room = knocking_room(alice, version)
    bob.knocks(room, alice.home.name)
    alice.sees_member(room, bob, "knock")
    bob.waits(lambda gathered: gathered.knocks.get(room))

    alice.invites(room, bob)
    bob.is_invited(room)
    bob.joins(room, alice.home.name)

    alice.sees_member(room, bob, "join")


def test_who_was_refused_may_knock_again(alice: Person, bob: Person, version: str) -> None:
    """Whether bob learns that he was refused: docs/federation.md, "Notes on other servers"."""
    room = knocking_room(alice, version)
    bob.knocks(room, alice.home.name)
    alice.sees_member(room, bob, "knock")
    alice.kicks(room, bob)
    alice.sees_member(room, bob, "leave")

    bob.knocks(room, alice.home.name)

    alice.sees_member(room, bob, "knock")


@pytest.mark.parametrize("sides", ["synapse hosts"], indirect=True)
def test_a_knock_is_taken_back(alice: Person, bob: Person, version: str) -> None:
    """Only here: Synapse keeps it to itself when somebody of its own takes a knock back."""
    room = knocking_room(alice, version)
    bob.knocks(room, alice.home.name)
    alice.sees_member(room, bob, "knock")

    bob.leaves(room)

    alice.sees_member(room, bob, "leave")


@pytest.mark.parametrize("join_rule", ["restricted", "knock_restricted"])
def test_members_of_a_space_may_join_its_rooms(
    alice: Person, bob: Person, version: str, join_rule: str
) -> None:
    space = alice.creates_space(room_version=version)
    room = restricted_room(alice, version, join_rule, space)
    with pytest.raises(Refused) as refused:
        bob.joins(room, alice.home.name)
    assert refused.value.status == 403

    bob.joins(space, alice.home.name)
    alice.sees_member(space, bob, "join")
    bob.joins(room, alice.home.name)

    alice.sees_member(room, bob, "join")
    bob.sees(room, alice.sends(room, "Come in"))


def test_who_is_not_in_the_space_may_knock(alice: Person, bob: Person, version: str) -> None:
    room = restricted_room(alice, version, "knock_restricted", alice.creates_space())

    bob.knocks(room, alice.home.name)

    alice.sees_member(room, bob, "knock")


def test_a_guest_lets_members_of_the_space_in_if_the_host_is_asked(
    alice: Person, bob: Person, version: str
) -> None:
    """Only the host's server can invite; dora's server has to find that out."""
    space = alice.creates_space(room_version=version)
    room = restricted_room(alice, version, "restricted", space)
    dora = somebody(bob.home, "dora")
    for person in (bob, dora):
        person.joins(space, alice.home.name)
        alice.sees_member(space, person, "join")
    bob.joins(room, alice.home.name)
    bob.sees_member(room, alice, "join")

    dora.joins(room, alice.home.name)

    alice.sees_member(room, dora, "join")
    bob.sees_member(room, dora, "join")


def test_a_room_without_a_way_in_is_not_found(alice: Person, bob: Person) -> None:
    with pytest.raises(Refused) as refused:
        bob.joins(f"#nothing-{alice.name}:{alice.home.name}")

    assert refused.value.status == 404


def test_a_direct_message_reaches_the_other(alice: Person, bob: Person) -> None:
    room = alice.creates_room(preset="trusted_private_chat", is_direct=True, invite=[bob.user_id])
    stripped = bob.is_invited(room)
    own = [event for event in stripped if event.get("state_key") == bob.user_id]
    assert [event["content"].get("is_direct") for event in own] == [True]

    bob.joins(room)

    bob.sees(room, alice.sends(room, "Just us"))
    until(lambda: bob.state(room, "m.room.power_levels"))


def knocking_room(alice: Person, version: str) -> str:
    rule = {"type": "m.room.join_rules", "content": {"join_rule": "knock"}}
    return alice.creates_room(
        room_version=version, preset="private_chat", initial_state=[{**rule, "state_key": ""}]
    )


def restricted_room(alice: Person, version: str, join_rule: str, space: str) -> str:
    allow = [{"type": "m.room_membership", "room_id": space}]
    content = {"join_rule": join_rule, "allow": allow}
    rule = {"type": "m.room.join_rules", "state_key": "", "content": content}
    return alice.creates_room(room_version=version, preset="private_chat", initial_state=[rule])
