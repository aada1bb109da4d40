"""People who use a homeserver through the client API."""

import hashlib
import hmac
from typing import Any
from urllib.parse import quote

import orjson
from attrs import frozen

from scripts.benchmarks.http_answers import Answer
from scripts.benchmarks.http_client import Connection

SHARED_SECRET = "only-for-benchmarks"
PASSWORD = "correct horse battery staple"
ROOM_VERSION = "12"

LIKE_ELEMENT = {
    "room": {
        "timeline": {"limit": 20, "unread_thread_notifications": True},
        "state": {"lazy_load_members": True},
    }
}


@frozen
class Person:
    """An account that is logged in."""

    user_id: str
    token: str
    filter_id: str = ""
    device_id: str = ""


@frozen
class Session:
    """A person at a connection."""

    person: Person
    connection: Connection

    async def create_room(self, name: str) -> str:
        """A room that everybody may join."""
        body = {
            "name": name,
            "topic": f"What {name} talks about",
            "preset": "public_chat",
            "room_version": ROOM_VERSION,
        }
        answer = await self.ask("POST", "createRoom", body)
        return str(orjson.loads(answer.body)["room_id"])

    async def join(self, room_id: str) -> None:
        await self.ask("POST", f"rooms/{quote(room_id)}/join", {})

    async def send(self, room_id: str, txn_id: str) -> Answer:
        """A message of ordinary length, which names its transaction."""
        return await self.say(
            room_id, txn_id, f"{txn_id}: shall we meet at the old bridge at five?"
        )

    async def say(self, room_id: str, txn_id: str, text: str) -> Answer:
        body = {"msgtype": "m.text", "body": text}
        return await self.ask("PUT", f"rooms/{quote(room_id)}/send/m.room.message/{txn_id}", body)

    async def sync(self, since: str, timeout_ms: int) -> Answer:
        after = f"&since={quote(since)}" if since else ""
        return await self.ask(
            "GET", f"sync?filter={self.person.filter_id}&timeout={timeout_ms}{after}"
        )

    async def slide(self, body: dict[str, Any], pos: str) -> Answer:
        """Sliding sync, without waiting."""
        after = f"&pos={quote(pos)}" if pos else ""
        path = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=0" + after
        return await self.connection.request("POST", path, self.person.token, body)

    async def page_back(self, room_id: str, start: str, limit: int) -> Answer:
        after = f"&from={quote(start)}" if start else ""
        lazy = quote(orjson.dumps({"lazy_load_members": True}))
        return await self.ask(
            "GET", f"rooms/{quote(room_id)}/messages?dir=b&limit={limit}&filter={lazy}{after}"
        )

    async def members(self, room_id: str) -> Answer:
        return await self.ask("GET", f"rooms/{quote(room_id)}/members")

    async def state(self, room_id: str) -> Answer:
        return await self.ask("GET", f"rooms/{quote(room_id)}/state")

    async def search(self, term: str, rooms: list[str], order: str) -> Answer:
        """Ten results."""
        filter = {"rooms": rooms, "limit": 10}
        wish = {"search_term": term, "order_by": order, "filter": filter}
        body = {"search_categories": {"room_events": wish}}
        return await self.ask("POST", "search", body)

    async def finds(self, term: str, rooms: list[str], order: str) -> bool:
        return bool(results(await self.search(term, rooms, order)))

    async def upload_filter(self) -> str:
        answer = await self.ask("POST", f"user/{quote(self.person.user_id)}/filter", LIKE_ELEMENT)
        return str(orjson.loads(answer.body)["filter_id"])

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """A request below /_matrix/client/v3, which must succeed."""
        path = f"/_matrix/client/v3/{path}"
        return await self.connection.request(method, path, self.person.token, body)


async def register_by_secret(connection: Connection, name: str) -> Person:
    """The short way for tools, which Synapse made a custom."""
    path = "/_synapse/admin/v1/register"
    nonce = orjson.loads((await connection.request("GET", path, "")).body)["nonce"]
    words = "\0".join((nonce, name, PASSWORD, "notadmin"))
    mac = hmac.new(SHARED_SECRET.encode(), words.encode(), hashlib.sha1).hexdigest()
    body = {"nonce": nonce, "username": name, "password": PASSWORD, "admin": False, "mac": mac}
    return _person(await connection.request("POST", path, "", body))


async def register_and_log_in(connection: Connection, name: str) -> tuple[Person, float]:
    """As a client does it: ask for the stages, register, log in; with the seconds it took."""
    path = "/_matrix/client/v3/register"
    wish = {"username": name, "password": PASSWORD}
    asked = await connection.ask("POST", path, "", wish)
    auth = {"type": "m.login.dummy", "session": orjson.loads(asked.body)["session"]}
    registered = await connection.request("POST", path, "", {**wish, "auth": auth})
    login = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": name},
        "password": PASSWORD,
    }
    logged_in = await connection.request("POST", "/_matrix/client/v3/login", "", login)
    return _person(logged_in), asked.seconds + registered.seconds + logged_in.seconds


def results(answer: Answer) -> list[Any]:
    """Of a search."""
    found: list[Any] = orjson.loads(answer.body)["search_categories"]["room_events"]["results"]
    return found


def _person(answer: Answer) -> Person:
    body = orjson.loads(answer.body)
    return Person(body["user_id"], body["access_token"], device_id=body["device_id"])
