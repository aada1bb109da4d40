from typing import Any

import pytest

from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.json_values import JsonObject
from tests.homeserver.events.rooms import ALICE, ALL, ALLOWED, BOB, CREATOR, Room, before


def verdict(id: str, content: JsonObject | None = None, **fields: Any) -> str:
    room = Room(ROOM_VERSIONS[id], {})
    basis = {"room_version": id, "creator": CREATOR}
    fields.setdefault("prev_events", [])
    return room.verdict("m.room.create", basis | (content or {}), "", **fields)


@pytest.mark.parametrize("id", ALL)
def test_a_room_can_begin(id: str) -> None:
    assert verdict(id) == ALLOWED


@pytest.mark.parametrize("id", ALL)
def test_nothing_comes_before_the_beginning(id: str) -> None:
    parents = [["$a:x", {}]] if int(id) < 3 else ["$a"]
    assert "first" in verdict(id, prev_events=parents)


@pytest.mark.parametrize("id", before(12))
def test_a_room_is_named_by_its_creators_server(id: str) -> None:
    assert "another server" in verdict(id, sender=BOB)


def test_since_version_12_the_creator_gives_no_room_id() -> None:
    assert "room id" in verdict("12", room_id="!" + "r" * 43)


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("unknown", ["13", "org.example", 12, None])
def test_a_room_has_a_version_that_is_known(unknown: Any, id: str) -> None:
    assert "version" in verdict(id, {"room_version": unknown})


@pytest.mark.parametrize("id", ALL)
def test_the_creator_is_named_until_version_10(id: str) -> None:
    room = Room(ROOM_VERSIONS[id], {})
    answer = room.verdict("m.room.create", {"room_version": id}, "", prev_events=[])
    assert (answer != ALLOWED) == (int(id) <= 10)


@pytest.mark.parametrize("wrong", [ALICE, None, {}, [5], ["alice"], [ALICE, "@b"], [None]])
def test_additional_creators_are_user_ids(wrong: Any) -> None:
    assert "additional_creators" in verdict("12", {"additional_creators": wrong})


@pytest.mark.parametrize("right", [[], [ALICE], [ALICE, BOB]])
def test_there_may_be_additional_creators(right: list[str]) -> None:
    assert verdict("12", {"additional_creators": right}) == ALLOWED


@pytest.mark.parametrize("id", before(12))
def test_before_version_12_additional_creators_mean_nothing(id: str) -> None:
    assert verdict(id, {"additional_creators": "nonsense"}) == ALLOWED
