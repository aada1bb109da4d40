"""Rooms that exist only as state, to try events on."""

from itertools import count
from typing import Any, Self

from attrs import define

from homeserver.events.auth_rules import authorize
from homeserver.events.event import Event, StateKey
from homeserver.events.problems import AuthError
from homeserver.events.room_versions import ROOM_VERSIONS, RoomVersion
from homeserver.json_values import JsonObject

CREATOR = "@creator:one.example"
ALICE = "@alice:one.example"
BOB = "@bob:two.example"
MALLORY = "@mallory:three.example"

ALLOWED = "allowed"
ALL = tuple(ROOM_VERSIONS)
_numbers = count()


def since(first: int) -> tuple[str, ...]:
    return tuple(id for id in ALL if int(id) >= first)


def before(first: int) -> tuple[str, ...]:
    return tuple(id for id in ALL if int(id) < first)


def pdu(version: RoomVersion, type: str, content: JsonObject, **fields: Any) -> JsonObject:
    """A PDU of the right shape, unsigned."""
    made: JsonObject = {
        "type": type,
        "content": content,
        "sender": CREATOR,
        "room_id": "!room:one.example",
        "origin_server_ts": 1_700_000_000_000,
        "depth": 3,
        "prev_events": [],
        "auth_events": [],
        "hashes": {"sha256": "x"},
        "signatures": {},
    }
    if version.room_id_is_create_hash:
        made["room_id"] = "!" + "r" * 43
        if type == "m.room.create":
            del made["room_id"]
    if version.chosen_event_ids:
        made["event_id"] = f"$event{next(_numbers)}:one.example"
    return {**made, **fields}


@define
class Room:
    version: RoomVersion
    state: dict[StateKey, Event]

    @classmethod
    def of(
        cls,
        version: str = "12",
        *,
        join_rule: str | None = None,
        levels: JsonObject | None = None,
        create: JsonObject | None = None,
        **memberships: str,
    ) -> Self:
        """With the creator inside; `memberships` of alice, bob and mallory."""
        room = cls(ROOM_VERSIONS[version], {})
        room.put("m.room.create", _create_content(room.version) | (create or {}))
        room.put("m.room.member", {"membership": "join"}, CREATOR)
        for name, membership in memberships.items():
            user = {"alice": ALICE, "bob": BOB, "mallory": MALLORY}[name]
            room.put("m.room.member", {"membership": membership}, user, sender=user)
        if join_rule is not None:
            room.put("m.room.join_rules", {"join_rule": join_rule})
        if levels is not None:
            room.put("m.room.power_levels", levels)
        return room

    @property
    def create(self) -> Event:
        return self.state["m.room.create", ""]

    def event(
        self, type: str, content: JsonObject, state_key: str | None = None, **fields: Any
    ) -> Event:
        fields.setdefault("prev_events", self._references("$earlier:one.example"))
        if ("m.room.create", "") in self.state:
            fields.setdefault("room_id", self.create.room_id)
        if state_key is not None:
            fields["state_key"] = state_key
        made = pdu(self.version, type, content, **fields)
        event_id = made.get("event_id") or f"$event{next(_numbers)}"
        return Event.from_pdu(made, self.version, event_id)

    def put(self, type: str, content: JsonObject, state_key: str = "", **fields: Any) -> Event:
        """Make it part of the state, allowed or not."""
        event = self.event(type, content, state_key, **fields)
        self.state[event.state_pair] = event
        return event

    def verdict(
        self, type: str, content: JsonObject, state_key: str | None = None, **fields: Any
    ) -> str:
        """ALLOWED, or why the room refuses the event."""
        return self.verdict_on(self.event(type, content, state_key, **fields))

    def verdict_on(self, event: Event) -> str:
        try:
            authorize(event, self.state)
        except AuthError as error:
            return str(error)
        return ALLOWED

    def follows(self, *events: Event) -> list[Any]:
        """`prev_events` as the version writes them."""
        return self._references(*(event.event_id for event in events))

    def _references(self, *event_ids: str) -> list[Any]:
        if self.version.chosen_event_ids:
            return [[event_id, {"sha256": "x"}] for event_id in event_ids]
        return list(event_ids)


def _create_content(version: RoomVersion) -> JsonObject:
    content = {"room_version": version.id}
    return content if version.creator_is_sender else {**content, "creator": CREATOR}
