"""What other servers tell of spaces is taken with care."""

from typing import Any

import pytest

from homeserver.rooms.elsewhere.spaces import MAX_CHILDREN, rooms_in

ROOT, CHILD = "!root:b", "!child:b"


def link(state_key: Any = CHILD, **changes: Any) -> dict[str, Any]:
    return {
        "type": "m.space.child",
        "state_key": state_key,
        "sender": "@bob:b",
        "content": {"via": ["b"]},
        "origin_server_ts": 1,
        **changes,
    }


def answer(*children: Any, **room: Any) -> dict[str, Any]:
    root = {"room_id": ROOT, "room_type": "m.space", "children_state": [link()], **room}
    return {"room": root, "children": list(children), "inaccessible_children": []}


def test_a_room_and_its_linked_children_are_taken() -> None:
    found = rooms_in(answer({"room_id": CHILD, "name": "Child"}, {"room_id": "!other:b"}), ROOT)
    assert set(found) == {ROOT, CHILD}
    assert found[CHILD].summary["name"] == "Child"
    assert found[ROOT].links == [link()]


def test_spaces_among_the_children_must_be_asked_for_themselves() -> None:
    child = {"room_id": CHILD, "room_type": "m.space"}
    assert set(rooms_in(answer(child), ROOT)) == {ROOT}


@pytest.mark.parametrize(
    "told",
    [{}, {"room": None}, {"room": []}, {"room": {"room_id": 5}}, answer(room_id="!another:b")],
)
def test_an_answer_about_something_else_tells_nothing(told: dict[str, Any]) -> None:
    assert rooms_in(told, ROOT) == {}


def test_members_of_wrong_types_are_left_out() -> None:
    wrong = {
        "name": 5,
        "num_joined_members": True,
        "world_readable": "yes",
        "allowed_room_ids": ["!x:b", 5, "nonsense"],
        "unheard_of": "x",
    }
    shown = rooms_in(answer(None, 5, {"room_id": "x"}, **wrong), ROOT)[ROOT].shown()
    assert shown == {
        "room_id": ROOT,
        "room_type": "m.space",
        "num_joined_members": 0,
        "world_readable": False,
        "guest_can_join": False,
        "allowed_room_ids": ["!x:b"],
        "children_state": [link()],
    }


def test_broken_links_are_left_out_and_whole_ones_stripped_and_counted() -> None:
    broken = [
        None,
        link(5),
        link("nonsense"),
        link(type="m.space.parent"),
        link(content=[]),
        link(content={"via": "b"}),
        link(origin_server_ts="now"),
        link(origin_server_ts=True),
    ]
    found = rooms_in(answer(children_state=[*broken, link(event_id="$x")]), ROOT)
    assert found[ROOT].links == [link()]
    many = [link(f"!child{n}:b") for n in range(MAX_CHILDREN + 5)]
    assert len(rooms_in(answer(children_state=many), ROOT)[ROOT].links) == MAX_CHILDREN


def test_only_suggested_rooms_count_where_that_is_wished() -> None:
    suggested = link("!good:b", content={"via": ["b"], "suggested": True})
    found = rooms_in(answer(children_state=[link(), suggested]), ROOT, suggested_only=True)
    assert found[ROOT].links == [suggested]
