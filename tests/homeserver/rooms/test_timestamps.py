import pytest

from tests.people import Person, Refused, Server

Talk = tuple[Server, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice = server.person("alice")
    return server, alice, alice.creates_room(preset="public_chat")


def closest(person: Person, room: str, ts: int, direction: str, prefix: str = "/v1") -> str:
    path = f"{prefix}/rooms/{room}/timestamp_to_event"
    return str(person.get(path, ts=ts, dir=direction)["event_id"])


def test_the_closest_event_is_found_in_either_direction(talk: Talk) -> None:
    server, alice, room = talk
    sent = []
    for text in "abc":
        server.clock.advance(10)
        sent.append((server.clock.now_ms(), alice.sends(room, text)))
    (_, first), (middle, second), (_, third) = sent

    assert closest(alice, room, middle, "b") == closest(alice, room, middle, "f") == second
    assert closest(alice, room, middle - 1, "b") == first
    assert closest(alice, room, middle + 1, "f") == third
    assert closest(alice, room, middle, "f", "/unstable/org.matrix.msc3030") == second


def test_beyond_the_ends_there_is_nothing(talk: Talk) -> None:
    server, alice, room = talk

    for ts, direction in ((0, "b"), (server.clock.now_ms() + 1, "f")):
        with pytest.raises(Refused) as refused:
            closest(alice, room, ts, direction)
        assert (refused.value.status, refused.value.errcode) == (404, "M_NOT_FOUND")


def test_what_one_may_not_see_is_passed_over(talk: Talk) -> None:
    server, alice, room = talk
    bob = server.person("bob")
    bob.joins(room)
    bob.leaves(room)
    server.clock.advance(10)
    for n in range(60):
        alice.sends(room, str(n))
    left = alice.state(room, "m.room.member", bob.user_id)
    assert left["membership"] == "leave"

    found = closest(bob, room, server.clock.now_ms(), "b")

    assert bob.get(f"/v3/rooms/{room}/event/{found}")["state_key"] == bob.user_id


@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ({"dir": "b"}, "M_MISSING_PARAM"),
        ({"ts": "1"}, "M_MISSING_PARAM"),
        ({"ts": "now", "dir": "b"}, "M_INVALID_PARAM"),
    ],
)
def test_wrong_queries_are_refused(talk: Talk, query: dict[str, str], errcode: str) -> None:
    _, alice, room = talk

    with pytest.raises(Refused) as refused:
        alice.get(f"/v1/rooms/{room}/timestamp_to_event", **query)

    assert refused.value.errcode == errcode
