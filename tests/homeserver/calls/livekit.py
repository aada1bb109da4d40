"""A LiveKit server of the tests: it knows rooms and who is in them, and asks for its key."""

import json
from base64 import b64encode
from hashlib import sha256
from typing import Any

import jwt
from attrs import define, field

from homeserver.http.request import Request
from homeserver.http.response import Response, json_response
from tests.internet import Internet, Website
from tests.people import Exchange, FakeClock, JsonObject, Person, Server

URL = "wss://livekit.test"
API_URL = "http://livekit.test:7880"
ADDRESS = "198.51.100.77"
KEY, SECRET = "isthmus", "a secret that LiveKit and the homeserver share"
SERVICE = "/_matrix/livekit/jwt"


@define(eq=False)
class FakeLiveKit:
    """`rooms` are participants by room; `is_away` makes it answer nothing of use."""

    clock: FakeClock
    rooms: dict[str, set[str]] = field(factory=dict)
    removed: list[tuple[str, str]] = field(factory=list)
    is_away: bool = False

    def listen(self, internet: Internet) -> None:
        internet.hosts["livekit.test"] = [ADDRESS]
        internet.listen(ADDRESS, 7880, Website(self.answer).factory(internet.clock))

    def answer(self, request: Request) -> Response:
        if self.is_away:
            return said(503, {})
        token = (request.access_token() or "").encode()
        grants = claims_of(token.decode())["video"]
        body = request.json_object()
        name = body.get("name") or body["room"]
        assert grants["room"] == name
        match request.path.rpartition("/")[2]:
            case "CreateRoom":
                assert grants["roomCreate"]
                self.rooms.setdefault(name, set())
                return said(200, {"name": name})
            case "GetParticipant":
                assert grants["roomAdmin"]
                known = body["identity"] in self.rooms.get(name, ())
                return said(200, {"identity": body["identity"]}) if known else said(404, {})
            case "RemoveParticipant":
                assert grants["roomAdmin"]
                self.removed.append((name, body["identity"]))
                self.rooms.get(name, set()).discard(body["identity"])
                return said(200, {})
        return said(404, {})

    def lets_in(self, token: str) -> JsonObject:
        """Somebody comes with a token; what it grants. Only rooms that are there can be entered."""
        claims = claims_of(token)
        assert claims["nbf"] <= self.clock.now_ms() / 1000 < claims["exp"]
        grants: JsonObject = claims["video"]
        assert grants["roomJoin"] and not grants["roomCreate"]
        self.rooms[grants["room"]].add(claims["sub"])
        return grants

    def tells(self, server: Server, event: str, room: str, identity: str) -> Exchange:
        happening = {"event": event, "room": {"name": room}, "participant": {"identity": identity}}
        return post_signed(server, json.dumps(happening).encode(), SECRET, self.clock)


def post_signed(server: Server, body: bytes, secret: str, clock: FakeClock) -> Exchange:
    claims = {
        "iss": KEY,
        "exp": clock.now_ms() // 1000 + 300,
        "sha256": b64encode(sha256(body).digest()).decode(),
    }
    headers = {
        "Authorization": jwt.encode(claims, secret, algorithm="HS256"),
        "Content-Type": "application/webhook+json",
    }
    return server.exchange("POST", SERVICE + "/sfu_webhook", body, headers)


def claims_of(token: str) -> JsonObject:
    claims: JsonObject = jwt.decode(
        token,
        SECRET,
        algorithms=["HS256"],
        issuer=KEY,
        options={"verify_exp": False, "verify_nbf": False},
    )
    return claims


def said(status: int, body: Any) -> Response:
    return json_response(body, status)


@define(eq=False)
class Talk:
    """People, their homeserver, and LiveKit beside it."""

    server: Server
    internet: Internet
    livekit: FakeLiveKit

    def post(self, person: Person, path: str, body: JsonObject) -> JsonObject:
        asked = person.ask("POST", path, body)
        self.internet.settle()
        return asked.json()

    def openid(self, person: Person) -> JsonObject:
        return person.post(f"/v3/user/{person.user_id}/openid/request_token")

    def token(self, person: Person, room: str, **more: Any) -> str:
        """By the endpoint of Element Call today."""
        body = {"room_id": room, "slot_id": "m.call#ROOM", "member": member(person), **more}
        shown = {"openid_token": self.openid(person)}
        answer = self.post(self.server.anonymous, SERVICE + "/get_token", {**body, **shown})
        assert answer["url"] == URL
        return str(answer["jwt"])


def member(person: Person) -> JsonObject:
    return {
        "id": f"member of {person.name}",
        "claimed_user_id": person.user_id,
        "claimed_device_id": person.device_id,
    }
