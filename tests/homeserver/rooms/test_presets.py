"""What new rooms begin with."""

from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.rooms.presets import power_levels, protect_tombstone


def test_only_public_rooms_ask_for_power_to_invite() -> None:
    version = ROOM_VERSIONS["11"]
    assert power_levels(version, "public_chat", (), {})["invite"] == 50
    assert power_levels(version, "private_chat", (), {})["invite"] == 0


def test_a_chosen_level_of_tombstones_stays() -> None:
    override = {"events": {"m.room.tombstone": 70}}
    levels = power_levels(ROOM_VERSIONS["12"], "private_chat", (), override)
    assert levels["events"] == {"m.room.tombstone": 70}


def test_nonsense_is_left_to_the_rules_of_the_room() -> None:
    for content in ({"events": 7}, {"state_default": "50"}):
        assert protect_tombstone(content) == content
