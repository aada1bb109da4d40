"""Rooms and people of the other server are found."""

from urllib.parse import quote

import pytest

from tests.federation.people import Person, until
from tests.people import Refused
from tests.verbs import JsonObject


@pytest.fixture
def version() -> str:
    """None of this depends on the version of the room."""
    return "12"


def test_public_rooms_of_another_server_are_listed(alice: Person, bob: Person) -> None:
    name = f"Harbour {alice.name}"
    room = alice.creates_room(
        preset="public_chat",
        visibility="public",
        name=name,
        topic="Boats",
        room_alias_name=alice.name,
    )

    (entry,) = until(lambda: searches(bob, alice.home.name, name)["chunk"])

    assert entry["room_id"] == room
    assert entry["canonical_alias"] == f"#{alice.name}:{alice.home.name}"
    assert (entry["name"], entry["topic"], entry["num_joined_members"]) == (name, "Boats", 1)
    assert (entry["world_readable"], entry["guest_can_join"]) == (False, False)
    assert entry["join_rule"] == "public"


def test_spaces_are_listed_alone(alice: Person, bob: Person) -> None:
    name = f"Archipelago {alice.name}"
    space = alice.creates_space(visibility="public", name=name)
    alice.creates_room(preset="public_chat", visibility="public", name=name)
    wish = {"filter": {"generic_search_term": name, "room_types": ["m.space"]}}
    until(lambda: len(searches(bob, alice.home.name, name)["chunk"]) == 2)

    found = bob.post("/v3/publicRooms", wish, server=alice.home.name)["chunk"]

    assert [(entry["room_id"], entry["room_type"]) for entry in found] == [(space, "m.space")]


def test_a_room_is_looked_at_before_it_is_joined(alice: Person, bob: Person) -> None:
    room = alice.creates_room(preset="public_chat", name="Shop window", topic="Look")

    path = f"/v1/room_summary/{quote(room)}"
    found = bob.get(path, via=alice.home.name)

    assert (found["name"], found["topic"], found["num_joined_members"]) == (
        "Shop window",
        "Look",
        1,
    )
    assert found["join_rule"] == "public"
    assert found.get("membership", "leave") == "leave"


def test_private_rooms_of_another_server_are_not_listed(alice: Person, bob: Person) -> None:
    alice.creates_room(preset="private_chat", name=f"Vault {alice.name}")

    answer = bob.post("/v3/publicRooms", search(f"Vault {alice.name}"), server=alice.home.name)

    assert answer["chunk"] == []


def test_the_list_comes_in_pages(alice: Person, bob: Person) -> None:
    names = [f"Page {alice.name} {number}" for number in range(3)]
    for name in names:
        alice.creates_room(preset="public_chat", visibility="public", name=name)
    wish = {**search(f"Page {alice.name}"), "limit": 2}
    until(
        lambda: bob.post("/v3/publicRooms", {**wish, "limit": 9}, server=alice.home.name)["chunk"][
            2:
        ]
    )

    first = bob.post("/v3/publicRooms", wish, server=alice.home.name)
    wish["since"] = first["next_batch"]
    second = bob.post("/v3/publicRooms", wish, server=alice.home.name)

    found = [entry["name"] for entry in [*first["chunk"], *second["chunk"]]]
    assert sorted(found) == names
    assert len(first["chunk"]) == 2


def test_an_alias_of_another_server_is_looked_up(alice: Person, bob: Person) -> None:
    room = alice.creates_room(preset="public_chat", room_alias_name=alice.name)

    found = bob.get(f"/v3/directory/room/{quote(f'#{alice.name}:{alice.home.name}')}")

    assert found["room_id"] == room
    assert alice.home.name in found["servers"]


def test_a_space_shows_rooms_that_only_the_other_server_knows(alice: Person, bob: Person) -> None:
    space, child, inner = rooms_of_a_space(alice)
    bob.joins(space, alice.home.name)
    alice.sees_member(space, bob, "join")

    tree = bob.get(f"/v1/rooms/{quote(space)}/hierarchy")["rooms"]

    assert [entry["room_id"] for entry in tree] == [space, child, inner]
    assert tree[1]["name"] == "Child"
    assert tree[1]["num_joined_members"] == 1
    assert tree[2].get("room_type") == "m.space"


def test_private_rooms_of_a_space_stay_hidden(alice: Person, bob: Person) -> None:
    space, child, inner = rooms_of_a_space(alice)
    secret = alice.creates_room(preset="private_chat", name="Secret")
    alice.sets(space, "m.space.child", {"via": [alice.home.name]}, secret)
    bob.joins(space, alice.home.name)
    alice.sees_member(space, bob, "join")
    bob.sees_content(space, "m.space.child", secret, via=[alice.home.name])

    tree = bob.get(f"/v1/rooms/{quote(space)}/hierarchy")["rooms"]

    assert {entry["room_id"] for entry in tree} == {space, child, inner}


def test_profiles_of_another_server_are_looked_up(alice: Person, bob: Person) -> None:
    path = f"/v3/profile/{quote(alice.user_id)}"
    alice.put(f"{path}/displayname", {"displayname": "Captain"})
    alice.put(f"{path}/avatar_url", {"avatar_url": f"mxc://{alice.home.name}/face"})

    profile = bob.get(path)

    assert profile["displayname"] == "Captain"
    assert profile["avatar_url"] == f"mxc://{alice.home.name}/face"
    assert bob.get(f"{path}/displayname") == {"displayname": "Captain"}


def test_nobody_has_no_profile(alice: Person, bob: Person) -> None:
    with pytest.raises(Refused) as refused:
        bob.get(f"/v3/profile/{quote(f'@nobody:{alice.home.name}')}")

    assert refused.value.status == 404


def test_people_in_shared_public_rooms_are_in_the_user_directory(
    alice: Person, bob: Person, room: str
) -> None:
    assert until(lambda: is_listed(alice, bob))


def rooms_of_a_space(alice: Person) -> tuple[str, str, str]:
    """A space, a room and a space within; the rooms are open to everybody."""
    space = alice.creates_space(name="Space")
    child = alice.creates_room(preset="public_chat", name="Child")
    inner = alice.creates_space(name="Inner")
    for number, room in enumerate((child, inner)):
        link = {"via": [alice.home.name], "order": str(number)}
        alice.sets(space, "m.space.child", link, room)
    return space, child, inner


def search(term: str) -> JsonObject:
    return {"filter": {"generic_search_term": term}}


def searches(person: Person, server: str, term: str) -> JsonObject:
    return person.post("/v3/publicRooms", search(term), server=server)


def is_listed(one: Person, other: Person) -> bool:
    answer = one.post("/v3/user_directory/search", {"search_term": other.name})
    return other.user_id in [entry["user_id"] for entry in answer["results"]]
