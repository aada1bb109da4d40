"""People who come for the first time."""

from scripts.benchmarks.crews import crew
from scripts.benchmarks.measuring import Figures
from scripts.benchmarks.people import register_and_log_in
from scripts.benchmarks.stage import Stage

AT_ONCE = 4
REGISTER = "register and log in"


async def register(stage: Stage) -> dict[str, Figures]:
    """Three requests for each account: which stages, register, log in."""
    meter = stage.meter()
    async with crew(stage.port, AT_ONCE) as people:

        async def some() -> list[float]:
            names = [f"new-{stage.txn_id()}" for _ in range(stage.effort.registrations)]
            arrived = await people.each(names, register_and_log_in)
            return [seconds for _, seconds in arrived]

        await some()
        for _ in range(stage.effort.slices):
            await meter.slice(some)
    return {REGISTER: meter.figures()}
