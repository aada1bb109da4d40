"""A client of sliding sync that keeps what it is told."""

from typing import Any

from attrs import define, field

from tests.people import Exchange, JsonObject, Person

OLDER = "/unstable/org.matrix.simplified_msc3575/sync"
MERGED = "/v4/sync"
BASICS = [["m.room.create", ""], ["m.room.name", ""], ["m.room.member", "$LAZY"]]


@define(eq=False)
class SlidingClient:
    """One connection of a person's device, in the older form or the `merged` one."""

    person: Person
    conn_id: str = "main"
    merged: bool = False
    pos: str = ""
    lists: JsonObject = field(factory=dict)
    subscriptions: JsonObject = field(factory=dict)
    extensions: JsonObject = field(factory=dict)

    def looks_at(self, *ranges: list[int], name: str = "all", **config: Any) -> "SlidingClient":
        """The first list, or another one."""
        shape: JsonObject = {"timeline_limit": 10, **config}
        if self.merged:
            shape.setdefault("required_state", {"include": [], "lazy_members": True})
            if ranges:
                shape["range"] = ranges[0]
        else:
            shape.setdefault("required_state", BASICS)
            if ranges:
                shape["ranges"] = list(ranges)
        self.lists[name] = shape
        return self

    def opens(self, room: str, timeline_limit: int = 20, **config: Any) -> "SlidingClient":
        state: Any = {"include": [{}]} if self.merged else [["*", "*"]]
        shape = {"timeline_limit": timeline_limit, "required_state": state, **config}
        self.subscriptions[room] = shape
        return self

    def enables(self, *names: str, **config: Any) -> "SlidingClient":
        for name in names:
            self.extensions[name] = {"enabled": True, **config}
        return self

    def body(self) -> JsonObject:
        return {
            "conn_id": self.conn_id,
            "lists": self.lists,
            "room_subscriptions": self.subscriptions,
            "extensions": self.extensions,
        }

    def starts(self, timeout: int = 30_000, pos: str | None = None) -> Exchange:
        """A request that waits."""
        place = self.pos if pos is None else pos
        body = self.body()
        if self.merged:
            body |= {"timeout": timeout, **({"pos": place} if place else {})}
            return self.person.ask("POST", MERGED, body)
        query = {"timeout": timeout, **({"pos": place} if place else {})}
        return self.person.ask("POST", OLDER, body, **query)

    def syncs(self, pos: str | None = None) -> "Answer":
        return self.takes(self.starts(0, pos))

    def takes(self, exchange: Exchange) -> "Answer":
        answer = Answer(exchange.json())
        self.pos = answer.body["pos"]
        return answer


@define(eq=False)
class Answer:
    body: JsonObject

    @property
    def rooms(self) -> JsonObject:
        found: JsonObject = self.body.get("rooms", {})
        return found

    def texts(self, room: str) -> list[str]:
        events = self.rooms.get(room, {}).get("timeline", [])
        return [e["content"]["body"] for e in events if e["type"] == "m.room.message"]

    def state(self, room: str) -> dict[tuple[str, str], JsonObject]:
        events = self.rooms.get(room, {}).get("required_state", [])
        return {(e["type"], e["state_key"]): e.get("content") for e in events}

    def extension(self, name: str) -> JsonObject:
        found: JsonObject = self.body.get("extensions", {}).get(name, {})
        return found

    def count(self, name: str = "all") -> int:
        return int(self.body["lists"][name]["count"])
