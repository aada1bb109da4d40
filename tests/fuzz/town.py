"""Alice and what is hers, and mallory who has no right to any of it."""

import secrets
from operator import itemgetter
from typing import Any

from attrs import field, frozen

from tests.clients.started_server import Homeserver
from tests.fuzz.wire import Answer, Wire
from tests.spec.check import SpecChecker

CLIENT = "/_matrix/client/v3"
PASSING = {"age", "last_seen_ts", "last_seen_ip", "last_active_ago"}
"""What changes by itself."""


@frozen
class Resident:
    user_id: str
    device_id: str
    token: str
    wire: Wire = field(repr=False)

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        return self.wire.ask(method, path, body, self.token)

    def does(self, method: str, path: str, body: Any = None) -> Any:
        """What a request that must succeed answers."""
        answer = self.ask(method, f"{CLIENT}{path}", body)
        assert answer.status == 200, f"{method} {path}: {answer.status} {answer.raw[:300]!r}"
        return answer.json

    def creates_room(self, **options: Any) -> str:
        return str(self.does("POST", "/createRoom", options)["room_id"])


@frozen
class Town:
    wire: Wire = field(repr=False)
    alice: Resident
    mallory: Resident
    room_id: str
    event_id: str
    alias: str

    @classmethod
    def found(cls, server: Homeserver, spec: SpecChecker) -> "Town":
        wire = Wire(server.base_url, spec)
        alice, mallory = settle(wire, "alice"), settle(wire, "mallory")
        alias = f"town-{secrets.token_hex(4)}"
        room_id = alice.creates_room(name="Town hall", room_alias_name=alias)
        event_id = speak(alice, room_id, "welcome")
        keep_things(alice, room_id)
        full_alias = f"#{alias}:{alice.user_id.partition(':')[2]}"
        return cls(wire, alice, mallory, room_id, event_id, full_alias)

    def values(self, actor: Resident) -> dict[str, str]:
        """A value for each parameter of a path: the actor's own, or what is alice's."""
        return {
            "roomId": self.room_id,
            "roomIdOrAlias": self.alias,
            "roomAlias": self.alias,
            "eventId": self.event_id,
            "userId": actor.user_id,
            "deviceId": actor.device_id,
            "eventType": "m.room.message",
            "stateKey": "",
            "txnId": secrets.token_hex(8),
            "type": "com.example.fuzz",
            "keyName": "com.example.fuzz",
            "tag": "u.fuzz",
            "kind": "override",
            "ruleId": ".m.rule.master",
            "receiptType": "m.read",
            "relType": "m.thread",
            "filterId": "0",
            "serverName": actor.user_id.partition(":")[2],
        }

    def everything_of_alice(self) -> dict[str, Any]:
        """All that no one but alice may change; compare it before and after."""
        room, user = f"/rooms/{self.room_id}", f"/user/{self.alice.user_id}"
        paths = [
            "/joined_rooms",
            "/devices",
            "/pushrules/",
            f"{room}/state",
            f"{room}/messages?dir=b&limit=50",
            f"{room}/joined_members",
            f"{user}/account_data/com.example.kept",
            f"{user}{room}/account_data/com.example.kept",
            f"{user}{room}/tags",
            f"/profile/{self.alice.user_id}",
            f"/directory/list{room.replace('/rooms', '/room')}",
            f"/directory/room/{self.alias.replace('#', '%23')}",
        ]
        things = {path: lasting(self.alice.does("GET", path)) for path in paths}
        things[f"{room}/state"].sort(key=itemgetter("event_id"))  # In no order of its own.
        return things


def settle(wire: Wire, name: str) -> Resident:
    account = {
        "username": f"{name}-{secrets.token_hex(4)}",
        "password": secrets.token_urlsafe(12),
        "auth": {"type": "m.login.dummy"},
    }
    session = wire.ask("POST", f"{CLIENT}/register", account).json
    return Resident(session["user_id"], session["device_id"], session["access_token"], wire)


def speak(person: Resident, room_id: str, body: str) -> str:
    path = f"/rooms/{room_id}/send/m.room.message/{secrets.token_hex(8)}"
    return str(person.does("PUT", path, {"msgtype": "m.text", "body": body})["event_id"])


def keep_things(person: Resident, room_id: str) -> None:
    user = f"/user/{person.user_id}"
    kept = "/account_data/com.example.kept"
    person.does("PUT", f"{user}{kept}", {"colour": "green"})
    person.does("PUT", f"{user}/rooms/{room_id}{kept}", {"colour": "blue"})
    person.does("PUT", f"{user}/rooms/{room_id}/tags/u.kept", {"order": 0.5})


def lasting(value: Any) -> Any:
    """The value without what changes by itself."""
    if isinstance(value, dict):
        return {name: lasting(inner) for name, inner in value.items() if name not in PASSING}
    if isinstance(value, list):
        return [lasting(inner) for inner in value]
    return value
