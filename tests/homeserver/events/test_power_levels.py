from math import inf
from typing import Any

import pytest

from homeserver.events.power_levels import PowerLevels, as_level, creators
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.json_values import JsonObject
from tests.homeserver.events.rooms import ALICE, ALL, BOB, CREATOR, Room, before, since


def levels_in(room: Room) -> PowerLevels:
    power_levels = room.state.get(("m.room.power_levels", ""))
    return PowerLevels.of(room.create, power_levels, room.version)


@pytest.mark.parametrize("id", before(12))
def test_without_power_levels_the_creator_has_100(id: str) -> None:
    levels = levels_in(Room.of(id))
    assert levels.user(CREATOR) == 100
    assert levels.user(ALICE) == 0


@pytest.mark.parametrize("id", before(12))
def test_with_power_levels_the_creator_has_what_they_say(id: str) -> None:
    assert levels_in(Room.of(id, levels={"users_default": 5})).user(CREATOR) == 5


@pytest.mark.parametrize("levels", [None, {}, {"users": {CREATOR: 0, ALICE: 0}}])
def test_the_creators_of_version_12_are_above_all(levels: Any) -> None:
    room = Room.of("12", create={"additional_creators": [ALICE]}, levels=levels)
    assert levels_in(room).user(CREATOR) == inf
    assert levels_in(room).user(ALICE) == inf
    assert levels_in(room).user(BOB) == 0


def test_until_version_10_the_creator_is_who_the_content_names() -> None:
    for id in ALL:
        room = Room.of(id, create={"creator": BOB})
        assert creators(room.create, room.version) == {BOB if int(id) < 11 else CREATOR}


@pytest.mark.parametrize("content", [None, {}])
@pytest.mark.parametrize("id", ALL)
def test_the_defaults_of_the_spec(id: str, content: JsonObject | None) -> None:
    levels = levels_in(Room.of(id, levels=content))
    assert (levels.ban, levels.kick, levels.redact, levels.invite) == (50, 50, 50, 0)
    assert levels.to_send("m.room.message", is_state=False) == 0
    assert levels.to_send("m.room.topic", is_state=True) == 50
    assert levels.notifications() == 50


def test_what_is_said_counts() -> None:
    levels = levels_in(
        Room.of(
            levels={
                "ban": 1,
                "kick": 2,
                "redact": 3,
                "invite": 4,
                "events": {"m.room.topic": 5},
                "events_default": 6,
                "state_default": 7,
                "users": {ALICE: 8},
                "users_default": 9,
                "notifications": {"room": 10},
            }
        )
    )
    assert (levels.ban, levels.kick, levels.redact, levels.invite) == (1, 2, 3, 4)
    assert levels.to_send("m.room.topic", is_state=True) == 5
    assert levels.to_send("m.room.topic", is_state=False) == 5
    assert levels.to_send("m.room.message", is_state=False) == 6
    assert levels.to_send("m.room.name", is_state=True) == 7
    assert (levels.user(ALICE), levels.user(BOB)) == (8, 9)
    assert levels.notifications() == 10


STRINGS = {"50": 50, "00050": 50, "-50": -50, "+50": 50, " \t50\n": 50, " -050 ": -50}
NO_LEVELS: list[Any] = [
    "",
    "fifty",
    "5 0",
    "5.0",
    "1_0",
    "--5",
    "٥",
    None,
    True,
    [],
    {},
    "9" * 5000,
]


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("text", STRINGS)
def test_strings_are_levels_until_version_9(text: str, id: str) -> None:
    assert as_level(text, ROOM_VERSIONS[id]) == (STRINGS[text] if int(id) <= 9 else None)


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize(("number", "level"), [(50.57, 50), (-50.57, -50), (5.114698e4, 51146)])
def test_floats_are_levels_until_version_5(number: float, level: int, id: str) -> None:
    assert as_level(number, ROOM_VERSIONS[id]) == (level if int(id) <= 5 else None)


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("value", NO_LEVELS)
def test_what_is_no_level(value: Any, id: str) -> None:
    assert as_level(value, ROOM_VERSIONS[id]) is None


@pytest.mark.parametrize("id", before(10))
def test_nonsense_counts_as_unsaid(id: str) -> None:
    levels = levels_in(Room.of(id, levels={"ban": "no", "events": [], "users": {ALICE: {}}}))
    assert (levels.ban, levels.user(ALICE)) == (50, 0)
    assert levels.to_send("m.room.topic", is_state=True) == 50


@pytest.mark.parametrize("id", since(10))
def test_integers_are_levels_in_every_version(id: str) -> None:
    assert as_level(-7, ROOM_VERSIONS[id]) == -7
