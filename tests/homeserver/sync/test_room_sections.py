"""Under which heading a room is told: joined, invited, knocked at, left."""

import pytest

from tests.people import JsonObject, Person, Server, Sync

LEFT = {"room": {"include_leave": True}}


@pytest.fixture
def two(server: Server) -> tuple[Person, Person]:
    alice, bob = server.people("alice", "bob")
    bob.syncs()
    return alice, bob


Two = tuple[Person, Person]


def sections(sync: Sync, room: str) -> set[str]:
    return {name for name, rooms in sync.body.get("rooms", {}).items() if room in rooms}


def stripped(entry: JsonObject, name: str) -> dict[tuple[str, str], JsonObject]:
    return {(e["type"], e["state_key"]): e["content"] for e in entry[name]["events"]}


def does(person: Person, room: str, what: str, whom: Person, **body: str) -> None:
    person.post(f"/v3/rooms/{room}/{what}", {"user_id": whom.user_id, **body})


def test_an_invite_shows_what_the_room_is(two: Two) -> None:
    alice, bob = two
    room = alice.creates_room(name="Party", topic="Cake", invite=[bob.user_id])

    sync = bob.syncs()

    assert sections(sync, room) == {"invite"}
    state = stripped(sync.room(room, "invite"), "invite_state")
    assert state["m.room.name", ""] == {"name": "Party"}
    assert state["m.room.topic", ""]["topic"] == "Cake"
    assert state["m.room.join_rules", ""] == {"join_rule": "invite"}
    assert ("m.room.create", "") in state
    assert state["m.room.member", alice.user_id]["membership"] == "join"
    assert state["m.room.member", bob.user_id]["membership"] == "invite"
    assert not bob.syncs()
    assert sections(bob.syncs(since=""), room) == {"invite"}


def test_an_invite_shows_nothing_that_was_said(two: Two) -> None:
    alice, bob = two
    room = alice.creates_room()
    alice.sends(room, "secret")
    alice.invites(room, bob)

    (_, _, body) = bob.ask("GET", "/v3/sync").raw()

    assert b"secret" not in body


def test_invites_of_ignored_people_are_not_shown(two: Two) -> None:
    alice, bob = two
    path = f"/v3/user/{bob.user_id}/account_data/m.ignored_user_list"
    bob.put(path, {"ignored_users": {alice.user_id: {}}})
    room = alice.creates_room(invite=[bob.user_id])

    assert sections(bob.syncs(), room) == set()
    assert sections(bob.syncs(since=""), room) == set()


def test_a_rejected_invite_is_a_left_room(two: Two) -> None:
    alice, bob = two
    room = alice.creates_room(invite=[bob.user_id])
    bob.syncs()
    bob.leaves(room)

    sync = bob.syncs()

    assert sections(sync, room) == {"leave"}
    (event,) = sync.events(room, "leave")
    assert (event["state_key"], event["content"]["membership"]) == (bob.user_id, "leave")
    assert not bob.syncs()


def test_a_withdrawn_invite_is_a_left_room(two: Two) -> None:
    alice, bob = two
    room = alice.creates_room(invite=[bob.user_id])
    bob.syncs()
    does(alice, room, "kick", bob, reason="a mistake")

    (event,) = bob.syncs().events(room, "leave")

    assert event["content"]["reason"] == "a mistake"


def test_a_knock_and_its_end(two: Two) -> None:
    alice, bob = two
    room = alice.creates_room(name="Club")
    alice.sets(room, "m.room.join_rules", {"join_rule": "knock"})
    bob.post(f"/v3/knock/{room}", {"reason": "please"})

    sync = bob.syncs()
    assert sections(sync, room) == {"knock"}
    state = stripped(sync.room(room, "knock"), "knock_state")
    assert state["m.room.name", ""] == {"name": "Club"}
    assert state["m.room.member", bob.user_id]["membership"] == "knock"

    bob.leaves(room)
    assert sections(bob.syncs(), room) == {"leave"}


def test_a_knock_becomes_an_invite_becomes_a_room(two: Two) -> None:
    alice, bob = two
    room = alice.creates_room()
    alice.sets(room, "m.room.join_rules", {"join_rule": "knock"})
    bob.post(f"/v3/knock/{room}")
    assert sections(bob.syncs(), room) == {"knock"}
    alice.invites(room, bob)
    assert sections(bob.syncs(), room) == {"invite"}
    bob.joins(room)
    assert sections(bob.syncs(), room) == {"join"}


@pytest.mark.parametrize("end", ["leave", "kick", "ban"])
def test_a_left_room_is_told_up_to_the_end(two: Two, end: str) -> None:
    alice, bob = two
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.syncs()
    last = alice.sends(room, "goodbye")
    if end == "leave":
        bob.leaves(room)
    else:
        does(alice, room, end, bob)
    alice.sends(room, "among us")

    sync = bob.syncs()

    assert sections(sync, room) == {"leave"}
    said, gone = sync.events(room, "leave")
    assert said["event_id"] == last
    assert gone["content"]["membership"] == ("ban" if end == "ban" else "leave")
    assert gone["unsigned"]["membership"] == gone["content"]["membership"]
    assert not bob.syncs()


def test_a_room_joined_and_left_between_two_syncs_is_told_as_left(two: Two) -> None:
    alice, bob = two
    room = alice.creates_room(preset="public_chat", name="Short stay")
    bob.joins(room)
    said = alice.sends(room, "hello")
    bob.leaves(room)

    sync = bob.syncs()

    assert sections(sync, room) == {"leave"}
    ids = [event["event_id"] for event in sync.events(room, "leave")]
    assert said in ids


def test_a_room_left_and_joined_between_two_syncs_goes_on(two: Two) -> None:
    alice, bob = two
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.syncs()
    bob.leaves(room)
    said = alice.sends(room, "meanwhile")
    bob.joins(room)

    sync = bob.syncs()

    assert sections(sync, room) == {"join"}
    left, message, joined = sync.events(room)
    assert message["event_id"] == said
    assert (left["type"], joined["type"]) == ("m.room.member", "m.room.member")


def test_a_ban_of_somebody_long_gone_is_told_alone(two: Two) -> None:
    alice, bob = two
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.leaves(room)
    bob.syncs()
    alice.sends(room, "among us")
    does(alice, room, "ban", bob)

    (event,) = bob.syncs().events(room, "leave")

    assert event["content"]["membership"] == "ban"


def test_left_rooms_are_told_at_first_only_if_asked_for(two: Two) -> None:
    alice, bob = two
    room = alice.creates_room(preset="public_chat", name="Left")
    bob.joins(room)
    bob.leaves(room)
    alice.sets(room, "m.room.name", {"name": "Among us"})

    assert sections(bob.syncs(since=""), room) == set()
    for query in ({"since": ""}, {"full_state": True}):
        sync = bob.syncs(filter=LEFT, **query)
        assert sections(sync, room) == {"leave"}
        assert b"Among us" not in str(sync.body).encode()


def test_forgotten_rooms_are_told_to_nobody_but_devices_that_think_they_are_in(two: Two) -> None:
    alice, bob = two
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    phone = bob.logs_in()
    phone.syncs()
    bob.leaves(room)
    bob.syncs()
    bob.post(f"/v3/rooms/{room}/forget")

    assert sections(phone.syncs(), room) == {"leave"}
    assert sections(bob.syncs(since="", filter=LEFT), room) == set()
    bob.joins(room)
    assert sections(bob.syncs(), room) == {"join"}


def test_a_left_room_keeps_its_tags(two: Two) -> None:
    alice, bob = two
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.put(f"/v3/user/{bob.user_id}/rooms/{room}/tags/u.old", {})
    bob.leaves(room)

    entry = bob.syncs(since="", filter=LEFT).room(room, "leave")

    assert entry["account_data"]["events"] == [
        {"type": "m.tag", "content": {"tags": {"u.old": {}}}}
    ]


def test_filters_of_rooms_hold_for_every_section(two: Two) -> None:
    alice, bob = two
    room = alice.creates_room(invite=[bob.user_id])

    assert sections(bob.syncs(filter={"room": {"not_rooms": [room]}}), room) == set()
