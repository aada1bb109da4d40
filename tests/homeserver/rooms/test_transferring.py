"""Power levels on their way from one room version to another."""

from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.rooms.transferring import adapted, levels_of
from homeserver.rooms.upgrades import restricted
from tests.people import Server


def test_levels_in_words_become_numbers(server: Server) -> None:
    alice = server.person("alice")
    levels = {"users": {alice.user_id: "100"}, "users_default": "5", "events": {"a.b": " 7 "}}
    old = alice.creates_room(room_version="9", power_level_content_override=levels)
    body = alice.post(f"/v3/rooms/{old}/upgrade", {"new_version": "11"})

    new = alice.state(body["replacement_room"], "m.room.power_levels")
    assert new["users"] == {alice.user_id: 100}
    assert (new["users_default"], new["events"]) == (5, {"a.b": 7})


def test_what_is_no_level_is_left_out() -> None:
    levels = levels_of({"a": "1", "b": "x", "c": None}, ROOM_VERSIONS["9"])
    assert levels == {"a": 1}


def test_join_rules_that_the_version_has_stay() -> None:
    for rule in ("public", "invite", "knock", "restricted", "knock_restricted"):
        content = {"join_rule": rule}
        assert adapted("m.room.join_rules", content, ROOM_VERSIONS["12"]) == content


def test_an_old_room_asks_for_more_than_everybody_has() -> None:
    assert restricted({}) == {"events_default": 50, "invite": 50}
    assert restricted({"users_default": 60}) == {
        "users_default": 60,
        "events_default": 61,
        "invite": 61,
    }
    assert restricted({"invite": 90})["invite"] == 90
