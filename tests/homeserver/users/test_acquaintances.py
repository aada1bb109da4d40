"""Searches find people of other servers."""

from urllib.parse import quote

import pytest

from tests.conftest import Link
from tests.linked_servers import LinkedServer
from tests.people import Person

Pair = list[LinkedServer]


def found(person: Person, term: str) -> list[dict[str, str]]:
    answer = person.post("/v3/user_directory/search", {"search_term": term})
    return list(answer["results"])


@pytest.mark.parametrize("link", ["sqlite", "postgresql"], indirect=True)
def test_who_comes_from_another_server_is_found(link: Link) -> None:
    a, b = link("a", "b")
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    assert found(alice, "bob") == []

    bob.joins(room, "a")

    assert found(alice, "bob") == [{"user_id": "@bob:b", "display_name": "bob"}]


def test_who_enters_a_room_of_others_finds_who_is_there(pair: Pair) -> None:
    a, b = pair
    alice, anna, bob = *a.people("alice", "anna"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    anna.joins(room)

    bob.joins(room, "a")

    assert {one["user_id"] for one in found(bob, "a")} == {"@alice:a", "@anna:a"}


def test_a_new_name_is_found_too(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room, "a")

    alice.put(f"/v3/profile/{quote(alice.user_id)}/displayname", {"displayname": "Zora"})

    assert [one["user_id"] for one in found(bob, "zor")] == ["@alice:a"]


def test_strangers_in_private_rooms_are_not_found(pair: Pair) -> None:
    a, b = pair
    alice, carol, bob = *a.people("alice", "carol"), b.person("bob")
    room = alice.creates_room(preset="private_chat", invite=["@bob:b"])
    bob.joins(room)

    assert found(carol, "bob") == []
