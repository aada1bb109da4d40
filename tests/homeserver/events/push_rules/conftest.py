from collections.abc import Callable

import pytest

from homeserver.events.event import Event
from homeserver.events.push_rules.facts import RoomView
from homeserver.events.room_versions import room_version
from homeserver.json_values import JsonObject

MakeEvent = Callable[..., Event]


@pytest.fixture
def event() -> MakeEvent:
    """Makes an event that bob sent."""

    def make(
        type: str = "m.room.message",
        content: JsonObject | None = None,
        state_key: str | None = None,
        sender: str = "@bob:b",
        room_id: str = "!room",
    ) -> Event:
        content = {"msgtype": "m.text", "body": "hello"} if content is None else content
        version = room_version("12")
        return Event(
            "$event", room_id, type, sender, state_key, content, 1, 2, (), (), None, version, {}
        )

    return make


@pytest.fixture
def crowd() -> RoomView:
    """A room of many, where the sender may not notify everybody."""
    return RoomView(member_count=100, sender_power=0, notification_levels={})


@pytest.fixture
def pair() -> RoomView:
    return RoomView(member_count=2, sender_power=0, notification_levels={})
