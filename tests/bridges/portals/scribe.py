"""A homeserver that is a scribe: it keeps rooms, as much of them as a bridge wants."""

import asyncio
from itertools import count
from typing import Any
from urllib.parse import unquote

from attrs import define, field

from bridges.kit.json_values import JsonObject
from bridges.matrix.client import Client, MatrixError, Unanswered, Upload

BOT = "@netbot:localhost"


@define
class Call:
    """What the homeserver was asked, and as whom."""

    method: str
    path: str
    body: Any
    user: str | None


@define
class Faults:
    """`answers_lost`: so many batches are taken, and their answers lost. In the rooms of `stuck`
    nothing can be sent, and nowhere while `is_away`: who tries waits.
    """

    takes_batches: bool = True
    answers_lost: int = 0
    is_away: bool = False
    stuck: set[str] = field(factory=set)

    moved: asyncio.Event = field(factory=asyncio.Event)
    """Something of that is otherwise now."""

    async def hold_up(self, words: list[str]) -> None:
        while "send" in words and (self.is_away or self.stuck & set(words)):
            await self.moved.wait()


@define(eq=False)
class Scribe(Client):
    """Rooms with members, state and messages, just as much as the bridge wants."""

    calls: list[Call] = field(factory=list)
    state: dict[tuple[str, str, str], JsonObject] = field(factory=dict)
    said: list[tuple[str, str, JsonObject, str]] = field(factory=list)
    """Room, type, content, sender."""
    sent: dict[str, str] = field(factory=dict)
    aliases: dict[str, str] = field(factory=dict)
    events: dict[str, JsonObject] = field(factory=dict)
    files: dict[str, bytes] = field(factory=dict)
    account_data: dict[str, JsonObject] = field(factory=dict)
    refused: set[str] = field(factory=set)
    """Users for whom nobody may speak."""
    past: dict[str, list[str]] = field(factory=dict)
    """The events that were put before what was said in a room, in order."""
    faults: Faults = field(factory=Faults)
    news: asyncio.Event = field(factory=asyncio.Event)
    numbers: Any = field(factory=lambda: count(1))

    async def ask(
        self,
        method: str,
        path: str,
        body: JsonObject | Upload | None = None,
        *,
        user: str | None = None,
        **query: str,
    ) -> JsonObject:
        self.calls.append(Call(method, path, body, user))
        self.news.set()
        if user in self.refused:
            raise MatrixError(403, "M_FORBIDDEN", "Two steps.")
        words = [unquote(it) for it in path.split("/")]
        await self.faults.hold_up(words)
        content = body if isinstance(body, dict) else {}
        match words:
            case [*_, "createRoom"]:
                return self._create(content)
            case [*_, "rooms", room, "send", type, transaction]:
                self._check_level(room, user or BOT)
                return {"event_id": self._send(room, type, content, user or BOT, transaction)}
            case [*_, "rooms", room, "state", type, key]:
                if method == "GET":
                    return self._get(room, type, key)
                self.state[room, type, key] = content
                return {"event_id": f"${next(self.numbers)}"}
            case [*_, "rooms", room, "redact", target, transaction]:
                told = {"redacts": target}
                return {
                    "event_id": self._send(room, "m.room.redaction", told, user or BOT, transaction)
                }
            case [*_, "rooms", room, "join"]:
                self.state[room, "m.room.member", user or BOT] = {"membership": "join"}
            case [*_, "rooms", room, "leave"]:
                self.state[room, "m.room.member", user or BOT] = {"membership": "leave"}
            case [*_, "rooms", room, "joined_members"]:
                return {"joined": {it: {} for it in self.joined(room)}}
            case [*_, "directory", "room", alias] if method == "DELETE":
                self.aliases.pop(alias, None)
            case [*_, "account_data", type]:
                if method == "GET" and type not in self.account_data:
                    raise MatrixError(404, "M_NOT_FOUND", "No such data.")
                if method == "GET":
                    return self.account_data[type]
                self.account_data[type] = content
            case [*_, "directory", "room", alias] if method == "GET":
                return {"room_id": self.aliases[alias]}
            case ["", "_matrix", "client", "versions"]:
                return {
                    "unstable_features": {"com.beeper.batch_sending": self.faults.takes_batches}
                }
            case [*_, "rooms", room, "messages"]:
                return {"chunk": [self.events[it] for it in self.past.get(room, [])]}
            case [*_, "rooms", _, "event", event_id]:
                if event_id not in self.events:
                    raise MatrixError(404, "M_NOT_FOUND", "No such event.")
                return self.events[event_id]
            case [*_, "upload"] if isinstance(body, Upload):
                uri = f"mxc://localhost/{next(self.numbers)}"
                self.files[uri] = body.content
                return {"content_uri": uri}
        return {}

    async def ask_once(self, method: str, path: str, body: JsonObject) -> JsonObject:
        self.calls.append(Call(method, path, body, None))
        words = [unquote(it) for it in path.split("/")]
        return {"event_ids": self._take_batch(words[-2], body["events"])}

    async def download(self, path: str, max_bytes: int) -> bytes:
        uri = "mxc://" + "/".join(path.split("/")[-2:])
        if uri not in self.files:
            raise MatrixError(404, "M_NOT_FOUND", "No such file.")
        return self.files[uri]

    def joined(self, room: str) -> list[str]:
        return [
            key
            for (where, type, key), content in self.state.items()
            if where == room and type == "m.room.member" and content["membership"] == "join"
        ]

    def _take_batch(self, room: str, events: list[JsonObject]) -> list[str]:
        ids = []
        for one in events:
            ids.append(f"$past{next(self.numbers)}")
            self.events[ids[-1]] = one | {"event_id": ids[-1]}
        self.past[room] = ids + self.past.get(room, [])
        if self.faults.answers_lost:
            self.faults.answers_lost -= 1
            raise Unanswered
        return ids

    def _create(self, options: JsonObject) -> JsonObject:
        alias = options.get("room_alias_name")
        if alias and f"#{alias}:localhost" in self.aliases:
            raise MatrixError(400, "M_ROOM_IN_USE", "Taken.")
        room = f"!{next(self.numbers)}:localhost"
        if alias:
            self.aliases[f"#{alias}:localhost"] = room
        for key in ("name", "topic"):
            if key in options:
                self.state[room, f"m.room.{key}", ""] = {key: options[key]}
        for one in options.get("initial_state", ()):
            self.state[room, one["type"], one.get("state_key", "")] = one["content"]
        self.state[room, "m.room.member", BOT] = {"membership": "join"}
        self.state[room, "m.room.power_levels", ""] = {"users": {BOT: 100}}
        for invited in options.get("invite", ()):
            self.state[room, "m.room.member", invited] = {"membership": "invite"}
        return {"room_id": room}

    def _get(self, room: str, type: str, key: str) -> JsonObject:
        if (room, type, key) not in self.state:
            raise MatrixError(404, "M_NOT_FOUND", "No such state.")
        return self.state[room, type, key]

    def _check_level(self, room: str, user: str) -> None:
        levels = self.state.get((room, "m.room.power_levels", ""), {})
        if levels.get("users", {}).get(user, 0) < levels.get("events_default", 0):
            raise MatrixError(403, "M_FORBIDDEN", "Your power level is too low.")

    def _send(self, room: str, type: str, content: JsonObject, sender: str, txn: str) -> str:
        if txn not in self.sent:
            self.sent[txn] = f"${next(self.numbers)}"
            self.said.append((room, type, content, sender))
            self.events[self.sent[txn]] = {"type": type, "sender": sender, "content": content}
        return self.sent[txn]

    def contents(self, room: str, type: str = "m.room.message") -> list[JsonObject]:
        return [content for where, one, content, _ in self.said if (where, one) == (room, type)]

    def texts(self, room: str) -> list[tuple[str, str]]:
        return [
            (sender, str(content.get("body")))
            for where, type, content, sender in self.said
            if where == room and type == "m.room.message"
        ]
