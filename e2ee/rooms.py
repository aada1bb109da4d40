"""What of a room's state matters to encryption: settings, history visibility, members."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from attrs import define, field, frozen

from e2ee.encoding import JsonObject, optional
from e2ee.happenings import Happening
from e2ee.records import Records
from e2ee.requests import CLIENT, Request

DEFAULT_ROTATION_MS = 7 * 24 * 60 * 60 * 1000
DEFAULT_ROTATION_MESSAGES = 100
LEAST_ROTATION_MS = 60 * 60 * 1000
MOST_ROTATION_MESSAGES = 10_000
SHAREABLE = ("shared", "world_readable")
VISIBILITIES = ("joined", "invited", *SHAREABLE)


@frozen
class RoomSettings:
    """As the room asks for; but neither a key for each second, nor one for ever."""

    algorithm: str
    rotation_ms: int
    rotation_messages: int
    visibility: str

    @property
    def shares_history(self) -> bool:
        return self.visibility in SHAREABLE


@define
class Rooms:
    """Encryption, once on, stays on: a server cannot talk us out of it."""

    _records: Records
    _since: str = ""
    _wanted: set[str] = field(factory=set)
    _asked: dict[str, Request] = field(factory=dict)
    _meanwhile: dict[str, dict[str, str]] = field(factory=dict)

    def is_encrypted(self, room_id: str) -> bool:
        return "algorithm" in self._room(room_id)

    def settings(self, room_id: str) -> RoomSettings:
        room = self._room(room_id)
        return RoomSettings(
            room["algorithm"],
            room["rotation_ms"],
            room["rotation_messages"],
            room.get("visibility", "shared"),
        )

    def audience(self, room_id: str) -> list[str]:
        """Who may read what is said now: members; the invited, unless history is members' only."""
        room = self._room(room_id)
        allowed = ("join",) if room.get("visibility") == "joined" else ("join", "invite")
        members = self._members(room_id)
        return [user for user, membership in members.items() if membership in allowed]

    def is_known(self, room_id: str) -> bool:
        """Whether we know all members; if not, they are asked for."""
        if self._room(room_id)["complete"]:
            return True
        self._wanted.add(room_id)
        return False

    def generation(self, room_id: str) -> int:
        return self._records.number(f"room {room_id}")

    def departures(self, room_id: str) -> int:
        """Another one whenever somebody may have left with a key."""
        return self._records.number(f"left {room_id}")

    def receive_place(self, since: str) -> None:
        """How far sync has come: members are asked for as of there."""
        self._since = since

    def receive_state(
        self, room_id: str, events: Iterable[JsonObject], *, limited: bool = False
    ) -> list[str]:
        """In order; the users who are in the room now and were not before."""
        came: list[str] = []
        room, members = self._room(room_id), self._members(room_id)
        for event in events:
            if not isinstance(event, dict) or not isinstance(event.get("state_key"), str):
                continue
            content = optional(event, "content", dict, {})
            match event.get("type"):
                case "m.room.encryption" if event["state_key"] == "":
                    read_settings(room, content)
                case "m.room.history_visibility" if event["state_key"] == "":
                    if content.get("history_visibility") in VISIBILITIES:
                        room["visibility"] = content["history_visibility"]
                case "m.room.member" if isinstance(content.get("membership"), str):
                    user_id, membership = event["state_key"], content["membership"]
                    came += self._receive_member(room_id, members, user_id, membership, limited)
        self._save(room_id, room)
        self._save_members(room_id, members)
        return came

    def complete(self, room_id: str, members: dict[str, str]) -> None:
        """All members, by whoever knows them without asking (a bridge, a test)."""
        self._save(room_id, self._room(room_id) | {"complete": True})
        self._save_members(room_id, members)

    def requests(self, now_ms: int) -> list[Request]:
        for room_id in self._wanted - self._asked.keys():
            query = urlencode({"at": self._since} if self._since else {})
            path = f"{CLIENT}/rooms/{quote(room_id, safe='')}/members"
            path = f"{path}?{query}" if query else path
            id = f"members-{now_ms}-{room_id}"
            self._asked[room_id] = Request(id, "GET", path)
            self._meanwhile[room_id] = {}
        return list(self._asked.values())

    def answered(self, request: Request, answer: JsonObject, now_ms: int) -> list[Happening]:
        """What sync has told since we asked is newer than the answer."""
        room_id = request.id.split("-", 2)[2]
        members = {
            event["state_key"]: event["content"]["membership"]
            for event in optional(answer, "chunk", list, [])
            if isinstance(event, dict)
            and isinstance(event.get("state_key"), str)
            and isinstance(optional(event, "content", dict, {}).get("membership"), str)
        }
        present = {user: one for user, one in members.items() if one in ("join", "invite")}
        self.complete(room_id, present | self._meanwhile.pop(room_id, {}))
        self._done(room_id)
        return []

    def refused(self, request: Request, status: int, now_ms: int) -> list[Happening]:
        """We are not in the room (any more): go on with those whom we saw."""
        room_id = request.id.split("-", 2)[2]
        self.complete(room_id, self._members(room_id))
        self._done(room_id)
        return []

    def _done(self, room_id: str) -> None:
        self._asked.pop(room_id, None)
        self._wanted.discard(room_id)

    def _receive_member(
        self, room_id: str, members: dict[str, str], user_id: str, membership: str, limited: bool
    ) -> list[str]:
        """Whoever goes may keep the key, and in a gap of sync may have come and gone."""
        present = membership in ("join", "invite")
        if members.get(user_id) == membership:
            return []
        if not present or (limited and membership != "join"):
            self._records.next(f"left {room_id}")
        came = [user_id] if present and user_id not in members else []
        members.pop(user_id, None)
        if present:
            members[user_id] = membership
        if room_id in self._meanwhile:
            self._meanwhile[room_id][user_id] = membership
        return came

    def _room(self, room_id: str) -> JsonObject:
        return self._records.get("room", room_id) or {"complete": False}

    def _members(self, room_id: str) -> dict[str, str]:
        """In a record of their own: there may be many, and a message does not need them."""
        return self._records.get("members", room_id) or {}

    def _save_members(self, room_id: str, members: dict[str, str]) -> None:
        if members != self._members(room_id):
            self._records.put("members", room_id, members)
            self._records.next(f"room {room_id}")

    def _save(self, room_id: str, room: JsonObject) -> None:
        if room != self._room(room_id):
            self._records.put("room", room_id, room)
            self._records.next(f"room {room_id}")


def read_settings(room: JsonObject, content: JsonObject) -> None:
    """A room may become stricter, not laxer, and not unencrypted."""
    algorithm = content.get("algorithm")
    if not isinstance(algorithm, str):
        return
    rotation_ms = whole(content, "rotation_period_ms", DEFAULT_ROTATION_MS)
    messages = whole(content, "rotation_period_msgs", DEFAULT_ROTATION_MESSAGES)
    if "algorithm" in room:
        algorithm = room["algorithm"]
        rotation_ms = min(rotation_ms, room["rotation_ms"])
        messages = min(messages, room["rotation_messages"])
    room |= {
        "algorithm": algorithm,
        "rotation_ms": max(rotation_ms, LEAST_ROTATION_MS),
        "rotation_messages": min(max(messages, 1), MOST_ROTATION_MESSAGES),
    }


def whole(content: JsonObject, name: str, default: int) -> int:
    value = content.get(name)
    return (
        value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else default
    )
