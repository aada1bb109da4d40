"""A message that fifty clients wait for."""

import asyncio

from scripts.benchmarks.crews import sessions
from scripts.benchmarks.ears import Ear, ears
from scripts.benchmarks.measuring import Figures, Meter
from scripts.benchmarks.people import Session
from scripts.benchmarks.stage import Stage

SEND_TO_LISTENERS = "send to 50 syncing clients"
ONE_MORE = "deliver to one more client"
PATIENCE_S = 60
PAUSE_S = 0.05
"""A message comes when all clients wait again."""


async def deliver(stage: Stage) -> dict[str, Figures]:
    """Send to a room where nobody waits, then where all do: the rest is the deliveries' cost."""
    world, effort = stage.world, stage.effort
    alone, heard = stage.meter(), stage.meter()
    async with sessions(stage.port, [world.speaker]) as [speaker]:

        async def send_alone() -> list[float]:
            return [await stage.send(speaker, world.hall) for _ in range(4 * effort.heard_messages)]

        await send_alone()
        for _ in range(effort.slices):
            await alone.slice(send_alone)
        async with ears(stage.port, world.listeners) as listeners:
            await measure_listeners(stage, heard, speaker, listeners)
    return rows(alone.figures(), heard.figures(), len(world.listeners))


async def measure_listeners(
    stage: Stage, meter: Meter, speaker: Session, listeners: list[Ear]
) -> None:
    async def send_to_all() -> list[float]:
        return [
            took
            for _ in range(stage.effort.heard_messages)
            for took in await send_and_listen(stage, speaker, stage.world.hall, listeners)
        ]

    await send_to_all()
    for _ in range(stage.effort.slices):
        await meter.slice(send_to_all)


async def send_and_listen(
    stage: Stage, speaker: Session, room_id: str, listeners: list[Ear]
) -> list[float]:
    """The seconds from the request to each client's receipt."""
    txn_id = stage.txn_id()
    expected = [listener.expect(txn_id) for listener in listeners]
    async with asyncio.timeout(PATIENCE_S):
        sent_at = (await speaker.send(room_id, txn_id)).sent_at
        received = await asyncio.gather(*expected)
    await asyncio.sleep(PAUSE_S)
    return [received_at - sent_at for received_at in received]


def rows(alone: Figures, heard: Figures, listeners: int) -> dict[str, Figures]:
    """`heard` counts deliveries; the table also wants messages, and the cost of one more client."""
    both = ("cpu_ms", "database_cpu_ms", "measured_cpu_ms")
    times = ("p50_ms", "p95_ms", "p99_ms", "driver_share", "slowness")
    return {
        SEND_TO_LISTENERS: {
            "operations": heard["operations"] / listeners,
            **{name: heard[name] * listeners for name in both},
            **{name: heard[name] for name in times},
        },
        ONE_MORE: {
            "operations": heard["operations"],
            **{name: heard[name] - alone[name] / listeners for name in both},
            "slowness": heard["slowness"],
        },
    }
