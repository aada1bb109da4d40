"""Walks through spaces."""

from typing import Any

import pytest

from tests.people import Person, Refused, Server


def space(person: Person, **options: Any) -> str:
    return person.creates_room(creation_content={"type": "m.space"}, **options)


def links(person: Person, parent: str, child: str, **content: Any) -> str:
    return person.sets(parent, "m.space.child", {"via": ["test"], **content}, child)


def walk(person: Person, root: str, **query: Any) -> list[str]:
    """All room ids, page by page."""
    found: list[str] = []
    while True:
        page = person.get(f"/v1/rooms/{root}/hierarchy", **query)
        found += [room["room_id"] for room in page["rooms"]]
        if "next_batch" not in page:
            return found
        query["from"] = page["next_batch"]


def test_each_room_comes_before_its_children_and_children_in_their_order(server: Server) -> None:
    alice = server.person("alice")
    root, inner = space(alice), space(alice)
    a, b, c, d = (alice.creates_room() for _ in range(4))
    links(alice, root, a)
    server.clock.advance(1)
    links(alice, root, b, order="\u00e9 is no valid order")
    links(alice, root, inner, order="b")
    links(alice, root, c, order="a")
    links(alice, inner, d)

    assert walk(alice, root) == [root, c, inner, d, a, b]
    assert walk(alice, root, limit=1) == walk(alice, root, limit=4) == [root, c, inner, d, a, b]
    assert walk(alice, root, max_depth=1) == [root, c, inner, a, b]
    assert walk(alice, root, max_depth=0) == [root]
    old = alice.get(f"/unstable/org.matrix.msc2946/rooms/{root}/hierarchy")
    assert len(old["rooms"]) == 6


def test_a_room_is_shown_with_what_it_is_and_its_links_as_stripped_state(server: Server) -> None:
    alice = server.person("alice")
    root = space(alice, name="Pubs", topic="Beer", preset="public_chat")
    child = alice.creates_room(
        initial_state=[
            {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
        ]
    )
    links(alice, root, child, suggested=True)

    first, second = alice.get(f"/v1/rooms/{root}/hierarchy")["rooms"]
    assert (first["name"], first["topic"], first["room_type"]) == ("Pubs", "Beer", "m.space")
    assert (first["join_rule"], first["num_joined_members"]) == ("public", 1)
    (link,) = first["children_state"]
    assert set(link) == {"type", "state_key", "content", "sender", "origin_server_ts"}
    assert (link["state_key"], link["content"]["suggested"]) == (child, True)
    assert second["children_state"] == []
    assert second["encryption"] == "m.megolm.v1.aes-sha2"
    assert first["room_version"] == second["room_version"]


def test_only_suggested_rooms_where_that_is_wished(server: Server) -> None:
    alice = server.person("alice")
    root, good, other = space(alice), alice.creates_room(), alice.creates_room()
    links(alice, root, good, suggested=True)
    links(alice, root, other, suggested="yes")

    assert walk(alice, root, suggested_only=True) == [root, good]
    (first, _) = alice.get(f"/v1/rooms/{root}/hierarchy", suggested_only=True)["rooms"]
    assert [link["state_key"] for link in first["children_state"]] == [good]


def test_links_that_are_taken_back_or_broken_lead_nowhere(server: Server) -> None:
    alice = server.person("alice")
    root, gone, redacted = space(alice), alice.creates_room(), alice.creates_room()
    links(alice, root, gone)
    alice.sets(root, "m.space.child", {}, gone)
    alice.redacts(root, links(alice, root, redacted))
    links(alice, root, "no room id")
    links(alice, root, alice.creates_room(), via="test")
    links(alice, root, "!elsewhere:other.example")

    assert walk(alice, root) == [root]


def test_loops_end_and_shared_branches_come_once(server: Server) -> None:
    alice = server.person("alice")
    root, left, right, leaf = space(alice), space(alice), space(alice), alice.creates_room()
    for parent, child in [(root, left), (root, right), (left, leaf), (right, leaf), (left, root)]:
        links(alice, parent, child)
    links(alice, right, right)

    assert sorted(walk(alice, root)) == sorted([root, left, right, leaf])
    assert sorted(walk(alice, root, limit=1)) == sorted([root, left, right, leaf])


def test_children_of_a_room_that_is_no_space_are_not_looked_at(server: Server) -> None:
    alice = server.person("alice")
    room, child = alice.creates_room(), alice.creates_room()
    links(alice, room, child)

    assert walk(alice, room) == [room]


def test_rooms_that_somebody_may_not_know_of_are_left_out(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    root = space(alice, preset="public_chat")
    bob.joins(root)

    def child(rule: str, **more: Any) -> str:
        content = {"join_rule": rule, **more}
        state = {"type": "m.room.join_rules", "content": content}
        room = alice.creates_room(initial_state=[state])
        links(alice, root, room)
        return room

    rules = {rule: child(rule) for rule in ("public", "invite", "knock", "private")}
    inside = child("restricted", allow=[{"type": "m.room_membership", "room_id": root}])
    outside = child("restricted", allow=[{"type": "m.room_membership", "room_id": "!x:test"}])
    invited, banned, readable = child("invite"), child("public"), child("invite")
    alice.invites(invited, bob)
    alice.post(f"/v3/rooms/{banned}/ban", {"user_id": bob.user_id})
    visibility = {"history_visibility": "world_readable"}
    alice.sets(readable, "m.room.history_visibility", visibility)

    seen = {root, rules["public"], rules["knock"], inside, invited, readable}
    assert set(walk(bob, root)) == seen
    everything = {*seen, *rules.values(), outside, banned}
    assert set(walk(alice, root)) == everything


def test_strangers_do_not_learn_of_a_private_space(server: Server) -> None:
    alice, mallory = server.people("alice", "mallory")
    for room in (space(alice), "!nowhere:test"):
        with pytest.raises(Refused) as refused:
            walk(mallory, room)
        assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")


def test_tokens_hold_for_the_walk_that_gave_them_out(server: Server) -> None:
    alice = server.person("alice")
    root, child = space(alice), alice.creates_room()
    links(alice, root, child)
    path = f"/v1/rooms/{root}/hierarchy"
    token = alice.get(path, limit=1)["next_batch"]
    for query in (
        {"from": token, "max_depth": 1},
        {"from": token, "suggested_only": True},
        {"from": "nonsense"},
        {"from": "10_0_!elsewhere:test"},
        {"limit": 0},
        {"max_depth": -1},
    ):
        with pytest.raises(Refused) as refused:
            alice.get(path, **query)
        assert (refused.value.status, refused.value.errcode) == (400, "M_INVALID_PARAM"), query
