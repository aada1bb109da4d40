"""An event of a room, as the rules see it."""

from typing import Self

from attrs import define

from homeserver.events.hashes import event_id_of
from homeserver.events.room_versions import EventFormat, RoomVersion
from homeserver.json_values import JsonObject, JsonValue

StateKey = tuple[str, str]
"""(type, state_key): one place in the state of a room."""


@define(eq=False)
class Event:
    """Never changed once made; not frozen only because one is made for every message."""

    event_id: str
    room_id: str
    type: str
    sender: str
    state_key: str | None
    content: JsonObject
    origin_server_ts: int
    depth: int
    prev_events: tuple[str, ...]
    auth_events: tuple[str, ...]
    redacts: str | None
    """The event that a redaction aims at, wherever the room version keeps it."""
    version: RoomVersion
    pdu: JsonObject
    """The event as it is signed and sent to other servers."""

    @classmethod
    def from_pdu(cls, pdu: JsonObject, version: RoomVersion, event_id: str | None = None) -> Self:
        """Take a PDU that `formats.check_pdu` has passed; its id is computed unless given."""
        event_id = event_id or event_id_of(pdu, version)
        return cls(
            event_id,
            # Only the create event of version 12 lacks it: there the room is named after the event.
            pdu.get("room_id") or "!" + event_id[1:],
            pdu["type"],
            pdu["sender"],
            pdu.get("state_key"),
            pdu["content"],
            pdu["origin_server_ts"],
            pdu["depth"],
            _ids(pdu["prev_events"], version),
            _ids(pdu["auth_events"], version),
            _redacts(pdu, version),
            version,
            pdu,
        )

    @property
    def is_state(self) -> bool:
        return self.state_key is not None

    @property
    def state_pair(self) -> StateKey:
        """Only for state events."""
        if self.state_key is None:
            raise ValueError(f"{self.event_id} is not a state event")
        return (self.type, self.state_key)

    @property
    def membership(self) -> str | None:
        """Of an m.room.member event; None when it is not a string."""
        membership = self.content.get("membership")
        return membership if isinstance(membership, str) else None

    @property
    def sender_domain(self) -> str:
        return self.sender.partition(":")[2]


def _ids(events: list[JsonValue], version: RoomVersion) -> tuple[str, ...]:
    if version.event_format is EventFormat.ID_PAIRS:
        return tuple(pair[0] for pair in events)
    return tuple(events)


def _redacts(pdu: JsonObject, version: RoomVersion) -> str | None:
    if pdu["type"] != "m.room.redaction":
        return None
    redacts = (pdu["content"] if version.redacts_in_content else pdu).get("redacts")
    return redacts if isinstance(redacts, str) else None
