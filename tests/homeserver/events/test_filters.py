from typing import Any

import pytest

from homeserver.errors import BadJson
from homeserver.events.filters import EventFilter, RoomEventFilter, SyncFilter

ALICE, BOB = "@alice:here", "@bob:here"


def test_an_empty_filter_lets_everything_through() -> None:
    parsed = RoomEventFilter.parse({"limit": 5, "lazy_load_members": True})

    assert parsed.is_everything
    assert parsed.limit == 5
    assert parsed.lazy_load_members
    assert parsed.allows_room("!a") and parsed.matches("m.room.message", BOB, {})


def test_types_and_senders_are_kept_in_and_out() -> None:
    parsed = EventFilter.parse(
        {
            "types": ["m.room.*", "m.reaction"],
            "not_types": ["m.room.member"],
            "not_senders": [BOB],
        }
    )

    assert parsed.matches("m.room.message", ALICE)
    assert parsed.matches("m.reaction", ALICE)
    assert not parsed.matches("m.room.member", ALICE)
    assert not parsed.matches("m.sticker", ALICE)
    assert not parsed.matches("m.room.message", BOB)
    assert parsed.matches("m.room.message", None)


def test_an_empty_list_lets_nothing_through() -> None:
    assert not EventFilter.parse({"types": []}).matches("m.room.message", ALICE)
    assert not EventFilter.parse({"senders": []}).matches("m.room.message", ALICE)
    assert not RoomEventFilter.parse({"rooms": []}).allows_room("!a")


def test_exclusion_wins_over_inclusion() -> None:
    parsed = RoomEventFilter.parse({"rooms": ["!a", "!b"], "not_rooms": ["!b"]})

    assert parsed.allows_room("!a")
    assert not parsed.allows_room("!b")
    assert not parsed.allows_room("!c")


def test_a_filter_asks_for_events_with_or_without_an_url() -> None:
    with_url = RoomEventFilter.parse({"contains_url": True})
    without = RoomEventFilter.parse({"contains_url": False})

    assert with_url.matches("m.room.message", ALICE, {"url": "mxc://a/b"})
    assert not with_url.matches("m.room.message", ALICE, {})
    assert not without.matches("m.room.message", ALICE, {"url": "mxc://a/b"})


def test_a_sync_filter_is_read_in_all_its_parts() -> None:
    parsed = SyncFilter.parse(
        {
            "event_fields": ["content.body"],
            "event_format": "federation",
            "presence": {"types": []},
            "room": {
                "include_leave": True,
                "not_rooms": ["!b"],
                "state": {"lazy_load_members": True},
                "timeline": {"limit": 100000, "unread_thread_notifications": True},
            },
            "unknown": 1,
        }
    )

    assert parsed.federation_format
    assert parsed.event_fields is not None
    assert parsed.room.include_leave and parsed.room.lazy_load_members
    assert parsed.room.timeline.limit == 1000
    assert parsed.room.timeline.unread_thread_notifications
    assert not parsed.room.allows("!b")
    assert not parsed.presence.matches("m.presence", ALICE)
    assert parsed.account_data.is_everything


@pytest.mark.parametrize(
    "wrong",
    [
        {"room": []},
        {"event_format": "xml"},
        {"event_fields": "content"},
        {"presence": {"limit": -1}},
        {"presence": {"limit": True}},
        {"presence": {"limit": "10"}},
        {"presence": {"types": [1]}},
        {"presence": {"senders": ["alice"]}},
        {"room": {"rooms": ["#alias:here"]}},
        {"room": {"timeline": {"contains_url": "yes"}}},
        {"room": {"timeline": {"not_rooms": ["!a"] * 2001}}},
    ],
)
def test_a_wrong_filter_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadJson):
        SyncFilter.parse(wrong)
