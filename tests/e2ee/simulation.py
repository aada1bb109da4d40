"""A homeserver of a few dictionaries, and people with machines, for tests without any I/O."""

import json
from collections import defaultdict
from random import Random
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from attrs import Factory, define

from e2ee.happenings import Decrypted, Happening, NotSent, Sent, Undecryptable
from e2ee.machine import Machine, Me, Options
from e2ee.ratchets.by_vodozemac import Vodozemac
from e2ee.ratchets.ratchet import Ratchets
from e2ee.requests import Request
from e2ee.sharing import ShareWith
from e2ee.store import Store
from e2ee.stores.memory import MemoryStore

Json = dict[str, Any]
SECRET = b"only for tests, and 32 bytes long"
ROOM = "!room:test"


class Refusal(Exception):
    def __init__(self, status: int, body: Json) -> None:
        self.status, self.body = status, body


@define
class SimulatedDevice:
    keys: Json | None = None
    one_time: dict[str, Json] = Factory(dict)
    fallback: dict[str, Json] = Factory(dict)
    fallback_used: bool = False
    inbox: list[tuple[int, Json]] = Factory(list)


@define
class SimulatedServer:
    """Numbers everything it is told, like a real one; `now_ms` is everybody's clock."""

    now_ms: int = 1_000_000
    line: int = 0
    devices: dict[str, dict[str, SimulatedDevice]] = Factory(lambda: defaultdict(dict))
    identities: dict[str, Json] = Factory(dict)
    signatures: dict[str, dict[str, Json]] = Factory(lambda: defaultdict(dict))
    timeline: list[tuple[int, str, Json]] = Factory(list)
    changes: list[tuple[int, str]] = Factory(list)
    seen_transactions: dict[str, Json] = Factory(dict)
    claimed: list[tuple[str, str, str]] = Factory(list)
    claimed_keys: list[str] = Factory(list)
    backups: list[Json] = Factory(list)
    unreachable: set[str] = Factory(set)
    ask_for_proof: bool = False

    # What happens

    def next(self) -> int:
        self.line += 1
        return self.line

    def event(self, room_id: str, sender: str, type: str, content: Json, **more: Any) -> Json:
        number = self.next()
        event = {
            "event_id": f"${number}",
            "sender": sender,
            "type": type,
            "content": json.loads(json.dumps(content)),
            "origin_server_ts": self.now_ms,
            **more,
        }
        self.timeline.append((number, room_id, event))
        return event

    def state(self, room_id: str, sender: str, type: str, key: str, content: Json) -> None:
        self.event(room_id, sender, type, content, state_key=key)

    def membership(self, room_id: str, user_id: str, membership: str) -> None:
        self.state(room_id, user_id, "m.room.member", user_id, {"membership": membership})
        if membership == "join":
            for other in self.members(room_id):
                self.changes.append((self.next(), other))

    def members(self, room_id: str, *wanted: str) -> dict[str, str]:
        found = {}
        for _, room, event in self.timeline:
            if room == room_id and event["type"] == "m.room.member":
                found[event["state_key"]] = event["content"]["membership"]
        return {user: one for user, one in found.items() if one in (wanted or ("join",))}

    # What is asked

    def answer(self, user_id: str, device_id: str, request: Request) -> Json:
        url = urlsplit(request.path)
        parts = [unquote(part) for part in url.path.removeprefix("/_matrix/client/v3/").split("/")]
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        body: Json = json.loads(json.dumps(request.body or {}))
        match parts:
            case ["keys", "upload"]:
                return self._upload(user_id, device_id, body)
            case ["keys", "query"]:
                return self._query(user_id, body)
            case ["keys", "claim"]:
                return self._claim(body)
            case ["keys", "device_signing", "upload"]:
                return self._upload_identity(user_id, body)
            case ["keys", "signatures", "upload"]:
                return self._upload_signatures(user_id, body)
            case ["sendToDevice", type, txn]:
                return self._to_device(user_id, device_id, type, txn, body)
            case ["rooms", room_id, "members"]:
                chunk = [
                    {"type": "m.room.member", "state_key": user, "content": {"membership": one}}
                    for user, one in self.members(room_id, "join", "invite").items()
                ]
                return {"chunk": chunk}
            case ["rooms", room_id, "send", type, txn]:
                return self._send(user_id, device_id, room_id, type, txn, body)
            case ["room_keys", *rest]:
                return self._backup(request.method, rest, query, body)
        raise AssertionError(f"nobody asked for {request.path} before")

    def sync(self, user_id: str, device_id: str, since: int | None) -> Json:
        """What came after; messages before that place are delivered and gone."""
        device = self.devices[user_id][device_id]
        after = since or 0
        device.inbox = [(n, message) for n, message in device.inbox if n > after]
        rooms: dict[str, Json] = {}
        for number, room_id, event in self.timeline:
            in_room = user_id in self.members(room_id)
            own = event["type"] == "m.room.member" and event["state_key"] == user_id
            if number > after and (in_room or own):
                room = rooms.setdefault(room_id, {"timeline": {"events": []}})
                room["timeline"]["events"].append(json.loads(json.dumps(event)))
        changed = [user for number, user in self.changes if number > after]
        response: Json = {
            "next_batch": str(self.line),
            "rooms": {"join": rooms},
            "to_device": {"events": [message for _, message in device.inbox]},
            "device_one_time_keys_count": {"signed_curve25519": len(device.one_time)},
            "device_unused_fallback_key_types": []
            if device.fallback_used or not device.fallback
            else ["signed_curve25519"],
        }
        if since is not None:
            response["device_lists"] = {"changed": sorted(set(changed)), "left": []}
        return response

    def remove_device(self, user_id: str, device_id: str) -> None:
        del self.devices[user_id][device_id]
        self.changes.append((self.next(), user_id))

    def _upload(self, user_id: str, device_id: str, body: Json) -> Json:
        device = self.devices[user_id].setdefault(device_id, SimulatedDevice())
        if "device_keys" in body:
            device.keys = body["device_keys"]
            self.changes.append((self.next(), user_id))
        given = {name for user, its, name in self.claimed if (user, its) == (user_id, device_id)}
        for name, key in body.get("one_time_keys", {}).items():
            known = device.one_time.get(name)
            if known is not None and known != key:
                raise Refusal(400, {"errcode": "M_UNKNOWN"})
            if name not in given:
                device.one_time[name] = key
        if "fallback_keys" in body:
            device.fallback, device.fallback_used = body["fallback_keys"], False
        return {"one_time_key_counts": {"signed_curve25519": len(device.one_time)}}

    def _query(self, asking: str, body: Json) -> Json:
        answer: Json = {"device_keys": {}, "failures": {}}
        for user_id in body["device_keys"]:
            if user_id in self.unreachable:
                answer["failures"][user_id.partition(":")[2]] = {}
                continue
            answer["device_keys"][user_id] = {
                device_id: self._signed(user_id, device_id, device.keys)
                for device_id, device in self.devices[user_id].items()
                if device.keys is not None
            }
            for name, keys in self.identities.get(user_id, {}).items():
                if name != "user_signing" or user_id == asking:
                    key = next(iter(keys["keys"].values()))
                    whole = self._signed(user_id, key, keys, asking)
                    answer.setdefault(f"{name}_keys", {})[user_id] = whole
        return answer

    def _signed(self, user_id: str, key: str, keys: Json, asking: str | None = None) -> Json:
        """With the signatures that others have added; those of users only they see."""
        copy: Json = json.loads(json.dumps(keys))
        for signer, signed in self.signatures[user_id].get(key, {}).items():
            if signer in (user_id, asking):
                copy.setdefault("signatures", {}).setdefault(signer, {}).update(signed)
        return copy

    def _claim(self, body: Json) -> Json:
        answer: dict[str, Json] = {}
        for user_id, devices in body["one_time_keys"].items():
            for device_id in devices:
                device = self.devices[user_id].get(device_id, SimulatedDevice())
                if device.one_time:
                    name = next(iter(device.one_time))
                    self.claimed.append((user_id, device_id, name))
                    found = {name: device.one_time.pop(name)}
                    self.claimed_keys.append(found[name]["key"])
                else:
                    found, device.fallback_used = device.fallback, bool(device.fallback)
                answer.setdefault(user_id, {})[device_id] = found
        return {"one_time_keys": answer, "failures": {}}

    def _upload_identity(self, user_id: str, body: Json) -> Json:
        if self.ask_for_proof and body.get("auth") != {"password": "right"}:
            raise Refusal(401, {"flows": [{"stages": ["m.login.password"]}], "session": "s"})
        self.identities[user_id] = {
            name: body[f"{name}_key"] for name in ("master", "self_signing", "user_signing")
        }
        self.changes.append((self.next(), user_id))
        return {}

    def _upload_signatures(self, user_id: str, body: Json) -> Json:
        for target, keys in body.items():
            for key, signed in keys.items():
                by_user = self.signatures[target].setdefault(key, {})
                by_user.setdefault(user_id, {}).update(signed["signatures"][user_id])
            self.changes.append((self.next(), target))
        return {"failures": {}}

    def _to_device(self, user_id: str, device_id: str, type: str, txn: str, body: Json) -> Json:
        if f"{user_id} {device_id} {txn}" not in self.seen_transactions:
            self.seen_transactions[f"{user_id} {device_id} {txn}"] = {}
            for target, messages in body["messages"].items():
                everywhere = messages.get("*")
                for target_device, content in (
                    dict.fromkeys(self.devices[target], everywhere) if everywhere else messages
                ).items():
                    if target_device in self.devices[target]:
                        message = {"sender": user_id, "type": type, "content": content}
                        inbox = self.devices[target][target_device].inbox
                        inbox.append((self.next(), message))
        return {}

    def _send(
        self, user_id: str, device_id: str, room_id: str, type: str, txn: str, body: Json
    ) -> Json:
        place = f"{user_id} {device_id} {txn}"
        if place not in self.seen_transactions:
            event = self.event(room_id, user_id, type, body)
            self.seen_transactions[place] = {"event_id": event["event_id"]}
        return self.seen_transactions[place]

    def _backup(self, method: str, rest: list[str], query: Json, body: Json) -> Json:
        if rest == ["version"] and method == "POST":
            self.backups.append(body | {"version": str(len(self.backups) + 1), "rooms": {}})
            return {"version": self.backups[-1]["version"]}
        if not self.backups:
            raise Refusal(404, {"errcode": "M_NOT_FOUND"})
        newest = self.backups[-1]
        if rest == ["version"]:
            return {name: newest[name] for name in ("algorithm", "auth_data", "version")}
        if query["version"] != newest["version"]:
            raise Refusal(403, {"errcode": "M_WRONG_ROOM_KEYS_VERSION"})
        if method == "GET":
            return {"rooms": newest["rooms"]}
        for room_id, room in body["rooms"].items():
            sessions = newest["rooms"].setdefault(room_id, {"sessions": {}})["sessions"]
            sessions.update(room["sessions"])
        return {"count": 0, "etag": "0"}


class Person:
    """Somebody's device: a machine, its store, and what it has heard."""

    def __init__(
        self,
        server: SimulatedServer,
        user_id: str,
        device_id: str,
        ratchets: Ratchets | None = None,
        share_with: ShareWith = ShareWith.IDENTIFIED,
        store: Store | None = None,
    ) -> None:
        self.server, self.me = server, Me(user_id, device_id)
        self.random = Random(f"{user_id} {device_id}")
        self.options = Options(ratchets or Vodozemac(), self.random.randbytes, share_with)
        self.store: Store = store or MemoryStore()
        self.since: int | None = None
        self.heard: list[Happening] = []
        self.sent: list[Request] = []
        server.devices[user_id].setdefault(device_id, SimulatedDevice())
        self.machine = self.opened()

    def opened(self) -> Machine:
        return Machine.open(self.me, self.store, SECRET, self.options)

    def restarts(self) -> None:
        """Its process dies, and begins again from the store."""
        self.machine = self.opened()

    def settles(self) -> "Person":
        for _ in range(50):
            requests = self.machine.requests(self.server.now_ms)
            self.heard += self.machine.take_happenings()
            if not requests:
                return self
            for request in requests:
                self.carries(request)
        raise AssertionError(f"{self.me} never settles: {requests}")

    def carries(self, request: Request) -> None:
        self.sent.append(request)
        try:
            answer = self.server.answer(self.me.user_id, self.me.device_id, request)
        except Refusal as refusal:
            self.heard += self.machine.receive_refusal(
                request.id, refusal.status, refusal.body, self.server.now_ms
            )
        else:
            self.heard += self.machine.receive_response(request.id, answer, self.server.now_ms)

    def syncs(self) -> "Person":
        response = self.server.sync(self.me.user_id, self.me.device_id, self.since)
        self.takes(response)
        return self.settles()

    def takes(self, response: Json) -> None:
        self.heard += self.machine.receive_sync(response, self.server.now_ms)
        for room_id, room in response["rooms"]["join"].items():
            for event in room["timeline"]["events"]:
                self.heard += self.machine.receive_event(room_id, event, self.server.now_ms)
        self.since = int(response["next_batch"])

    def says(self, body: str, room_id: str = ROOM) -> str:
        """The event's id; raises what stands in the way."""
        content = {"msgtype": "m.text", "body": body}
        id = self.machine.send(room_id, "m.room.message", content)
        self.settles()
        for one in self.heard:
            if isinstance(one, NotSent) and one.id == id:
                raise one.error
        return next(one.event_id for one in self.heard if isinstance(one, Sent) and one.id == id)

    def read(self) -> list[str]:
        """The texts that could be decrypted, in the order in which they could."""
        return [
            one.event["content"].get("body")
            for one in self.heard
            if isinstance(one, Decrypted) and one.event["type"] == "m.room.message"
        ]

    def unread(self) -> list[Undecryptable]:
        return self.of(Undecryptable)

    def of(self, kind: type[Any]) -> list[Any]:
        return [one for one in self.heard if isinstance(one, kind)]

    def creates_identity(self) -> "Person":
        self.machine.create_identity()
        return self.settles()


def encrypted_room(server: SimulatedServer, *user_ids: str, **settings: Any) -> None:
    for user_id in user_ids:
        server.membership(ROOM, user_id, "join")
    content = {"algorithm": "m.megolm.v1.aes-sha2", **settings}
    server.state(ROOM, user_ids[0], "m.room.encryption", "", content)


def people(*names: str, **options: Any) -> tuple[SimulatedServer, list[Person]]:
    """Each with one device, all in one encrypted room."""
    server = SimulatedServer()
    everybody = [Person(server, f"@{name}:test", name.upper(), **options) for name in names]
    encrypted_room(server, *[one.me.user_id for one in everybody])
    for one in everybody:
        one.settles()
    for one in everybody:
        one.syncs()
    return server, everybody


def until_quiet(*everybody: Person) -> None:
    """Everybody syncs until nobody hears anything new."""
    for _ in range(20):
        heard = sum(len(one.heard) + len(one.sent) for one in everybody)
        for one in everybody:
            one.syncs()
        if heard == sum(len(one.heard) + len(one.sent) for one in everybody):
            return
    raise AssertionError("they never stop")
