"""What is told of an event, before it takes the form that a gateway, a browser or a mailbox wants.

Spec: Push Gateway API.
"""

from attrs import frozen

from homeserver.events.event import Event
from homeserver.json_values import JsonObject

CALLS = frozenset(
    {
        "m.call.invite",
        "m.call.notify",
        "m.rtc.notification",
        "org.matrix.msc4075.call.notify",
        "org.matrix.msc4075.rtc.notification",
    }
)
ENCRYPTED = "m.room.encrypted"
NO_BADGE = ("disable_badge_count", "org.matrix.msc4076.disable_badge_count")


@frozen
class Notification:
    """An event as one user is told of it; `room_title` always has something to show."""

    event: Event
    tweaks: JsonObject
    sender_name: str
    room_name: str | None
    room_alias: str | None
    room_title: str
    user_is_target: bool

    @property
    def is_urgent(self) -> bool:
        """What rings, makes a sound or mentions somebody, an invite, and what only the client can
        judge, since it is encrypted.
        """
        tweaks = self.tweaks
        return (
            self.event.type in CALLS
            or self.event.type == ENCRYPTED
            or self.user_is_target
            or bool(tweaks.get("highlight"))
            or bool(tweaks.get("sound"))
        )

    @property
    def prio(self) -> str:
        return "high" if self.is_urgent else "low"


@frozen
class Counts:
    unread: int
    missed_calls: int

    def as_json(self, *, alone: bool) -> JsonObject:
        """Zeros are left out, but where the whole message is that nothing is unread any more:
        gateways clear a badge only for a number.
        """
        counts: JsonObject = {"unread": self.unread, "missed_calls": self.missed_calls}
        return {
            name: count for name, count in counts.items() if count or (alone and name == "unread")
        }


def shows_badge(data: JsonObject) -> bool:
    """MSC4076: a client may count for itself."""
    return not any(data.get(name) is True for name in NO_BADGE)


def body(notification: Notification | None, counts: Counts, data: JsonObject) -> JsonObject:
    """`notification` of POST /notify, without `devices`; without an event only the counts."""
    told: JsonObject = {}
    if shows_badge(data):
        told["counts"] = counts.as_json(alone=notification is None)
    if notification is None:
        return {**told, "prio": "low"}
    event = notification.event
    told |= {"event_id": event.event_id, "room_id": event.room_id, "prio": notification.prio}
    if data.get("format") == "event_id_only":
        return told
    told |= {
        "type": event.type,
        "sender": event.sender,
        "sender_display_name": notification.sender_name,
        "content": event.content,
    }
    if (name := notification.room_name or notification.room_title) is not None:
        told["room_name"] = name
    if notification.room_alias is not None:
        told["room_alias"] = notification.room_alias
    if event.type == "m.room.member":
        told["user_is_target"] = notification.user_is_target
    return told
