"""Sliding sync as a client meets it: lists, positions, waiting."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.homeserver.sync.sliding.clients import SlidingClient
from tests.people import Person, Refused, Server


def rooms_of(person: Person, number: int) -> list[str]:
    """Rooms with a message each; the last one was active last."""
    rooms = [person.creates_room(name=f"room {n}") for n in range(number)]
    for n, room in enumerate(rooms):
        person.sends(room, f"hello {n}")
    return rooms


@pytest.fixture(params=[False, True], ids=["older", "merged"])
def merged(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def count_of(server: Server, work: Callable[[Any], int]) -> int:
    counted: list[int] = []
    server.app.database.read(work).addCallback(counted.append)
    return counted[0]


def test_the_first_screen_holds_the_rooms_that_were_active_last(
    server: Server, merged: bool
) -> None:
    alice = server.person("alice")
    rooms = rooms_of(alice, 5)
    client = SlidingClient(alice, merged=merged).looks_at([0, 1])

    answer = client.syncs()

    assert set(answer.rooms) == {rooms[4], rooms[3]}
    assert answer.count() == 5
    entry = answer.rooms[rooms[4]]
    assert entry["initial"] is True
    assert entry["name"] == "room 4"
    assert entry["joined_count"] == 1
    assert answer.texts(rooms[4]) == ["hello 4"]


def test_a_growing_range_brings_only_what_is_new_to_the_client(
    server: Server, merged: bool
) -> None:
    alice = server.person("alice")
    rooms = rooms_of(alice, 5)
    client = SlidingClient(alice, merged=merged).looks_at([0, 1])
    client.syncs()

    assert set(client.looks_at([0, 3]).syncs().rooms) == {rooms[2], rooms[1]}
    assert set(client.looks_at([0, 99]).syncs().rooms) == {rooms[0]}
    assert client.syncs().rooms == {}


def test_news_wakes_who_waits(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    client = SlidingClient(bob, merged=merged).looks_at([0, 9])
    client.syncs()
    waiting = client.starts()
    assert not waiting.is_answered

    alice.sends(room, "wake up")

    answer = client.takes(waiting)
    assert answer.texts(room) == ["wake up"]
    assert "initial" not in answer.rooms[room]
    assert answer.rooms[room]["num_live"] == 1


def test_without_news_the_answer_comes_when_the_time_is_over(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    rooms_of(alice, 1)
    client = SlidingClient(alice, merged=merged).looks_at([0, 9])
    client.syncs()
    waiting = client.starts(timeout=10_000)

    server.clock.advance(9)
    assert not waiting.is_answered
    server.clock.advance(2)

    assert client.takes(waiting).rooms == {}


def test_a_repeated_request_is_answered_again(server: Server, merged: bool) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    client = SlidingClient(bob, merged=merged).looks_at([0, 9])
    first = client.syncs().body["pos"]
    alice.sends(room, "one")
    lost = client.syncs(pos=first)
    alice.sends(room, "two")

    again = client.syncs(pos=first)

    assert lost.texts(room) == ["one"]
    assert again.texts(room) == ["one", "two"]


def test_a_room_whose_first_answer_was_lost_is_sent_as_new_again(
    server: Server, merged: bool
) -> None:
    alice = server.person("alice")
    rooms = rooms_of(alice, 3)
    client = SlidingClient(alice, merged=merged).looks_at([0, 0])
    before = client.syncs().body["pos"]
    client.looks_at([0, 9])
    lost = client.syncs(pos=before)
    assert set(lost.rooms) == set(rooms[:2])

    again = client.syncs(pos=before)

    assert all(again.rooms[room]["initial"] for room in rooms[:2])
    assert set(again.rooms) == set(rooms[:2])


def test_a_position_outlives_a_restart(start_server: Callable[..., Server], merged: bool) -> None:
    server = start_server()
    alice, bob = server.people("alice", "bob")
    room, quiet = alice.creates_room(preset="public_chat"), alice.creates_room()
    bob.joins(room)
    client = SlidingClient(alice, merged=merged).looks_at([0, 9])
    client.syncs()
    bob.sends(room, "before")

    server = start_server()
    alice.server = bob.server = server
    bob.sends(room, "after", txn="later")
    answer = client.syncs()

    assert answer.texts(room) == ["before", "after"]
    assert "initial" not in answer.rooms[room]
    assert quiet not in answer.rooms


@pytest.mark.parametrize(
    "pos", ["s1_1", "s99999999_5", "nonsense", "s5", "s5_", "s-5_7", "s5_7_9", "s\u0661_7"]
)
def test_an_unknown_position_is_refused(server: Server, merged: bool, pos: str) -> None:
    alice = server.person("alice")
    client = SlidingClient(alice, merged=merged).looks_at([0, 9])
    client.syncs()

    with pytest.raises(Refused) as refused:
        client.syncs(pos=pos)

    assert refused.value.errcode == "M_UNKNOWN_POS"
    assert refused.value.status == 400


def test_a_position_is_of_use_only_to_its_connection(server: Server) -> None:
    alice, mallory = server.people("alice", "mallory")
    client = SlidingClient(alice).looks_at([0, 9])
    pos = client.syncs().body["pos"]
    other_device = alice.logs_in()

    for stranger in (
        SlidingClient(mallory),
        SlidingClient(alice, "another"),
        SlidingClient(other_device),
    ):
        with pytest.raises(Refused, match="M_UNKNOWN_POS"):
            stranger.syncs(pos=pos)


def test_a_position_from_long_ago_is_refused(server: Server) -> None:
    alice = server.person("alice")
    rooms_of(alice, 3)
    client = SlidingClient(alice).looks_at([0, 0])
    old = client.syncs().body["pos"]
    client.looks_at([0, 1]).syncs()
    client.looks_at([0, 2]).syncs()

    with pytest.raises(Refused, match="M_UNKNOWN_POS"):
        client.syncs(pos=old)


def test_who_begins_anew_gets_everything_anew(server: Server) -> None:
    alice = server.person("alice")
    (room,) = rooms_of(alice, 1)
    client = SlidingClient(alice).looks_at([0, 9])
    old = client.syncs().body["pos"]

    again = client.syncs(pos="")

    assert again.rooms[room]["initial"] is True
    with pytest.raises(Refused, match="M_UNKNOWN_POS"):
        client.syncs(pos=old)


def test_connections_know_nothing_of_each_other(server: Server) -> None:
    alice = server.person("alice")
    (room,) = rooms_of(alice, 1)
    one = SlidingClient(alice, "one").looks_at([0, 9])
    two = SlidingClient(alice, "two").looks_at([0, 9])
    one.syncs()

    assert two.syncs().rooms[room]["initial"] is True
    assert one.syncs().rooms == {}


def test_a_position_also_reads_history(server: Server, merged: bool) -> None:
    alice = server.person("alice")
    (room,) = rooms_of(alice, 1)
    client = SlidingClient(alice, merged=merged).looks_at([0, 9])
    pos = client.syncs().body["pos"]

    page = alice.get(f"/v3/rooms/{room}/messages", dir="b", **{"from": pos})

    assert page["chunk"][0]["content"]["body"] == "hello 0"


def test_many_versions_become_few_rows(server: Server) -> None:
    alice = server.person("alice")
    rooms = rooms_of(alice, 40)
    client = SlidingClient(alice).looks_at([0, 0])
    client.syncs()
    for last in range(1, 40):
        assert len(client.looks_at([0, last]).syncs().rooms) == 1

    def rows(txn: Any) -> int:
        return int(txn.one("SELECT COUNT(*) FROM sliding_versions")[0])

    assert count_of(server, rows) <= 25
    server.app.database.memory.others["sliding_connections"].drop(
        (f"{alice.user_id} {alice.device_id}", "main"), server.app.database.memory.commits + 1
    )
    alice.sends(rooms[0], "again")
    assert set(client.syncs().rooms) == {rooms[0]}


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"lists": {str(n): {} for n in range(101)}}, "M_INVALID_PARAM"),
        ({"lists": {"a": {"ranges": [[5, 1]]}}}, "M_INVALID_PARAM"),
        ({"lists": {"a": {"ranges": [[-1, 1]]}}}, "M_INVALID_PARAM"),
        ({"lists": {"a": {"ranges": [[0, 10**18]]}}}, "M_INVALID_PARAM"),
        ({"lists": {"a": {"ranges": [[0, 1]] * 100}}}, "M_INVALID_PARAM"),
        ({"lists": {"a": {"ranges": [["a", 1]]}}}, "M_BAD_JSON"),
        ({"lists": {"a": {"ranges": [[0]]}}}, "M_BAD_JSON"),
        ({"lists": {"a": {"timeline_limit": -1}}}, "M_INVALID_PARAM"),
        ({"lists": {"a": {"timeline_limit": "x"}}}, "M_BAD_JSON"),
        ({"lists": {"a": {"required_state": [["m.room.name"]]}}}, "M_BAD_JSON"),
        ({"lists": {"a": {"required_state": [["a", "b"]] * 501}}}, "M_INVALID_PARAM"),
        ({"lists": {"a": {"filters": {"tags": [1]}}}}, "M_BAD_JSON"),
        ({"lists": []}, "M_BAD_JSON"),
        ({"room_subscriptions": {f"!{n}:test": {} for n in range(101)}}, "M_INVALID_PARAM"),
        ({"conn_id": "x" * 300}, "M_INVALID_PARAM"),
        ({"extensions": {"to_device": {"enabled": True, "since": "x"}}}, "M_INVALID_PARAM"),
        ({"extensions": {"to_device": {"enabled": True, "limit": 0}}}, "M_INVALID_PARAM"),
    ],
)
def test_what_is_absurd_is_refused(server: Server, change: dict[str, Any], errcode: str) -> None:
    alice = server.person("alice")

    with pytest.raises(Refused) as refused:
        alice.post("/unstable/org.matrix.simplified_msc3575/sync", change)

    assert refused.value.errcode == errcode


def test_a_huge_limit_is_lowered(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    for n in range(120):
        alice.sends(room, str(n))
    client = SlidingClient(alice).looks_at([0, 2**53 - 1], timeline_limit=10**9)

    assert len(client.syncs().rooms[room]["timeline"]) == 100


def test_an_unknown_extension_is_passed_over(server: Server) -> None:
    alice = server.person("alice")
    client = SlidingClient(alice).enables("org.example.unheard_of")

    assert client.syncs().body["extensions"] == {}


def test_a_device_that_logs_out_leaves_no_connection(server: Server) -> None:
    alice = server.person("alice")
    other = alice.logs_in()
    SlidingClient(other).syncs()

    other.post("/v3/logout")

    def rows(txn: Any) -> int:
        return int(txn.one("SELECT COUNT(*) FROM sliding_connections")[0])

    assert count_of(server, rows) == 0


def test_only_connections_that_nobody_uses_are_forgotten(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    used, unused = SlidingClient(alice, "used").enables("e2ee"), SlidingClient(alice, "unused")
    used.syncs()
    unused.syncs()
    for _ in range(2):
        server.clock.advance(20 * 86_400)
        used.syncs()
    SlidingClient(bob).syncs()

    used.syncs()
    with pytest.raises(Refused, match="M_UNKNOWN_POS"):
        unused.syncs()


def test_a_device_has_a_limited_number_of_connections(server: Server) -> None:
    alice = server.person("alice")
    first = SlidingClient(alice, "first").looks_at([0, 9])
    first.syncs()
    for n in range(16):
        SlidingClient(alice, f"c{n}").syncs()

    with pytest.raises(Refused, match="M_UNKNOWN_POS"):
        first.syncs()
