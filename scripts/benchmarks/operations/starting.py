"""How soon a server answers again, and what it keeps in memory before anybody comes."""

import asyncio
import shutil
from collections.abc import Callable

from scripts.benchmarks.measuring import Figures
from scripts.benchmarks.servers import Server
from scripts.benchmarks.stage import Stage

FIRST_START = "first start, empty database"
RESTART = "restart, filled database"


async def first_start(stage: Stage) -> dict[str, Figures]:
    """Another server of the same kind begins with nothing; the filled one stands still."""
    filled = stage.server
    directory = filled.directory / "first-start"
    newborn = Server(filled.product, filled.database_kind, directory, filled.core)
    filled.freeze()
    try:
        return {FIRST_START: await _measure_start(stage, newborn, newborn.start)}
    finally:
        newborn.stop()
        shutil.rmtree(directory)
        filled.thaw()


async def restart(stage: Stage) -> dict[str, Figures]:
    """The server starts on the database that the other operations use."""
    stage.server.stop_program()
    return {RESTART: await _measure_start(stage, stage.server, stage.server.start_program)}


async def _measure_start(stage: Stage, server: Server, start: Callable[[], float]) -> Figures:
    slowness_before = stage.slowness()
    seconds = start()
    cpu_ms = server.cpu_ms()
    slowness = (slowness_before + stage.slowness()) / 2
    await asyncio.sleep(stage.effort.settle_s)
    return {
        "operations": 1,
        "cpu_ms": cpu_ms / slowness,
        "p50_ms": 1000 * seconds / slowness,
        "peak_mib": server.peak_mib(),
        "idle_mib": server.resident_mib(),
        "database_mib": server.database.size() / 1024**2,
        "slowness": slowness,
    }
