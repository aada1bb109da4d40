"""A message in a room of a thousand local members."""

from scripts.benchmarks.crews import Crew, sessions
from scripts.benchmarks.ears import ears
from scripts.benchmarks.measuring import Figures
from scripts.benchmarks.operations.delivery import send_and_listen
from scripts.benchmarks.people import Session
from scripts.benchmarks.stage import Stage

AT_ONCE = 4
LISTENERS = 10
SEND_UNHEARD = "send in a room of 1,000, nobody syncing"
SEND_HEARD = "send in a room of 1,000, 10 syncing"


async def send_to_many(stage: Stage) -> dict[str, Figures]:
    """First nobody waits, then ten of the members do."""
    world, effort = stage.world, stage.effort
    unheard, heard = stage.meter(), stage.meter()
    async with sessions(stage.port, world.crowd[:AT_ONCE]) as speakers:

        async def send_one(speaker: Session, _: int) -> float:
            return await stage.send(speaker, world.square)

        async def send_unheard() -> list[float]:
            return await Crew(speakers).each(range(effort.crowd_sends), send_one)

        async def send_heard() -> list[float]:
            return [
                max(await send_and_listen(stage, speakers[0], world.square, listeners))
                for _ in range(effort.crowd_sends)
            ]

        await send_unheard()
        for _ in range(effort.slices):
            await unheard.slice(send_unheard)
        async with ears(stage.port, world.crowd[-LISTENERS:]) as listeners:
            await send_heard()
            for _ in range(effort.slices):
                await heard.slice(send_heard)
    return {SEND_UNHEARD: unheard.figures(), SEND_HEARD: heard.figures()}
