"""Clients of sliding sync, in its older form, which both servers speak: shaped like Element X."""

from itertools import cycle, islice
from typing import Any

import orjson

from scripts.benchmarks.crews import sessions
from scripts.benchmarks.measuring import Figures
from scripts.benchmarks.people import Session
from scripts.benchmarks.stage import Stage

FIRST_SCREEN = "sliding first screen, 20 of 200 rooms"
INCREMENTAL = "sliding incremental, one message"
SCREEN = 20
STATE = [
    ["m.room.name", ""],
    ["m.room.encryption", ""],
    ["m.room.member", "$LAZY"],
    ["m.room.member", "$ME"],
    ["m.room.topic", ""],
    ["m.room.canonical_alias", ""],
    ["m.room.power_levels", ""],
    ["m.room.join_rules", ""],
    ["m.room.tombstone", ""],
    ["m.room.create", ""],
    ["m.room.history_visibility", ""],
]


def request(conn_id: str) -> dict[str, Any]:
    rooms = {
        "ranges": [[0, SCREEN - 1]],
        "timeline_limit": 1,
        "required_state": STATE,
        "filters": {"not_room_types": ["m.space"]},
    }
    extensions = {name: {"enabled": True} for name in ("account_data", "receipts", "typing")}
    return {"conn_id": conn_id, "lists": {"all": rooms}, "extensions": extensions}


async def first_screen(stage: Stage) -> dict[str, Figures]:
    """Every time another person."""
    meter = stage.meter()
    first = 1 + stage.round * stage.effort.slices
    chosen = list(islice(cycle(stage.world.neighbours), first, first + stage.effort.slices))
    async with sessions(stage.port, chosen) as neighbours:
        for neighbour in neighbours:

            async def once(neighbour: Session = neighbour) -> list[float]:
                answer = await neighbour.slide(request("first"), "")
                assert len(orjson.loads(answer.body)["rooms"]) == SCREEN
                return [answer.seconds]

            await meter.slice(once)
    return {FIRST_SCREEN: meter.figures()}


async def incremental(stage: Stage) -> dict[str, Figures]:
    """Somebody sends to one room after another; what is left when the sends alone are taken off."""
    alone, heard = stage.meter(), stage.meter()
    rooms = cycle(stage.world.streets[:SCREEN])
    async with sessions(stage.port, stage.world.neighbours[:2]) as [speaker, listener]:
        pos = ""

        async def send() -> list[float]:
            return [await stage.send(speaker, next(rooms)) for _ in range(stage.effort.idle_syncs)]

        async def send_and_look() -> list[float]:
            nonlocal pos
            taken = []
            for _ in range(stage.effort.idle_syncs):
                room_id = next(rooms)
                await stage.send(speaker, room_id)
                answer = await listener.slide(request("going on"), pos)
                body = orjson.loads(answer.body)
                assert not pos or room_id in body["rooms"]
                pos = body["pos"]
                taken.append(answer.seconds)
            return taken

        await send()
        await send_and_look()
        for _ in range(stage.effort.slices):
            await alone.slice(send)
            await heard.slice(send_and_look)
    return {INCREMENTAL: difference(alone.figures(), heard.figures())}


def difference(alone: Figures, heard: Figures) -> Figures:
    spent = ("cpu_ms", "database_cpu_ms", "measured_cpu_ms", "database_bytes")
    return {name: value - alone[name] if name in spent else value for name, value in heard.items()}
