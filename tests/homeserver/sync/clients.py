"""A client that believes what it is told, and remembers all of it."""

import json
from typing import Any

from attrs import define, field

from tests.people import JsonObject, Person

State = dict[tuple[str, str], str]
"""Ids of state events by type and state key."""


@define
class Room:
    timeline: list[str] = field(factory=list)
    state: State = field(factory=dict)
    is_joined: bool = False


@define
class Client:
    """One device of somebody. Gaps are filled at once, by paging back from `prev_batch`."""

    person: Person
    state_after: bool
    lazy: bool
    rooms: dict[str, Room] = field(factory=dict)

    def syncs(self, limit: int = 10) -> None:
        wanted: JsonObject = {
            "timeline": {"limit": limit},
            "state": {"lazy_load_members": self.lazy},
        }
        query = {"use_state_after": "true"} if self.state_after else {}
        body = self.person.syncs(filter=json.dumps({"room": wanted}), **query).body
        for room_id, entry in body.get("rooms", {}).get("join", {}).items():
            self.rooms.setdefault(room_id, Room())
            self._take(room_id, entry, joined=True)
        for room_id, entry in body.get("rooms", {}).get("leave", {}).items():
            # Who was not in the room has no timeline of it: only an invite has ended.
            if len(entry["timeline"]["events"]) > 1 or self._knows(room_id):
                self.rooms.setdefault(room_id, Room())
                self._take(room_id, entry, joined=False)

    def _knows(self, room_id: str) -> bool:
        return room_id in self.rooms and self.rooms[room_id].is_joined

    def _take(self, room_id: str, entry: JsonObject, joined: bool) -> None:
        room = self.rooms[room_id]
        if joined and not room.is_joined:
            room.state = {}
        room.is_joined = joined
        part = entry["timeline"]
        told = [event["event_id"] for event in part["events"]]
        if part["limited"]:
            told = self._gap(room_id, part["prev_batch"], set(room.timeline)) + told
        room.timeline += told
        if self.state_after:
            assert "state" not in entry
            _apply(room.state, entry["state_after"]["events"])
        else:
            assert "state_after" not in entry
            _apply(room.state, entry["state"]["events"])
            _apply(room.state, part["events"])

    def _gap(self, room_id: str, start: str, known: set[str]) -> list[str]:
        """What lies between the place and what is known, oldest first."""
        found: list[str] = []
        token: str | None = start
        while token is not None:
            page = self.person.get(
                f"/v3/rooms/{room_id}/messages", dir="b", limit=3, **{"from": token}
            )
            for event in page["chunk"]:
                if event["event_id"] in known:
                    return found[::-1]
                found.append(event["event_id"])
            token = page.get("end")
        return found[::-1]


def _apply(state: State, events: list[Any]) -> None:
    for event in events:
        if "state_key" in event:
            state[event["type"], event["state_key"]] = event["event_id"]
