"""A client shaped like Element X, written from what its requests look like: two connections of
sliding sync, one for the list of rooms, which grows, and one for encryption.
"""

import json
import urllib.request
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode

from attrs import define, field

JsonObject = dict[str, Any]

SLIDING = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync"
LISTED_STATE = [
    ["m.room.name", ""],
    ["m.room.encryption", ""],
    ["m.room.member", "$LAZY"],
    ["m.room.member", "$ME"],
    ["m.room.topic", ""],
    ["m.room.canonical_alias", ""],
    ["m.room.power_levels", ""],
    ["org.matrix.msc3401.call.member", "*"],
    ["m.room.join_rules", ""],
    ["m.room.tombstone", ""],
    ["m.room.create", ""],
    ["m.room.history_visibility", ""],
    ["io.element.functional_members", ""],
    ["m.space.parent", "*"],
    ["m.space.child", "*"],
]
ROOM_EXTENSIONS = ("account_data", "receipts", "typing")
THREADS = "io.element.msc4308.thread_subscriptions"
PROFILES = "org.matrix.msc4262.profiles"
BATCH = 20


class Refused(AssertionError):
    def __init__(self, status: int, body: JsonObject) -> None:
        super().__init__(f"{status} {body}")
        self.errcode = body.get("errcode")


@define(eq=False)
class Session:
    """A device that is logged in."""

    base_url: str
    user_id: str = ""
    device_id: str = ""
    token: str = ""

    @classmethod
    def registered(cls, base_url: str, name: str) -> "Session":
        session = cls(base_url)
        body = {"username": name, "password": "correct horse", "auth": {"type": "m.login.dummy"}}
        answer = session.ask("POST", "/v3/register", body)
        session._enter(answer)
        return session

    def another_device(self) -> "Session":
        session = Session(self.base_url)
        identifier = {"type": "m.id.user", "user": self.user_id}
        body = {"type": "m.login.password", "identifier": identifier, "password": "correct horse"}
        session._enter(session.ask("POST", "/v3/login", body))
        return session

    def ask(self, method: str, path: str, body: JsonObject | None = None, **query: Any) -> Any:
        full = path if path.startswith("/_") else f"/_matrix/client{path}"
        url = f"{self.base_url}{full}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise Refused(error.code, json.load(error)) from None

    def says(self, room_id: str, text: str) -> str:
        path = f"/v3/rooms/{quote(room_id)}/send/m.room.message/{text.replace(' ', '-')}"
        body = {"msgtype": "m.text", "body": text}
        return str(self.ask("PUT", path, body)["event_id"])

    def _enter(self, answer: JsonObject) -> None:
        self.user_id, self.device_id = answer["user_id"], answer["device_id"]
        self.token = answer["access_token"]


@define(eq=False)
class ElementX:
    session: Session
    rooms: dict[str, JsonObject] = field(factory=dict)
    texts: dict[str, list[str]] = field(factory=dict)
    extensions: list[JsonObject] = field(factory=list)
    to_device: list[JsonObject] = field(factory=list)
    changed_devices: set[str] = field(factory=set)
    one_time_keys: dict[str, int] = field(factory=dict)
    opened: str = ""
    list_pos: str = ""
    encryption_pos: str = ""
    _to_device_since: str = ""
    _last: int = BATCH - 1

    def syncs_rooms(self, timeout_ms: int = 0) -> JsonObject:
        """One step of the list of rooms; the next one looks further, until it has all."""
        body: JsonObject = {
            "conn_id": "room-list",
            "lists": {
                "all_rooms": {
                    "ranges": [[0, self._last]],
                    "timeline_limit": 1,
                    "required_state": LISTED_STATE,
                    "filters": {"not_room_types": ["m.space"]},
                }
            },
            "extensions": {
                **{name: {"enabled": True, "rooms": ["*"]} for name in ROOM_EXTENSIONS},
                THREADS: {"enabled": True, "limit": 10},
                PROFILES: {"enabled": True, "fields": ["m.status"]},
            },
        }
        if self.opened:
            opened = {"timeline_limit": 20, "required_state": LISTED_STATE}
            body["room_subscriptions"] = {self.opened: opened}
        answer = self._slide(body, self.list_pos, timeout_ms)
        self.list_pos = answer["pos"]
        if answer["lists"]["all_rooms"]["count"] > self._last + 1:
            self._last += 100
        self._take_rooms(answer)
        self.extensions.append(answer["extensions"])
        return answer

    def syncs_encryption(self, timeout_ms: int = 0) -> JsonObject:
        to_device: JsonObject = {"enabled": True}
        if self._to_device_since:
            to_device["since"] = self._to_device_since
        body = {
            "conn_id": "encryption",
            "extensions": {"e2ee": {"enabled": True}, "to_device": to_device},
        }
        answer = self._slide(body, self.encryption_pos, timeout_ms)
        self.encryption_pos = answer["pos"]
        told = answer["extensions"]
        self._to_device_since = told["to_device"]["next_batch"]
        self.to_device += told["to_device"].get("events", [])
        self.changed_devices |= set(told["e2ee"].get("device_lists", {}).get("changed", ()))
        self.one_time_keys = told["e2ee"]["device_one_time_keys_count"]
        return answer

    def _slide(self, body: JsonObject, pos: str, timeout_ms: int) -> JsonObject:
        query = {"timeout": timeout_ms, **({"pos": pos} if pos else {})}
        answer: JsonObject = self.session.ask("POST", SLIDING, body, **query)
        return answer

    def _take_rooms(self, answer: JsonObject) -> None:
        for room_id, entry in answer["rooms"].items():
            if entry.get("initial"):
                self.rooms[room_id], self.texts[room_id] = {}, []
            assert room_id in self.rooms, f"news of a room that was never shown: {entry}"
            told = {key: it for key, it in entry.items() if key not in ("timeline", "initial")}
            self.rooms[room_id].update(told)
            said = [
                event["content"]["body"]
                for event in entry.get("timeline", ())
                if event["type"] == "m.room.message" and "body" in event["content"]
            ]
            if entry.get("unstable_expanded_timeline"):
                self.texts[room_id] = said
            else:
                self.texts[room_id] += said

    def heard(self, extension: str) -> list[JsonObject]:
        """What this extension has told so far."""
        return [told[extension] for told in self.extensions if extension in told]
