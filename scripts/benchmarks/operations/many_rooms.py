"""Somebody who is in thousands of rooms, and looks at the first twenty of them."""

import asyncio
from itertools import count, cycle

import orjson

from scripts.benchmarks.crews import crew, sessions
from scripts.benchmarks.http_client import Connection
from scripts.benchmarks.measuring import Figures
from scripts.benchmarks.operations.sliding import SCREEN, difference, request
from scripts.benchmarks.people import Session, register_by_secret
from scripts.benchmarks.stage import Stage

JUST_STARTED = "sliding first screen of 5,000 rooms, just started"
FIRST_SCREEN = "sliding first screen of 5,000 rooms"
INCREMENTAL = "sliding incremental, 5,000 rooms"
AT_ONCE = 8
IDLE_MS = 5.0
"""Of processor time in a second: so little takes a server that has nothing left to do."""
PATIENCE_S = 240


async def many_rooms(stage: Stage) -> dict[str, Figures]:
    await settle(stage)
    just_started, later = stage.meter(), stage.meter()
    connections = count()
    for _ in range(stage.effort.slices):
        stage.server.stop_program()
        stage.server.start_program()
        await until_idle(stage)
        async with sessions(stage.port, [stage.world.collector]) as [collector]:

            async def once(collector: Session = collector) -> list[float]:
                conn_id = f"{stage.round}-{next(connections)}"
                answer = await collector.slide(request(conn_id), "")
                assert len(orjson.loads(answer.body)["rooms"]) == SCREEN
                return [answer.seconds]

            await just_started.slice(once)
            await later.slice(once)
    rows = {JUST_STARTED: just_started.figures(), FIRST_SCREEN: later.figures()}
    return {**rows, INCREMENTAL: await incremental(stage)}


async def incremental(stage: Stage) -> Figures:
    """The collector sends to one of the rooms after the other, and looks; less the sending."""
    alone, heard = stage.meter(), stage.meter()
    rooms = cycle(stage.world.collection[-SCREEN:])
    number = stage.effort.idle_syncs
    async with sessions(stage.port, [stage.world.collector]) as [collector]:
        first = await collector.slide(request("going on"), "")
        pos = orjson.loads(first.body)["pos"]

        async def send() -> list[float]:
            return [await stage.send(collector, next(rooms)) for _ in range(number)]

        async def send_and_look() -> list[float]:
            nonlocal pos
            taken = []
            for _ in range(number):
                room_id = next(rooms)
                await stage.send(collector, room_id)
                answer = await collector.slide(request("going on"), pos)
                body = orjson.loads(answer.body)
                assert room_id in body["rooms"]
                pos = body["pos"]
                taken.append(answer.seconds)
            return taken

        await send()
        await send_and_look()
        for _ in range(stage.effort.slices):
            await alone.slice(send)
            await heard.slice(send_and_look)
    return difference(alone.figures(), heard.figures())


async def settle(stage: Stage) -> None:
    """The account and its rooms, made in the first round."""
    world = stage.world
    if world.collection:
        return
    async with crew(stage.port, AT_ONCE) as people:
        world.collector = await register_by_secret(people.workers[0], f"collector-{stage.txn_id()}")

        async def create(connection: Connection, number: int) -> str:
            return await Session(world.collector, connection).create_room(f"room {number}")

        world.collection = await people.each(range(stage.effort.many_rooms), create)
    await until_idle(stage)


async def until_idle(stage: Stage) -> None:
    """What a server does behind its answers (indexing, for one) would be counted too."""
    for _ in range(PATIENCE_S):
        before = stage.cpu_ms()
        await asyncio.sleep(1)
        if stage.cpu_ms() - before < IDLE_MS:
            return
