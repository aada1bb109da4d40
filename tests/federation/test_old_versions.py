"""Rooms of versions that are not made any more, but are still lived in."""

import pytest

from tests.federation.people import Person, room_path, until


@pytest.fixture(params=["1", "2", "3", "4", "5", "6", "7", "8", "9"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_life_goes_on_in_old_rooms(alice: Person, bob: Person, room: str) -> None:
    for one, other in ((alice, bob), (bob, alice)):
        said = one.sends(room, "Still here?")
        other.sees(room, said)
        other.reacts(room, said, "👍")
        other.sees(room, one.redacts(room, said))
        assert other.get(room_path(room, "event", said))["content"] == {}

    bob.sees(room, alice.gives_power(room, bob, 50))
    alice.sees(room, bob.sets(room, "m.room.name", {"name": "The old house"}))
    alice.kicks(room, bob)
    bob.waits(lambda gathered: room in gathered.left)
    bob.joins(room, alice.home.name)
    alice.sees_member(room, bob, "join")

    assert until(lambda: alice.state_ids(room) == bob.state_ids(room))


def test_old_history_is_fetched(alice: Person, bob: Person, version: str) -> None:
    room = alice.creates_room(room_version=version, preset="public_chat")
    said = [alice.sends(room, f"Line {number}") for number in range(30)]
    bob.joins(room, alice.home.name)

    heard = [event["event_id"] for event in bob.pages_back(room)]

    assert [event_id for event_id in heard if event_id in said] == said[::-1]
