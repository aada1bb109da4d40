"""Calls of many people: tokens that LiveKit's own library reads, and leaves that come in time."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from attrs import frozen
from livekit.api import TokenVerifier

from homeserver.calls.identities import of_device
from tests.clients.nio.conversation import play
from tests.clients.nio.people import People, Person
from tests.clients.started_server import Homeserver, started_homeserver

KEY, SECRET = "isthmus", "the secret that LiveKit and the homeserver share"
URL = "wss://livekit.test"
SLOT = "m.call#ROOM"
MEMBERSHIP = "org.matrix.msc3401.call.member"
DELAY_MS = 4000


class RoomService(BaseHTTPRequestHandler):
    """LiveKit's API as far as a homeserver asks it; who asks is checked by LiveKit's library."""

    opened: list[str]

    def do_POST(self) -> None:
        token = (self.headers["Authorization"] or "").removeprefix("Bearer ")
        grants = TokenVerifier(KEY, SECRET).verify(token).video
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert grants is not None and grants.room_create and self.path.endswith("/CreateRoom")
        self.opened.append(body["name"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None: ...


@contextmanager
def running_livekit() -> Iterator[ThreadingHTTPServer]:
    RoomService.opened = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), RoomService)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@frozen
class Place:
    """The homeserver can be started more than once on the same database."""

    folder: Path
    livekit_port: int

    @contextmanager
    def started(self) -> Iterator[Homeserver]:
        livekit = {
            "url": URL,
            "api_url": f"http://127.0.0.1:{self.livekit_port}",
            "key": KEY,
            "secret": SECRET,
        }
        database = {"engine": "sqlite", "path": str(self.folder / "homeserver.db")}
        with started_homeserver(self.folder, database, calls={"livekit": livekit}) as server:
            yield server


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with running_livekit() as livekit:
        yield Place(tmp_path, livekit.server_port)


async def joins_a_call(people: People) -> None:
    (alice,) = await people.register("alice")
    room = await alice.creates_room()
    _, openid = await alice.asks("POST", f"/user/{alice.user_id}/openid/request_token", {})
    shown = {
        "id": "member",
        "claimed_user_id": alice.user_id,
        "claimed_device_id": alice.client.device_id,
    }
    body = {"room_id": room, "slot_id": SLOT, "member": shown, "openid_token": openid}
    answer = await alice.client.send(
        "POST", "/_matrix/livekit/jwt/get_token", json.dumps(body), headers={}
    )
    given = await answer.json()
    assert answer.status == 200, given

    claims = TokenVerifier(KEY, SECRET).verify(given["jwt"])
    seat = of_device(room, SLOT, alice.user_id, alice.client.device_id, "member")
    assert given["url"] == URL
    assert (claims.identity, RoomService.opened) == (seat.identity, [seat.room])
    grants = claims.video
    assert grants is not None
    assert (grants.room, grants.room_join, grants.can_publish) == (seat.room, True, True)
    assert not grants.room_create and not grants.room_admin and not grants.hidden


def test_a_token_of_ours_is_one_of_livekit(place: Place) -> None:
    with place.started() as homeserver:
        asyncio.run(play(joins_a_call, homeserver))


async def schedules_a_leave(person: Person, room: str) -> None:
    path = f"/rooms/{room}/state/{MEMBERSHIP}/_{person.user_id}"
    status, _ = await person.asks("PUT", path, {"application": "m.call"})
    assert status == 200
    status, _ = await person.asks("PUT", f"{path}?org.matrix.msc4140.delay={DELAY_MS}", {})
    assert status == 200


async def has_left(people: People, person: Person, room: str) -> None:
    async with asyncio.timeout(30):
        while True:
            path = f"/rooms/{room}/state/{MEMBERSHIP}/_{person.user_id}"
            if (await person.asks("GET", path))[1] == {}:
                return
            await asyncio.sleep(0.2)


def test_a_leave_comes_after_a_crash_of_the_client(place: Place) -> None:
    async def crash(people: People) -> None:
        (alice,) = await people.register("alice")
        room = await alice.creates_room()
        await schedules_a_leave(alice, room)
        await has_left(people, alice, room)

    with place.started() as homeserver:
        asyncio.run(play(crash, homeserver))


def test_a_leave_comes_after_a_restart_of_the_server(place: Place) -> None:
    known: dict[str, str] = {}

    async def before(people: People) -> None:
        (alice,) = await people.register("alice")
        room = await alice.creates_room()
        await schedules_a_leave(alice, room)
        known.update(room=room, user=alice.user_id, token=alice.client.access_token)

    async def after(people: People) -> None:
        client = people.stranger(known["user"])
        client.user_id, client.access_token = known["user"], known["token"]
        await has_left(people, Person(client, ""), known["room"])

    with place.started() as homeserver:
        asyncio.run(play(before, homeserver))
    with place.started() as homeserver:
        asyncio.run(play(after, homeserver))
