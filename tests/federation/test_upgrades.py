"""Rooms that move to another version."""

import pytest

from tests.federation.people import Person, room_path, until


@pytest.mark.parametrize("new_version", ["11", "12"])
def test_an_upgraded_room_is_followed(
    alice: Person, bob: Person, room: str, version: str, new_version: str
) -> None:
    mallory = f"@mallory:{bob.home.name}"
    alice.sets(room, "m.room.topic", {"topic": "What we bring along"})
    alice.bans(room, mallory)

    moved = alice.post(room_path(room, "upgrade"), {"new_version": new_version})
    new_room = moved["replacement_room"]

    bob.sees_content(room, "m.room.tombstone", replacement_room=new_room)
    assert bob.joins(new_room, alice.home.name) == new_room
    alice.sees_member(new_room, bob, "join")
    create = bob.state(new_room, "m.room.create")
    assert (create["room_version"], create["predecessor"]["room_id"]) == (new_version, room)
    assert bob.state(new_room, "m.room.topic")["topic"] == "What we bring along"
    # Synapse joins before it knows all members.
    assert until(lambda: bob.state(new_room, "m.room.member", mallory))["membership"] == "ban"
    bob.sees(new_room, alice.sends(new_room, "Here we are"))


def test_the_old_room_is_closed_for_guests(alice: Person, bob: Person, room: str) -> None:
    moved = alice.post(room_path(room, "upgrade"), {"new_version": "12"})
    bob.sees_content(room, "m.room.tombstone", replacement_room=moved["replacement_room"])

    assert until(lambda: bob.state(room, "m.room.power_levels")["events_default"] >= 50)


def test_the_alias_leads_to_the_new_room(alice: Person, bob: Person, version: str) -> None:
    name = f"moving-{alice.name}"
    room = alice.creates_room(room_version=version, preset="public_chat", room_alias_name=name)
    moved = alice.post(room_path(room, "upgrade"), {"new_version": "12"})

    assert bob.joins(f"#{name}:{alice.home.name}") == moved["replacement_room"]
