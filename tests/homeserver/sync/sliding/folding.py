"""A client of sliding sync that believes what it is told, and remembers all of it."""

from attrs import define, field

from tests.homeserver.sync.sliding.clients import Answer, SlidingClient
from tests.people import JsonObject, Person

MEMBER = "m.room.member"


@define
class Folded:
    """A room as its answers tell it. Gaps are filled at once, by paging back."""

    membership: str = ""
    timeline: list[str] = field(factory=list)
    state: dict[tuple[str, str], str] = field(factory=dict)
    name: str | None = None
    joined: int = 0
    heroes: list[str] = field(factory=list)
    unread: tuple[int, int] = (0, 0)


@define(eq=False)
class FoldingClient:
    """Some of its answers get lost: then it asks again from where it stood."""

    client: SlidingClient
    lazy: bool
    rooms: dict[str, Folded] = field(factory=dict)

    @classmethod
    def of(cls, person: Person, *, merged: bool, lazy: bool) -> "FoldingClient":
        return cls(SlidingClient(person, merged=merged), lazy)

    @property
    def person(self) -> Person:
        return self.client.person

    def state_wish(self) -> object:
        if self.client.merged:
            return {"include": [{}], "lazy_members": self.lazy}
        return [["*", "*"], *([[MEMBER, "$LAZY"]] if self.lazy else [])]

    def syncs(self, last: int, limit: int, opened: str = "", *, lost: bool = False) -> None:
        """Look at the rooms up to an index; `opened` is a room that is open meanwhile."""
        state = self.state_wish()
        self.client.looks_at([0, last], timeline_limit=limit, required_state=state)
        self.client.subscriptions = {}
        if opened:
            self.client.opens(opened, timeline_limit=limit + 2, required_state=state)
        before = self.client.pos
        if lost:
            self.client.syncs()
            self.client.pos = before
        self._take(self.client.syncs())

    def _take(self, answer: Answer) -> None:
        for room_id, entry in answer.rooms.items():
            if entry.get("initial"):
                former = self.rooms.get(room_id, Folded())
                self.rooms[room_id] = Folded(timeline=former.timeline)
            room = self.rooms[room_id]
            room.membership = entry["membership"]
            if "timeline" in entry:
                self._add(room, room_id, entry)
            self._set(room, entry)

    def _add(self, room: Folded, room_id: str, entry: JsonObject) -> None:
        known = set(room.timeline)
        told = [event["event_id"] for event in entry["timeline"]]
        if entry.get("limited") and not known.intersection(told):
            told = self._gap(room_id, entry["prev_batch"], known) + told
        room.timeline += [event_id for event_id in told if event_id not in known]

    def _gap(self, room_id: str, start: str, known: set[str]) -> list[str]:
        path = f"/v3/rooms/{room_id}/messages"
        page = self.person.get(path, dir="b", limit=1000, **{"from": start})["chunk"]
        return [event["event_id"] for event in page if event["event_id"] not in known][::-1]

    def _set(self, room: Folded, entry: JsonObject) -> None:
        if self.lazy and entry.get("limited"):
            room.state = {key: it for key, it in room.state.items() if key[0] != MEMBER}
        for event in entry.get("required_state", ()):
            key = (event["type"], event["state_key"])
            if "content" in event:
                room.state[key] = event["event_id"]
            else:
                room.state.pop(key, None)
        if "name" in entry:
            room.name = entry["name"]
        room.joined = entry.get("joined_count", room.joined)
        if "heroes" in entry:
            room.heroes = [hero["user_id"] for hero in entry["heroes"]]
        if "notification_count" in entry:
            room.unread = (entry["notification_count"], entry["highlight_count"])
