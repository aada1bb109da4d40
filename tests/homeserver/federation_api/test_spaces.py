"""Spaces whose rooms are on several servers."""

import pytest

from homeserver.rooms.elsewhere.spaces import KEPT_MS
from tests.linked_servers import LinkedServer, Network
from tests.people import Person, Refused

Pair = list[LinkedServer]


def space(person: Person, *children: str, **options: object) -> str:
    room = person.creates_room(creation_content={"type": "m.space"}, **options)
    for child in children:
        person.sets(room, "m.space.child", {"via": ["a", "b"]}, child)
        person.server.clock.advance(1)
    return room


def walk(person: Person, root: str, **query: object) -> list[str]:
    found: list[str] = []
    while True:
        page = person.get(f"/v1/rooms/{root}/hierarchy", **query)
        found += [room["room_id"] for room in page["rooms"]]
        if "next_batch" not in page:
            return found
        query["from"] = page["next_batch"]


def test_a_walk_goes_on_where_other_servers_know_more(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    here = bob.creates_room()
    deep = alice.creates_room(preset="public_chat", name="Deep")
    there = alice.creates_room(preset="public_chat", name="There", topic="Tea")
    hidden = alice.creates_room()
    far = space(alice, deep, hidden, preset="public_chat")
    root = space(bob, here, far, there, hidden)

    assert walk(bob, root) == walk(bob, root, limit=1) == [root, here, far, deep, there]
    shown = bob.get(f"/v1/rooms/{root}/hierarchy")["rooms"]
    assert [room.get("name") for room in shown[3:]] == ["Deep", "There"]
    assert shown[4]["topic"] == "Tea" and shown[4]["children_state"] == []
    assert [link["state_key"] for link in shown[2]["children_state"]] == [deep, hidden]
    assert walk(bob, far) == [far, deep]
    assert walk(bob, root, max_depth=1) == [root, here, far, there]


def test_what_other_servers_told_is_remembered_for_a_while(pair: Pair, network: Network) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    there = alice.creates_room(preset="public_chat")
    root = space(bob, there)
    walk(bob, root)
    with network.cut("a", "b"):
        assert walk(bob, root) == [root, there]
        b.clock.advance(KEPT_MS / 1000 + 1)
        assert walk(bob, root) == [root]


def test_members_of_a_room_elsewhere_find_what_it_opens(pair: Pair) -> None:
    a, b = pair
    alice, bob, mallory = a.person("alice"), b.person("bob"), b.person("mallory")
    key = alice.creates_room(preset="public_chat")
    bob.post(f"/v3/join/{key}", server_name="a")
    rules = {
        "join_rule": "restricted",
        "allow": [{"type": "m.room_membership", "room_id": key}],
    }
    inside = alice.creates_room(initial_state=[{"type": "m.room.join_rules", "content": rules}])
    root = space(bob, inside, preset="public_chat")
    mallory.joins(root)

    assert walk(bob, root) == [root, inside]
    assert walk(mallory, root) == [root]


def test_summaries_come_from_other_servers(pair: Pair) -> None:
    a, b = pair
    alice, bob = a.person("alice"), b.person("bob")
    room = alice.creates_room(preset="public_chat", room_alias_name="tea", name="Tea")
    private = alice.creates_room()

    for path in (f"{room}?via=a", "%23tea:a"):
        found = bob.get(f"/v1/room_summary/{path}")
        assert (found["name"], found["membership"]) == ("Tea", "leave")
    for path, person in ((f"{private}?via=a", bob), (f"{room}?via=a", b.anonymous)):
        with pytest.raises(Refused) as refused:
            person.get(f"/v1/room_summary/{path}")
        assert (refused.value.status, refused.value.errcode) == (404, "M_NOT_FOUND")
