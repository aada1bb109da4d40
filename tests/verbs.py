"""What people say and do, on a server in memory as on one that runs."""

from abc import ABC, abstractmethod
from typing import Any, Protocol
from urllib.parse import quote

JsonObject = dict[str, Any]


class Answering(Protocol):
    """A request that was sent."""

    def json(self) -> JsonObject:
        """The body of a 2xx answer; anything else raises an AssertionError."""


class Speaker(ABC):
    """Somebody with a client. Paths below /_matrix/client are written without it."""

    @property
    @abstractmethod
    def user_id(self) -> str: ...

    @abstractmethod
    def number(self) -> int:
        """A new one each time."""

    @abstractmethod
    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Answering: ...

    def get(self, path: str, **query: Any) -> JsonObject:
        return self.ask("GET", path, **query).json()

    def put(self, path: str, body: Any = None, **query: Any) -> JsonObject:
        return self.ask("PUT", path, {} if body is None else body, **query).json()

    def post(self, path: str, body: Any = None, **query: Any) -> JsonObject:
        return self.ask("POST", path, {} if body is None else body, **query).json()

    def delete(self, path: str, body: Any = None, **query: Any) -> JsonObject:
        return self.ask("DELETE", path, body, **query).json()

    # -- rooms

    def creates_room(self, **options: Any) -> str:
        return str(self.post("/v3/createRoom", options)["room_id"])

    def creates_space(self, **options: Any) -> str:
        """One that everybody may join."""
        kind = {"creation_content": {"type": "m.space"}, "preset": "public_chat"}
        return self.creates_room(**{**kind, **options})

    def invites(self, room: str, *others: "Speaker") -> None:
        for other in others:
            self.post(f"/v3/rooms/{quote(room)}/invite", {"user_id": other.user_id})

    def joins(self, room: str, *via: str) -> str:
        """By id or alias, with the help of other servers; the room's id."""
        return str(self.post(f"/v3/join/{quote(room, safe='')}", **_through(via))["room_id"])

    def knocks(self, room: str, *via: str) -> None:
        self.post(f"/v3/knock/{quote(room, safe='')}", **_through(via))

    def leaves(self, room: str) -> None:
        self.post(f"/v3/rooms/{quote(room)}/leave")

    def kicks(self, room: str, other: "Speaker") -> None:
        self.post(f"/v3/rooms/{quote(room)}/kick", {"user_id": other.user_id})

    def bans(self, room: str, other: "Speaker | str") -> None:
        user_id = other if isinstance(other, str) else other.user_id
        self.post(f"/v3/rooms/{quote(room)}/ban", {"user_id": user_id})

    def unbans(self, room: str, other: "Speaker") -> None:
        self.post(f"/v3/rooms/{quote(room)}/unban", {"user_id": other.user_id})

    def gives_power(self, room: str, other: "Speaker", level: int) -> str:
        content = self.state(room, "m.room.power_levels")
        content["users"] = {**content.get("users", {}), other.user_id: level}
        return self.sets(room, "m.room.power_levels", content)

    def sends(self, room: str, text: str = "", txn: str = "", **content: Any) -> str:
        """A text message, or any message with the given content; its event id."""
        message = {"msgtype": "m.text", "body": text, **content}
        return self.sends_event(room, "m.room.message", message, txn)

    def sends_event(self, room: str, type: str, content: JsonObject, txn: str = "") -> str:
        txn = txn or f"t{self.number()}"
        path = f"/v3/rooms/{quote(room)}/send/{quote(type)}/{quote(txn, safe='')}"
        return str(self.put(path, content)["event_id"])

    def sets(self, room: str, type: str, content: JsonObject, state_key: str = "") -> str:
        path = f"/v3/rooms/{quote(room)}/state/{quote(type)}/{quote(state_key, safe='')}"
        return str(self.put(path, content)["event_id"])

    def redacts(self, room: str, event_id: str) -> str:
        path = f"/v3/rooms/{quote(room)}/redact/{quote(event_id, safe='')}/t{self.number()}"
        return str(self.put(path)["event_id"])

    def reacts(self, room: str, event_id: str, key: str) -> str:
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return self.sends_event(room, "m.reaction", {"m.relates_to": relation})

    def types(self, room: str, typing: bool = True) -> None:
        body = {"typing": typing, **({"timeout": 30_000} if typing else {})}
        self.put(f"/v3/rooms/{quote(room)}/typing/{quote(self.user_id)}", body)

    def is_present(self, presence: str, status: str) -> None:
        body = {"presence": presence, "status_msg": status}
        self.put(f"/v3/presence/{quote(self.user_id)}/status", body)

    def state(self, room: str, type: str, state_key: str = "") -> JsonObject:
        return self.get(f"/v3/rooms/{quote(room)}/state/{quote(type)}/{quote(state_key, safe='')}")


def _through(via: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The servers to ask; `server_name` is what it was called before Matrix 1.12."""
    return {"via": via, "server_name": via} if via else {}
