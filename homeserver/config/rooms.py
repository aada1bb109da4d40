"""Settings of rooms and of what is sent into them."""

from typing import Literal

from attrs import frozen

from homeserver.config.fields import section, setting
from homeserver.config.forms import Count, Duration


@frozen(kw_only=True)
class DelayedEvents:
    """Events that clients schedule: messages for later, the end of a call whose caller is gone."""

    max_delay: Duration = setting(604_800_000, "How far ahead an event may be scheduled.")
    max_scheduled: Count = setting(100, "How many one person may have scheduled at the same time.")


@frozen(kw_only=True)
class ServerNotices:
    """Messages from the server itself, which administrators send to single users."""

    localpart: str | None = setting(
        None,
        "The first part of the id of the user who speaks for the server. Without it nobody does.",
        example="notices",
    )
    display_name: str = setting("Server notices", "What that user is called.")
    room_name: str = setting("Server notices", "The name of the room with each user.")


@frozen(kw_only=True)
class Rooms:
    """New rooms, and what is sent into rooms."""

    default_room_version: Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"] = (
        setting("12", "The room version of a new room, when its maker names none.")
    )
    encryption_by_default: Literal["none", "private", "all"] = setting(
        "none", "Which new rooms are encrypted from the start: `none`, `private` ones, or `all`."
    )
    delayed_events: DelayedEvents = section(DelayedEvents)
    server_notices: ServerNotices = section(ServerNotices)
