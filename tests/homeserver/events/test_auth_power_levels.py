"""Room version 12, rule 10, and what the versions before it have of it."""

from typing import Any

import pytest

from homeserver.json_values import JsonObject
from tests.homeserver.events.rooms import (
    ALICE,
    ALL,
    ALLOWED,
    BOB,
    CREATOR,
    MALLORY,
    Room,
    before,
    since,
)

SINGLE = ("users_default", "events_default", "state_default", "ban", "redact", "kick", "invite")


def verdict(id: str, old: JsonObject, new: JsonObject, sender: str = ALICE) -> str:
    """Whether alice, with a power of 50, may turn the old levels into the new ones."""
    users = {ALICE: 50, BOB: 50, MALLORY: 49}

    def complete(levels: JsonObject) -> JsonObject:
        return {"state_default": 0, **levels, "users": levels.get("users", users)}

    room = Room.of(id, levels=complete(old), alice="join", bob="join")
    return room.verdict("m.room.power_levels", complete(new), "", sender=sender)


@pytest.mark.parametrize("id", ALL)
def test_nothing_changes(id: str) -> None:
    assert verdict(id, {"ban": 99}, {"ban": 99}) == ALLOWED


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("key", SINGLE)
def test_single_levels_change_up_to_ones_own(key: str, id: str) -> None:
    assert verdict(id, {key: 50}, {key: 0}) == ALLOWED
    assert verdict(id, {key: 0}, {key: 50}) == ALLOWED
    assert verdict(id, {key: 50}, {}) == ALLOWED
    if key != "state_default":
        assert "above" in verdict(id, {key: 0}, {key: 51})
        assert "above" in verdict(id, {}, {key: 51})
    if key not in ("state_default", "events_default"):
        assert "above" in verdict(id, {key: 51}, {key: 50})
        assert "above" in verdict(id, {key: 51}, {})


@pytest.mark.parametrize("id", ALL)
def test_event_levels_change_up_to_ones_own(id: str) -> None:
    def change(old: JsonObject, new: JsonObject) -> str:
        return verdict(id, {"events": old}, {"events": new})

    assert change({"a": 50}, {"a": 0, "b": 50}) == ALLOWED
    assert change({"a": 50}, {}) == ALLOWED
    assert change({"a": 51}, {"a": 51}) == ALLOWED
    assert "above" in change({"a": 51}, {"a": 50})
    assert "above" in change({"a": 51}, {})
    assert "above" in change({}, {"a": 51})
    assert "above" in change({"a": 0}, {"a": 51})


@pytest.mark.parametrize("id", ALL)
def test_notification_levels_are_watched_since_version_6(id: str) -> None:
    changes = [({"room": 51}, {"room": 50}), ({"room": 51}, {}), ({}, {"room": 51})]
    for old, new in changes:
        answer = verdict(id, {"notifications": old}, {"notifications": new})
        assert (answer == ALLOWED) == (int(id) < 6)
    assert verdict(id, {"notifications": {"room": 50}}, {"notifications": {}}) == ALLOWED


@pytest.mark.parametrize("id", ALL)
def test_users_are_given_and_denied_less_than_one_has(id: str) -> None:
    def change(old: JsonObject, new: JsonObject) -> str:
        return verdict(id, {"users": {ALICE: 50, **old}}, {"users": {ALICE: 50, **new}})

    assert change({MALLORY: 49}, {MALLORY: 0}) == ALLOWED
    assert change({MALLORY: 49}, {}) == ALLOWED
    assert change({MALLORY: 0}, {MALLORY: 50}) == ALLOWED
    assert change({}, {MALLORY: 50}) == ALLOWED
    assert change({BOB: 60}, {BOB: 60}) == ALLOWED
    assert "as much power" in change({BOB: 50}, {BOB: 49})
    assert "as much power" in change({BOB: 50}, {})
    assert "above" in change({MALLORY: 0}, {MALLORY: 51})
    assert "above" in change({}, {MALLORY: 51})


@pytest.mark.parametrize("id", ALL)
def test_one_may_step_down_but_not_up(id: str) -> None:
    assert verdict(id, {"users": {ALICE: 50}}, {"users": {ALICE: 0}}) == ALLOWED
    assert verdict(id, {"users": {ALICE: 50}}, {"users": {}}) == ALLOWED
    assert "above" in verdict(id, {"users": {ALICE: 50}}, {"users": {ALICE: 51}})


@pytest.mark.parametrize("id", ALL)
def test_the_first_power_levels_are_free(id: str) -> None:
    room = Room.of(id)
    users = {} if int(id) >= 12 else {CREATOR: 10**6}
    content = {"users": users, "ban": 10**6, "events": {"m.room.name": 10**6}}
    assert room.verdict("m.room.power_levels", content, "") == ALLOWED


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize(
    "users", [[], "x", None, {"alice": 1}, {"@alice": 1}, {ALICE: None}, {ALICE: "high"}, {"": 0}]
)
def test_users_are_user_ids_with_a_level_each(users: Any, id: str) -> None:
    assert "`users`" in Room.of(id).verdict("m.room.power_levels", {"users": users}, "")


@pytest.mark.parametrize("id", ALL)
def test_users_may_have_text_for_a_level_until_version_9(id: str) -> None:
    answer = Room.of(id).verdict("m.room.power_levels", {"users": {ALICE: " +10 "}}, "")
    assert (answer == ALLOWED) == (int(id) <= 9)


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("key", SINGLE)
@pytest.mark.parametrize("wrong", ["50", None, True, {}])
def test_single_levels_are_integers_since_version_10(wrong: Any, key: str, id: str) -> None:
    answer = Room.of(id).verdict("m.room.power_levels", {key: wrong}, "")
    assert (answer == ALLOWED) == (int(id) < 10)


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("key", ["events", "notifications"])
@pytest.mark.parametrize("wrong", [[], None, {"a": "50"}, {"a": None}, {"a": False}])
def test_nested_levels_are_integers_since_version_10(wrong: Any, key: str, id: str) -> None:
    answer = Room.of(id).verdict("m.room.power_levels", {key: wrong}, "")
    assert (answer == ALLOWED) == (int(id) < 10)


@pytest.mark.parametrize("id", before(10))
def test_another_spelling_of_a_level_is_no_change(id: str) -> None:
    assert (
        verdict(id, {"ban": 99, "events": {"a": "99"}}, {"ban": "099", "events": {"a": 99}})
        == ALLOWED
    )


@pytest.mark.parametrize("id", before(12))
def test_until_version_11_creators_are_users_like_others(id: str) -> None:
    room = Room.of(id)
    assert room.verdict("m.room.power_levels", {"users": {CREATOR: 100}}, "") == ALLOWED


@pytest.mark.parametrize("creator", [CREATOR, BOB])
def test_since_version_12_no_level_is_given_to_creators(creator: str) -> None:
    room = Room.of("12", create={"additional_creators": [BOB]})
    answer = room.verdict("m.room.power_levels", {"users": {creator: 100}}, "")
    assert "creators" in answer


def test_since_version_12_nothing_is_above_a_creator() -> None:
    old = {"ban": 10**9, "users": {ALICE: 10**9}}
    assert verdict("12", old, {"users": {}}, sender=CREATOR) == ALLOWED


@pytest.mark.parametrize("id", since(1))
def test_changing_levels_is_itself_a_power(id: str) -> None:
    room = Room.of(id, levels={"users": {ALICE: 49}}, alice="join")
    assert "power to send" in room.verdict("m.room.power_levels", {}, "", sender=ALICE)
