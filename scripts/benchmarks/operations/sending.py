"""People who write to small rooms while nobody waits for it."""

from scripts.benchmarks.crews import Crew, sessions
from scripts.benchmarks.measuring import Figures
from scripts.benchmarks.people import Session
from scripts.benchmarks.stage import Stage

SEND = "send in 20 rooms from 20 clients"


async def send(stage: Stage) -> dict[str, Figures]:
    """All senders at once, each in a room of their own, one message after another."""
    meter = stage.meter()
    room_of = dict(zip(stage.world.senders, stage.world.sender_rooms, strict=True))
    async with sessions(stage.port, stage.world.senders) as senders:

        async def send_one(sender: Session, _: int) -> float:
            return await stage.send(sender, room_of[sender.person])

        async def some() -> list[float]:
            return await Crew(senders).each(range(stage.effort.sends), send_one)

        await some()
        for _ in range(stage.effort.slices):
            await meter.slice(some)
    return {SEND: meter.figures()}
