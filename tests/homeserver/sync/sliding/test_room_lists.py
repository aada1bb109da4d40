"""Which rooms are in a list, and in which order."""

from typing import Any

import pytest

from tests.homeserver.sync.sliding.clients import SlidingClient
from tests.people import Person, Server


@pytest.fixture(params=[False, True], ids=["older", "merged"])
def merged(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def listed(client: SlidingClient, **filters: Any) -> set[str]:
    """The rooms of a list with these filters, on a connection of its own."""
    other = SlidingClient(client.person, "listed", client.merged)
    answer = other.looks_at([0, 99], filters=filters).syncs()
    assert answer.count() == len(answer.rooms)
    return set(answer.rooms)


def encrypted(person: Person, **options: Any) -> str:
    room = person.creates_room(**options)
    person.sets(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    return room


def test_rooms_are_chosen_by_what_they_are(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    plain, secret = alice.creates_room(), encrypted(alice)
    space = alice.creates_room(creation_content={"type": "m.space"})
    invite = bob.creates_room()
    bob.invites(invite, alice)
    client = SlidingClient(alice, merged=merged)
    is_invited = "is_invited" if merged else "is_invite"

    assert listed(client) == {plain, secret, space, invite}
    assert listed(client, is_encrypted=True) == {secret}
    assert listed(client, is_encrypted=False) == {plain, space, invite}
    assert listed(client, room_types=["m.space"]) == {space}
    assert listed(client, room_types=[None]) == {plain, secret, invite}
    assert listed(client, not_room_types=["m.space"]) == {plain, secret, invite}
    assert listed(client, room_types=["m.space"], not_room_types=["m.space"]) == set()
    assert listed(client, **{is_invited: True}) == {invite}
    assert listed(client, **{is_invited: False}) == {plain, secret, space}


def test_rooms_are_chosen_by_how_they_are_marked(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    first, second = alice.creates_room(), alice.creates_room()
    user = f"/v3/user/{alice.user_id}"
    alice.put(f"{user}/account_data/m.direct", {"@bob:test": [first]})
    alice.put(f"{user}/rooms/{first}/tags/m.favourite", {})
    alice.put(f"{user}/rooms/{second}/tags/m.lowpriority", {})
    client = SlidingClient(alice, merged=merged)

    assert listed(client, is_dm=True) == {first}
    assert listed(client, is_dm=False) == {second}
    assert listed(client, tags=["m.favourite", "x"]) == {first}
    assert listed(client, not_tags=["m.favourite"]) == {second}
    assert listed(client, tags=["m.favourite"], not_tags=["m.favourite"]) == set()
    alice.delete(f"{user}/rooms/{first}/tags/m.favourite")
    assert listed(client, tags=["m.favourite"]) == set()


def test_rooms_are_chosen_by_their_space(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    inside, _ = alice.creates_room(), alice.creates_room()
    space = alice.creates_room(creation_content={"type": "m.space"})
    client = SlidingClient(alice, merged=merged)
    assert listed(client, spaces=[space]) == set()
    alice.sets(space, "m.space.child", {"via": ["test"]}, inside)
    assert listed(client, spaces=[space, "!unknown:test"]) == {inside}
    alice.sets(space, "m.space.child", {}, inside)

    assert listed(client, spaces=[space]) == set()


def test_rooms_are_chosen_by_name(server: Server) -> None:
    alice = server.person("alice")
    tea, _ = alice.creates_room(name="Tea time"), alice.creates_room(name="Coffee")

    assert listed(SlidingClient(alice), room_name_like="TEA") == {tea}


def test_a_room_that_becomes_encrypted_enters_the_list(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    client = SlidingClient(alice, merged=merged)
    client.looks_at([0, 9], filters={"is_encrypted": True})
    assert client.syncs().rooms == {}
    alice.sets(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})

    answer = client.syncs()

    assert answer.rooms[room]["initial"] is True
    assert answer.count() == 1


def test_a_room_that_is_left_makes_room_for_the_next_one(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    rooms = [alice.creates_room() for _ in range(3)]
    client = SlidingClient(alice, merged=merged).looks_at([0, 1])
    assert set(client.syncs().rooms) == set(rooms[1:])
    alice.leaves(rooms[2])

    answer = client.syncs()

    assert answer.rooms[rooms[2]]["membership"] == "leave"
    assert answer.rooms[rooms[0]]["initial"] is True


def test_a_message_moves_a_room_into_view(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    rooms = [alice.creates_room() for _ in range(4)]
    client = SlidingClient(alice, merged=merged).looks_at([0, 0])
    client.syncs()
    alice.sends(rooms[0], "up")

    answer = client.syncs()

    assert set(answer.rooms) == {rooms[0]}
    assert answer.rooms[rooms[0]]["num_live"] == 1
    alice.sends(rooms[3], "back")
    assert client.syncs().texts(rooms[3]) == ["back"]


def test_ignored_invites_are_in_no_list(server: Server, merged: bool) -> None:
    alice, mallory = server.people("alice", "mallory")
    room = mallory.creates_room()
    mallory.invites(room, alice)
    client = SlidingClient(alice, merged=merged).looks_at([0, 9])
    assert client.syncs().count() == 1
    path = f"/v3/user/{alice.user_id}/account_data/m.ignored_user_list"
    alice.put(path, {"ignored_users": {mallory.user_id: {}}})

    assert client.syncs().count() == 0


def test_several_ranges_and_lists_come_together(server: Server) -> None:
    alice = server.person("alice")
    rooms = [alice.creates_room() for _ in range(6)][::-1]
    client = SlidingClient(alice).looks_at([0, 1], [4, 4]).looks_at([5, 5], name="other")

    assert set(client.syncs().rooms) == {rooms[0], rooms[1], rooms[4], rooms[5]}


def test_kinds_of_rooms_are_known_after_a_restart(start_server: Any, merged: bool) -> None:
    alice = start_server().person("alice")
    secret = encrypted(alice)
    space = alice.creates_room(creation_content={"type": "m.space"})
    alice.server = start_server()
    client = SlidingClient(alice, merged=merged)

    assert listed(client, is_encrypted=True) == {secret}
    assert listed(client, room_types=["m.space"]) == {space}
