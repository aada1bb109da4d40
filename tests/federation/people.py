"""People with real clients: they speak HTTP, and gather what their syncs bring."""

import http.client
import json
import time
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from attrs import define, field, frozen

from tests.federation.gathered import Gathered
from tests.federation.homeservers import Homeserver
from tests.people import Refused, checker
from tests.verbs import JsonObject, Speaker

T = TypeVar("T")

JSON = "application/json"
PATIENCE_S = 30.0
ANSWER_S = 120.0
LONG_TIMELINES = {"room": {"timeline": {"limit": 100}}}

_numbers = count(1)


@frozen
class Answer:
    """What a server answered; ours must answer as the specification says."""

    line: str
    status: int
    headers: dict[str, str]
    content: bytes
    is_ours: bool

    def json(self) -> JsonObject:
        """The body of a 2xx answer; anything else raises Refused."""
        is_json = self.headers.get("content-type", "").startswith("application/json")
        value: JsonObject = json.loads(self.content) if is_json else {}
        if self.is_ours:
            method, path = self.line.split(" ", 1)
            checker.check(method, path.partition("?")[0], self.status, value, self.headers)
        if not 200 <= self.status < 300:
            raise Refused(self.line, self.status, value)
        return value


@define(eq=False)
class Person(Speaker):
    """Somebody on a running server."""

    home: Homeserver
    name: str
    token: str = ""
    device_id: str = ""
    gathered: Gathered = field(factory=Gathered, init=False)
    _since: str = field(default="", init=False)
    _connection: http.client.HTTPConnection | None = field(default=None, init=False)

    @property
    def user_id(self) -> str:
        return f"@{self.name}:{self.home.name}"

    def number(self) -> int:
        return next(_numbers)

    def registers(self, password: str = "correct horse battery") -> None:
        body = {"username": self.name, "password": password, "auth": {"type": "m.login.dummy"}}
        answer = self.post("/v3/register", body)
        self.token, self.device_id = answer["access_token"], answer["device_id"]

    def logs_in(self, password: str = "correct horse battery") -> "Person":
        """The same person on a new device."""
        identifier = {"type": "m.id.user", "user": self.name}
        body = {"type": "m.login.password", "identifier": identifier, "password": password}
        answer = self.post("/v3/login", body)
        return Person(self.home, self.name, answer["access_token"], answer["device_id"])

    # -- any request

    def ask(
        self, method: str, path: str, body: Any = None, type: str = JSON, **query: Any
    ) -> Answer:
        full = path if path.startswith(("/_", "/.")) else "/_matrix/client" + path
        if query:
            full += "&" if "?" in full else "?"
            full += urlencode({k: _text(v) for k, v in query.items()}, doseq=True)
        is_bytes = isinstance(body, bytes)
        data = body if is_bytes else b"" if body is None else json.dumps(body).encode()
        headers = {"Content-Type": type}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        status, answered, content = self._exchange(method, full, data, headers)
        is_ours = self.home.product.name == "Isthmus"
        return Answer(f"{method} {full}", status, answered, content, is_ours)

    def _exchange(
        self, method: str, path: str, data: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """On the connection that is open, or a new one where the server was restarted."""
        for is_last in (False, True):
            if self._connection is None:
                site = self.home.site
                self._connection = http.client.HTTPConnection(
                    site.address, site.client_port, timeout=ANSWER_S
                )
            try:
                self._connection.request(method, path, data, headers)
                answer = self._connection.getresponse()
                found = {name.lower(): value for name, value in answer.getheaders()}
                return answer.status, found, answer.read()
            except (OSError, http.client.HTTPException):
                self._connection.close()
                self._connection = None
                if is_last:
                    raise
        raise AssertionError

    def pages_back(self, room: str, limit: int = 0) -> list[JsonObject]:
        """The events of a room, the newest first: about `limit` of them, or all."""
        found: list[JsonObject] = []
        query: dict[str, Any] = {"dir": "b", "limit": min(limit or 100, 100)}
        while True:
            page = self.get(room_path(room, "messages"), **query)
            found += page["chunk"]
            if "end" not in page or (limit and len(found) >= limit):
                return found
            query["from"] = page["end"]

    def heard(self, room: str) -> list[str]:
        """The ids of the newest events, in order."""
        return [event["event_id"] for event in reversed(self.pages_back(room, 100))]

    def state_ids(self, room: str) -> dict[tuple[str, str], str]:
        """The whole state of a room."""
        events: Any = self.get(room_path(room, "state"))
        return {(e["type"], e["state_key"]): e["event_id"] for e in events}

    def uploads(self, content: bytes, type: str, name: str) -> str:
        """The server and the id of a file, as they stand in paths."""
        answer = self.ask("POST", "/_matrix/media/v3/upload", content, type, filename=name).json()
        return str(answer["content_uri"]).removeprefix("mxc://")

    # -- what came

    def syncs(self, wait_s: float = 0) -> Gathered:
        """What is new is added to what was gathered before."""
        query: dict[str, Any] = {"timeout": round(wait_s * 1000), "filter": LONG_TIMELINES}
        if self._since:
            query["since"] = self._since
        answer = self.get("/v3/sync", **query)
        self._since = answer["next_batch"]
        self.gathered.add(answer)
        return self.gathered

    def token_of_sync(self) -> str:
        """Where a sync of just now ends."""
        self.syncs()
        return self._since

    def waits(self, wish: Callable[[Gathered], T], seconds: float = PATIENCE_S) -> T:
        """Sync until the wish is fulfilled; what fulfilled it."""
        deadline = time.monotonic() + seconds
        while not (found := wish(self.gathered)):
            left = deadline - time.monotonic()
            assert left > 0, f"{self.user_id} waits in vain; it has {self.gathered}"
            self.syncs(min(left, 2))
        return found

    def sees(self, room: str, event_id: str, seconds: float = PATIENCE_S) -> JsonObject:
        """The event, once it is in this person's timeline."""
        event = self.waits(lambda gathered: gathered.event(room, event_id), seconds)
        assert event is not None
        return event

    def sees_member(self, room: str, other: Speaker, membership: str) -> None:
        self.waits(lambda gathered: gathered.membership(room, other.user_id) == membership)

    def sees_content(self, room: str, type: str, state_key: str = "", **content: Any) -> None:
        """Waits until a piece of state holds this among its content."""

        def is_there(gathered: Gathered) -> bool:
            event = gathered.states.get(room, {}).get((type, state_key), {})
            return bool(content.items() <= event.get("content", {}).items())

        self.waits(is_there)

    def sees_receipt(self, room: str, event_id: str, other: Speaker) -> JsonObject:
        def found(gathered: Gathered) -> JsonObject:
            read = gathered.receipts.get(room, {}).get(event_id, {}).get("m.read", {})
            return dict(read.get(other.user_id, {}))

        return self.waits(found)

    def sees_typing(self, room: str, user_ids: list[str]) -> None:
        self.waits(lambda gathered: gathered.typing.get(room) == user_ids)

    def sees_presence(self, other: Speaker, status: str) -> None:
        self.waits(
            lambda gathered: gathered.presence.get(other.user_id, {}).get("status_msg") == status
        )

    def reads(self, room: str, event_id: str, **body: Any) -> None:
        self.post(room_path(room, "receipt", "m.read", event_id), body)

    def sends_related(self, room: str, text: str, relation: JsonObject) -> str:
        content = {"msgtype": "m.text", "body": text, "m.relates_to": relation}
        return self.sends_event(room, "m.room.message", content)

    def is_invited(self, room: str) -> list[JsonObject]:
        """Waits for the invite; the stripped state that came with it."""
        return self.waits(lambda gathered: gathered.invites.get(room, []))


def somebody(home: Homeserver, name: str) -> Person:
    """Somebody new, with a name that nobody else has."""
    person = Person(home, f"{name}-{next(_numbers)}")
    person.registers()
    return person


def shared_room(alice: Person, bob: Person, version: str) -> str:
    """A public room of alice's in which bob is too, and both know it."""
    room = alice.creates_room(room_version=version, preset="public_chat")
    bob.joins(room, alice.home.name)
    alice.sees_member(room, bob, "join")
    bob.sees_member(room, alice, "join")
    return room


def until(wish: Callable[[], T | None], seconds: float = PATIENCE_S) -> T:
    """Ask again and again until there is something; a refusal is nothing."""
    deadline = time.monotonic() + seconds
    while True:
        refusal: Refused | None = None
        try:
            if found := wish():
                return found
        except Refused as error:
            refusal = error
        if time.monotonic() > deadline:
            raise AssertionError(f"This did not happen within {seconds} s.") from refusal
        time.sleep(0.1)


def room_path(room: str, *parts: str) -> str:
    return "/v3/rooms/" + "/".join(quote(part, safe="") for part in (room, *parts))


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict) else value
