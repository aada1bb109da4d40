"""What another server sends: events of rooms that are shared, and a large room to join.

Both servers are waited for until a member can read the last event: Synapse answers before it has
taken the events in, Isthmus afterwards.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from urllib.parse import quote

import attrs
import orjson
from attrs import frozen

from homeserver.events.building import Draft
from scripts.benchmarks.crews import crew
from scripts.benchmarks.http_client import Connection, Refused
from scripts.benchmarks.measuring import Figures
from scripts.benchmarks.peer.rooms import PeerRoom
from scripts.benchmarks.peer.server import Peer, peer_listening
from scripts.benchmarks.peer.transactions import ReadyTransaction, ready_transactions
from scripts.benchmarks.people import Session, register_by_secret
from scripts.benchmarks.servers import Server
from scripts.benchmarks.stage import Stage
from tests.certificates import Authority

RECEIVE_ONE = "receive a PDU, one in a transaction"
RECEIVE_FIFTY = "receive a PDU, 50 in a transaction"
JOIN = "join a room of 10,000, first message, sync"
FORK = "fork and merge in a room of 10,000"

SMALL_ROOM = 20
MOST = 50
REST_S, MOST_RESTS, IDLE_SHARE = 1.0, 60, 0.03
LOOK_AGAIN_S = 0.1
LOOKS = 1200


async def receive(stage: Stage) -> dict[str, Figures]:
    """Messages of 20 people elsewhere; one member is here."""
    effort, rows = stage.effort, {}
    async with visit(stage) as visitor:
        room = visitor.peer.makes_room(SMALL_ROOM)
        await visitor.joins(room)
        for row, number, in_each in (
            (RECEIVE_ONE, effort.received, 1),
            (RECEIVE_FIFTY, 4 * effort.received, MOST),
        ):
            rows[row] = await _receive_some(visitor, room, number, in_each)
    return rows


async def _receive_some(visitor: "Visitor", room: PeerRoom, number: int, in_each: int) -> Figures:
    meter = visitor.stage.meter()
    identity = visitor.peer.identity
    await visitor.hears(ready_transactions(identity, room.messages(number), in_each), room)
    for _ in range(visitor.stage.effort.slices):
        ready = ready_transactions(identity, room.messages(number), in_each)

        async def hear(ready: Sequence[ReadyTransaction] = ready) -> list[float]:
            seconds = await visitor.hears(ready, room)
            return [seconds / number] * number

        await meter.slice(hear)
    figures = meter.figures()
    return {
        **figures,
        "per_second": 1000 / figures["p50_ms"],
        "peak_mib": visitor.stage.server.peak_mib(),
    }


async def join_and_resolve(stage: Stage) -> dict[str, Figures]:
    """Into a large room; then two moderators there act at once, again and again."""
    async with visit(stage) as visitor:
        room = visitor.peer.makes_room(stage.effort.large_room)
        joining, forking = visitor.stage.meter(), visitor.stage.meter()
        server = visitor.stage.server
        server.forget_peak()

        async def join() -> list[float]:
            began = perf_counter()
            await visitor.joins(room)
            await visitor.says_something(room)
            await visitor.sees(room)
            return [perf_counter() - began]

        await joining.slice(join)
        joined = {**joining.figures(), "peak_mib": server.peak_mib()}
        await visitor.was_heard()
        await visitor.comes_to_rest()
        server.forget_peak()
        for number in range(stage.effort.slices):
            ready = _fork(visitor.peer, room, number)

            async def fork(ready: Sequence[ReadyTransaction] = ready) -> list[float]:
                return [await visitor.hears(ready, room)]

            await forking.slice(fork)
        forked = {**forking.figures(), "peak_mib": server.peak_mib()}
    return {JOIN: joined, FORK: forked}


def _fork(peer: Peer, room: PeerRoom, number: int) -> list[ReadyTransaction]:
    """Each branch in a transaction, and then a message that follows both."""
    branches = room.fork(number)
    merged = room.adds(Draft("m.room.message", {"msgtype": "m.text", "body": "both"}))
    return ready_transactions(peer.identity, [*branches, merged], 2)


@frozen(eq=False)
class Visitor:
    """A person of the measured server, to whom the peer's rooms are elsewhere."""

    stage: Stage
    peer: Peer
    session: Session
    wire: Connection
    """On which the peer sends."""

    async def joins(self, room: PeerRoom) -> None:
        path = f"join/{quote(room.room_id)}?via={quote(self.peer.identity.server_name)}"
        await self._asks("POST", path, {})

    async def says_something(self, room: PeerRoom) -> None:
        await self.stage.send(self.session, room.room_id)

    async def sees(self, room: PeerRoom) -> None:
        answer = await self.session.sync("", 0)
        if room.room_id not in orjson.loads(answer.body)["rooms"]["join"]:
            raise Refused("the room that was joined is not in /sync")

    async def was_heard(self) -> None:
        """Until the peer has the message, what it sends next would be one more branch."""
        async with asyncio.timeout(60):
            await self.peer.heard.wait()

    async def comes_to_rest(self) -> None:
        """After a join much is tidied up that nobody waits for: it is no part of what follows."""
        for _ in range(MOST_RESTS):
            before = self.stage.cpu_ms()
            await asyncio.sleep(REST_S)
            if self.stage.cpu_ms() - before < IDLE_SHARE * REST_S * 1000:
                return

    async def hears(self, ready: Sequence[ReadyTransaction], room: PeerRoom) -> float:
        """Seconds until the last event can be read. At most 50 are on their way at a time.

        Synapse, as it answers at once, throws away what piles up beyond a hundred in a room.
        """
        began, waiting, last = perf_counter(), 0, ""
        for transaction in ready:
            if waiting + len(transaction.events) > MOST:
                await self._waits_for(last, room)
                waiting = 0
            await self._sends(transaction)
            waiting += len(transaction.events)
            last = transaction.events[-1].event_id
        return await self._waits_for(last, room) - began

    async def _sends(self, transaction: ReadyTransaction) -> None:
        answer = await self.wire.send(transaction.request)
        if answer.status != 200:
            raise Refused(f"a transaction: {answer.status} {answer.body[:500]!r}")
        problems = [one for one in orjson.loads(answer.body)["pdus"].values() if one]
        if problems:
            raise Refused(f"a transaction: {problems[0]}")

    async def _waits_for(self, event_id: str, room: PeerRoom) -> float:
        """When it could be read. To look too often would cost what is not to be measured."""
        path = f"/_matrix/client/v3/rooms/{quote(room.room_id)}/event/{quote(event_id)}"
        for _ in range(LOOKS):
            looked = await self.session.connection.ask("GET", path, self.session.person.token)
            if looked.status == 200:
                return looked.received_at
            await asyncio.sleep(LOOK_AGAIN_S)
        raise Refused("the last event of a transaction never came")

    async def _asks(self, method: str, path: str, body: dict[str, str]) -> None:
        connection, token = self.session.connection, self.session.person.token
        await connection.request(method, f"/_matrix/client/v3/{path}", token, body)


@asynccontextmanager
async def visit(stage: Stage) -> AsyncIterator[Visitor]:
    """A new server that talks with others, and a peer; the filled one stands still meanwhile."""
    filled = stage.server
    folder = filled.directory / "federation"
    folder.mkdir()
    filled.freeze()
    try:
        async with peer_listening(folder, Peer, Authority(folder)) as peer:
            server = Server(
                filled.product,
                filled.database_kind,
                folder / "server",
                filled.core,
                peer.authority,
            )
            server.start()
            try:
                async with crew(server.port, 2) as connections:
                    mine, wire = connections.workers
                    session = Session(await register_by_secret(mine, "visitor"), mine)
                    person = attrs.evolve(session.person, filter_id=await session.upload_filter())
                    yield Visitor(
                        attrs.evolve(stage, server=server), peer, Session(person, mine), wire
                    )
            finally:
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        filled.thaw()
