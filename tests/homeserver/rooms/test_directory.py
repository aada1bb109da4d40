"""The published rooms."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import ensureDeferred

from tests.homeserver.rooms.test_aliases import REGISTRATION
from tests.homeserver.rooms.test_joining import refusal
from tests.people import Person, Server


def names(answer: dict[str, Any]) -> list[str]:
    return [room.get("name", "") for room in answer["chunk"]]


def searched(person: Person, term: str = "", **body: Any) -> list[str]:
    return names(person.post("/v3/publicRooms", {"filter": {"generic_search_term": term}, **body}))


def rooms_of_sizes(server: Server, *sizes: int) -> list[Person]:
    """Published rooms "1", "2", ... with so many members."""
    people = server.people(*(f"user{n}" for n in range(max(sizes))))
    for number, size in enumerate(sizes, 1):
        room = people[0].creates_room(visibility="public", name=str(number))
        for other in people[1:size]:
            other.joins(room)
    return people


def test_a_published_room_shows_what_it_is(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(
        visibility="public",
        room_alias_name="pub",
        name="The pub",
        topic="Beer",
        creation_content={"type": "m.space"},
        initial_state=[
            {"type": "m.room.avatar", "content": {"url": "mxc://test/a"}},
            {"type": "m.room.guest_access", "content": {"guest_access": "can_join"}},
            {
                "type": "m.room.history_visibility",
                "content": {"history_visibility": "world_readable"},
            },
        ],
    )
    alice.creates_room(name="Secret")

    assert server.anonymous.get("/v3/publicRooms") == {
        "chunk": [
            {
                "room_id": room,
                "num_joined_members": 1,
                "name": "The pub",
                "topic": "Beer",
                "canonical_alias": "#pub:test",
                "avatar_url": "mxc://test/a",
                "join_rule": "public",
                "room_type": "m.space",
                "world_readable": True,
                "guest_can_join": True,
            }
        ],
        "total_room_count_estimate": 1,
    }


def test_changes_show_at_once(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(visibility="public", name="Old")
    assert searched(alice) == ["Old"]
    bob.joins(room)
    name = alice.sets(room, "m.room.name", {"name": "New"})
    (entry,) = alice.get("/v3/publicRooms")["chunk"]
    assert (entry["name"], entry["num_joined_members"]) == ("New", 2)

    alice.redacts(room, name)
    assert searched(alice) == [""]


def test_a_room_is_published_and_withdrawn_by_those_who_name_it(server: Server) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    room = alice.creates_room(preset="public_chat", name="Pub")
    bob.joins(room)
    path = f"/v3/directory/list/room/{room}"

    assert server.anonymous.get(path) == {"visibility": "private"}
    for other in (bob, mallory):
        assert refusal(other, "PUT", path, {"visibility": "public"}) == (403, "M_FORBIDDEN")
    alice.put(path, {})
    alice.put(path, {"visibility": "public"})
    assert searched(alice) == ["Pub"]
    alice.put(path, {"visibility": "private"})
    assert searched(alice) == []
    assert refusal(alice, "PUT", path, {"visibility": "x"}) == (400, "M_INVALID_PARAM")


def test_unknown_rooms_are_not_found(server: Server) -> None:
    alice = server.person("alice")
    path = "/v3/directory/list/room/!no:test"
    assert refusal(alice, "GET", path) == (404, "M_NOT_FOUND")
    assert refusal(alice, "PUT", path) == (404, "M_NOT_FOUND")


def test_words_of_name_topic_and_alias_are_found(server: Server) -> None:
    alice = server.person("alice")
    alice.creates_room(visibility="public", name="Grüße", topic="Beer", room_alias_name="pub")
    alice.creates_room(visibility="public", name="Chess")

    assert (
        searched(alice, "GRÜSS") == searched(alice, "bee") == searched(alice, "#pub") == ["Grüße"]
    )
    assert searched(alice, "wine") == []


def test_rooms_are_filtered_by_type(server: Server) -> None:
    alice = server.person("alice")
    alice.creates_room(visibility="public", name="S", creation_content={"type": "m.space"})
    alice.creates_room(visibility="public", name="R")

    def typed(*types: str | None) -> list[str]:
        return names(alice.post("/v3/publicRooms", {"filter": {"room_types": types}}))

    assert typed("m.space") == ["S"]
    assert typed(None) == ["R"]
    assert sorted(typed(None, "m.space")) == ["R", "S"]
    assert typed() == []


def test_large_rooms_come_first_and_pages_go_both_ways(server: Server) -> None:
    alice, *_ = rooms_of_sizes(server, 2, 4, 3, 1, 5)
    first = alice.get("/v3/publicRooms", limit=2)
    second = alice.get("/v3/publicRooms", limit=2, since=first["next_batch"])
    third = alice.get("/v3/publicRooms", limit=2, since=second["next_batch"])
    back = alice.post("/v3/publicRooms", {"limit": 2, "since": third["prev_batch"]})

    pages = [names(answer) for answer in (first, second, third, back)]
    assert pages == [["5", "2"], ["3", "1"], ["4"], ["3", "1"]]
    assert "prev_batch" not in first
    assert "next_batch" not in third
    assert first["total_room_count_estimate"] == 5


def test_a_room_that_all_have_left_is_not_shown(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(visibility="public", name="Pub")
    alice.leaves(room)
    assert searched(alice) == []


def test_bad_questions_are_refused(server: Server) -> None:
    alice = server.person("alice")
    path = "/v3/publicRooms"
    for query in ("?limit=-1", "?limit=x", "?since=x", "?since=n1", "?since=n99999999999_x"):
        assert refusal(alice, "GET", path + query) == (400, "M_INVALID_PARAM")
    assert refusal(alice, "POST", path, {"limit": -1}) == (400, "M_INVALID_PARAM")
    assert refusal(alice, "POST", path, {"limit": "1"}) == (400, "M_BAD_JSON")
    assert refusal(alice, "POST", path, {"filter": {"room_types": [1]}}) == (400, "M_BAD_JSON")
    assert refusal(alice, "GET", path + "?server=far.example") == (404, "M_NOT_FOUND")
    assert refusal(alice, "POST", path + "?server=far.example") == (404, "M_NOT_FOUND")
    assert alice.get(path, server="test")["chunk"] == []


def test_application_services_have_directories_of_their_own(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    file = tmp_path / "bridge.yaml"
    file.write_text(REGISTRATION)
    server = start_server(appservice_config_files=(file,))
    ensureDeferred(server.app.accounts.start())
    alice, bridge = server.person("alice"), Person(server, "bridge", "the-as-token")
    room = alice.creates_room(preset="public_chat", name="Channel")
    path = f"/v3/directory/list/appservice/irc/{room}"

    assert refusal(alice, "PUT", path, {"visibility": "public"}) == (403, "M_FORBIDDEN")
    bridge.put(path, {"visibility": "public"})
    assert searched(alice) == []
    assert searched(alice, include_all_networks=True) == ["Channel"]
    assert searched(alice, third_party_instance_id="bridge|irc") == ["Channel"]
    bridge.put(path, {"visibility": "private"})
    assert searched(alice, include_all_networks=True) == []
