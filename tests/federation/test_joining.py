"""Ways into a room that is on another server."""

from tests.federation.people import Person


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
