"""An Isthmus with people who talk with an honest server, while Mallory's plays."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count, repeat
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TypeVar
from urllib.parse import quote

import orjson
from attrs import define, evolve, field

from homeserver.events.event import Event
from homeserver.json_values import JsonObject
from scripts.benchmarks import isthmus
from scripts.benchmarks.http_answers import Answer
from scripts.benchmarks.http_client import Connection
from scripts.benchmarks.peer.rooms import PeerRoom
from scripts.benchmarks.peer.server import Peer, peer_listening
from scripts.benchmarks.peer.transactions import ready_transactions
from scripts.benchmarks.people import Session, register_by_secret
from scripts.benchmarks.servers import Place, Server
from tests.certificates import Authority
from tests.hostile.mallory import Mallory

T = TypeVar("T")

CORE = 0
VERDICTS = ("incomplete", "forbidden")
"""Why an event is refused that is itself in order."""
REFUSED = re.compile(r'^isthmus_federation_refused_total{reason="(\w+)"} ([0-9.]+)$', re.MULTILINE)


@define
class Pace:
    """How long each of the honest exchanges took."""

    seconds: list[float] = field(factory=list)

    @property
    def usual(self) -> float:
        return median(self.seconds)

    @property
    def worst(self) -> float:
        return max(self.seconds)


@define(eq=False)
class Guest:
    """Somebody of ours in a room of a peer; on `wire` the peer sends."""

    session: Session
    peer: Peer
    room: PeerRoom
    wire: Connection

    async def joins(self, room: PeerRoom) -> int:
        """The status of the answer."""
        via = quote(self.peer.identity.server_name)
        path = f"/_matrix/client/v3/join/{quote(room.room_id)}?via={via}"
        return (await self._asks("POST", path, {})).status

    async def hears(self, events: Sequence[Event], in_each: int = 50) -> dict[str, str]:
        """What was said to each event of the peer, by id: why it was refused, or nothing."""
        told: dict[str, str] = {}
        for ready in ready_transactions(self.peer.identity, events, in_each):
            answer = await self.wire.send(ready.request)
            assert answer.status == 200, answer.body
            pdus = orjson.loads(answer.body)["pdus"]
            told |= {event_id: one.get("error", "") for event_id, one in pdus.items()}
        return told

    async def has(self, event_id: str) -> bool:
        path = f"/_matrix/client/v3/rooms/{quote(self.room.room_id)}/event/{quote(event_id)}"
        return (await self._asks("GET", path)).status == 200

    async def _asks(self, method: str, path: str, body: JsonObject | None = None) -> Answer:
        return await self.session.connection.ask(method, path, self.session.person.token, body)


@define(eq=False)
class Victim:
    """alice, in a room of Mallory's server."""

    alice: Guest
    mallory: Mallory


@define(eq=False)
class Town:
    """`bob` is in a room of an honest server."""

    server: Server
    bob: Guest
    home: str
    _authority: Authority
    _folder: Path
    _numbers: "count[int]" = field(factory=count)

    async def meanwhile(self, play: Awaitable[T]) -> tuple[T, Pace]:
        """What comes of the play; and how honest people fared until it was over."""
        over = asyncio.Event()
        talk = asyncio.create_task(self._talk_until(over))
        try:
            result = await play
        finally:
            over.set()
            pace = await talk
        return result, pace

    async def _talk_until(self, over: asyncio.Event) -> Pace:
        """bob talks at home and listens to the honest server, again and again."""
        pace = Pace()
        while not over.is_set() or len(pace.seconds) < 10:
            began = perf_counter()
            await self.bob.session.send(self.home, f"t{next(self._numbers)}")
            between = perf_counter()
            told = await self.bob.hears(self.bob.room.messages(1))
            assert not any(told.values()), told
            pace.seconds += [between - began, perf_counter() - between]
            await asyncio.sleep(0.01)
        return pace

    @asynccontextmanager
    async def mallory_comes(self) -> AsyncIterator["Victim"]:
        """With a server that nobody knows yet, and a room that alice has joined."""
        name = f"mallory{next(self._numbers)}"
        folder = self._folder / name
        folder.mkdir()
        async with peer_listening(folder, Mallory, self._authority) as mallory:
            guest = await _guest(self.server, mallory, f"alice-{name}")
            assert await guest.joins(guest.room) == 200
            yield Victim(guest, mallory)

    async def refuses_more_than(self, before: dict[str, int]) -> None:
        """What takes longer than the answer may be waited for is refused in the end, too."""
        async with asyncio.timeout(120):
            for wait in repeat(0.1):
                after = await self.refused()
                if any(after[reason] > before[reason] for reason in VERDICTS):
                    return
                await asyncio.sleep(wait)

    async def refused(self) -> dict[str, int]:
        """By reason."""
        answer = await self.bob.session.connection.ask("GET", "/_isthmus/metrics", "")
        return {name: int(float(number)) for name, number in REFUSED.findall(answer.body.decode())}

    def complaints(self, mallory: Mallory, reason: str) -> list[str]:
        """Lines of the log about her server for this reason."""
        name = mallory.identity.server_name
        lines = (self.server.directory / "output.log").read_text().splitlines()
        return [line for line in lines if name in line and f"reason={reason}" in line]


@asynccontextmanager
async def town_living(folder: Path) -> AsyncIterator[Town]:
    authority = Authority(folder)
    async with AsyncExitStack() as stack:
        honest = await stack.enter_async_context(peer_listening(folder, Peer, authority))
        product = evolve(isthmus.isthmus(), write_settings=_write_settings)
        server = Server(product, "sqlite", folder / "isthmus", CORE, authority.path)
        server.start()
        stack.callback(server.stop)
        bob = await _guest(server, honest, "bob")
        assert await bob.joins(bob.room) == 200
        yield Town(server, bob, await bob.session.create_room("home"), authority, folder)


async def _guest(server: Server, peer: Peer, name: str) -> Guest:
    mine, wire = await Connection.open(server.port), await Connection.open(server.port)
    session = Session(await register_by_secret(mine, name), mine)
    return Guest(session, peer, peer.makes_room(30), wire)


def _write_settings(place: Place) -> None:
    settings = isthmus.settings(place)
    settings["metrics"] = {"enabled": True}
    settings["listeners"][0]["resources"].append("metrics")
    (place.directory / isthmus.SETTINGS).write_bytes(orjson.dumps(settings))
