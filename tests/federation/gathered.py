"""What somebody's syncs have brought so far: what a client would show."""

from attrs import define, field

from tests.verbs import JsonObject


@define(eq=False)
class Gathered:
    """What somebody's syncs have brought so far."""

    timelines: dict[str, list[JsonObject]] = field(factory=dict)
    states: dict[str, dict[tuple[str, str], JsonObject]] = field(factory=dict)
    invites: dict[str, list[JsonObject]] = field(factory=dict)
    knocks: dict[str, list[JsonObject]] = field(factory=dict)
    left: set[str] = field(factory=set)
    receipts: dict[str, JsonObject] = field(factory=dict)
    """By room: the contents of m.receipt events, the newest last."""
    typing: dict[str, list[str]] = field(factory=dict)
    presence: dict[str, JsonObject] = field(factory=dict)
    to_device: list[JsonObject] = field(factory=list)
    changed_devices: set[str] = field(factory=set)

    def add(self, answer: JsonObject) -> None:
        rooms = answer.get("rooms", {})
        for room, entry in rooms.get("join", {}).items():
            self._add_room(room, entry)
            self.left.discard(room)
        for room, entry in rooms.get("leave", {}).items():
            self._add_room(room, entry)
            self.left.add(room)
        for room, entry in rooms.get("invite", {}).items():
            self.invites[room] = entry["invite_state"]["events"]
        for room, entry in rooms.get("knock", {}).items():
            self.knocks[room] = entry["knock_state"]["events"]
        for event in answer.get("presence", {}).get("events", []):
            self.presence[event["sender"]] = event["content"]
        self.to_device += answer.get("to_device", {}).get("events", [])
        self.changed_devices.update(answer.get("device_lists", {}).get("changed", []))

    def _add_room(self, room: str, entry: JsonObject) -> None:
        timeline = entry.get("timeline", {}).get("events", [])
        self.timelines.setdefault(room, []).extend(timeline)
        state = self.states.setdefault(room, {})
        for event in [*entry.get("state", {}).get("events", []), *timeline]:
            if "state_key" in event:
                state[event["type"], event["state_key"]] = event
        self.invites.pop(room, None)
        self.knocks.pop(room, None)
        for event in entry.get("ephemeral", {}).get("events", []):
            if event["type"] == "m.typing":
                self.typing[room] = event["content"]["user_ids"]
            if event["type"] == "m.receipt":
                self.receipts[room] = event["content"]

    def event(self, room: str, event_id: str) -> JsonObject | None:
        found = (e for e in self.timelines.get(room, []) if e["event_id"] == event_id)
        return next(found, None)

    def membership(self, room: str, user_id: str) -> str | None:
        event = self.states.get(room, {}).get(("m.room.member", user_id))
        return event["content"].get("membership") if event else None
