"""Rounds of measurements: the servers in turn, one at work while the others stand still."""

import asyncio
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import field, frozen

from scripts.benchmarks.calibration import Calibration
from scripts.benchmarks.filling import VERSION, fill
from scripts.benchmarks.measuring import Figures
from scripts.benchmarks.operations import OPERATIONS, UNFILLED
from scripts.benchmarks.places import CACHE
from scripts.benchmarks.servers import Product, Server
from scripts.benchmarks.stage import Effort, Stage
from scripts.benchmarks.world import Sizes, World

AWAKE_S = 0.5
"""A thawed server first catches up with what its timers missed."""

OPERATION_S = 600
WORLD = "world.json"

Results = dict[str, dict[str, list[Figures]]]
"""Figures of each round, by row of the table and by product."""


@frozen
class Plan:
    """What one run measures."""

    sizes: Sizes
    effort: Effort
    rounds: int
    operations: Sequence[str]
    core: int
    keep_filled: bool
    failures: list[str] = field(factory=list)
    """What could not be measured."""


@frozen
class Contestant:
    """A filled server."""

    server: Server
    world: World


async def measure(
    plan: Plan, kind: str, products: Iterable[Product], run: Path, calibration: Calibration
) -> Results:
    """All rounds on one kind of database."""
    contestants = []
    try:
        for product in products:
            server = Server(product, kind, run / f"{product.name.lower()}-{kind}", plan.core)
            contestants.append(Contestant(server, await prepare(server, plan)))
            server.start()
            server.freeze()
        return await _rounds(plan, contestants, calibration)
    finally:
        for contestant in contestants:
            contestant.server.stop()


async def prepare(server: Server, plan: Plan) -> World:
    """A stopped server that is filled: from the cache, if it was filled before."""
    if UNFILLED.issuperset(plan.operations):
        return World()
    name = f"{server.directory.name}-{server.product.version}-{VERSION}-{plan.sizes.label}"
    kept = CACHE / "filled" / name
    if server.product.keeps and plan.keep_filled and kept.exists():
        shutil.copytree(kept, server.directory)
        server.database.adopt()
        return World.load(server.directory / WORLD)
    say(f"Filling {server.product.name} on {server.database_kind} ...")
    server.start()
    try:
        world = await fill(server.port, plan.sizes)
    finally:
        server.stop()
    world.save(server.directory / WORLD)
    if server.product.keeps:
        keep(server.directory, kept)
    return world


def keep(filled: Path, kept: Path) -> None:
    """A copy that is whole, or not there at all."""
    growing = kept.with_name(f"{kept.name}.growing")
    shutil.rmtree(growing, ignore_errors=True)
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(filled, growing)
    growing.rename(kept)


async def _rounds(
    plan: Plan, contestants: Sequence[Contestant], calibration: Calibration
) -> Results:
    results: Results = {}
    for number in range(plan.rounds):
        # Whoever went second goes first in the next round.
        order = contestants[:: -1 if number % 2 else 1]
        for name in plan.operations:
            for contestant in order:
                stage = Stage(contestant.server, contestant.world, plan.effort, number, calibration)
                rows = await _measure_or_note(stage, name, plan.failures)
                for row, figures in rows.items():
                    product = contestant.server.product.name
                    results.setdefault(row, {}).setdefault(product, []).append(figures)
    return results


async def _measure_or_note(stage: Stage, name: str, failures: list[str]) -> dict[str, Figures]:
    """What one server cannot do must not cost the figures of all else."""
    try:
        return await measure_one(stage, name)
    except* Exception as group:
        server = stage.server
        reasons = "; ".join(repr(error) for error in flattened(group))
        failures.append(f"{name}, {server.product.name} on {server.database_kind}: {reasons}")
        say(f"FAILED {failures[-1]}")
    return {}


def flattened(group: BaseExceptionGroup[Exception]) -> list[BaseException]:
    return [
        inner
        for error in group.exceptions
        for inner in (flattened(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]


async def measure_one(stage: Stage, name: str) -> dict[str, Figures]:
    server = stage.server
    with awake(server):
        await asyncio.sleep(AWAKE_S)
        server.forget_peak()
        async with asyncio.timeout(OPERATION_S):
            rows = await OPERATIONS[name](stage)
        peak = server.peak_mib()
    for row, figures in rows.items():
        figures.setdefault("peak_mib", peak)
        say(f"round {stage.round + 1}  {server.product.name:8} {row:40} {brief(figures)}")
    return rows


def brief(figures: Figures) -> str:
    names = ("cpu_ms", "database_cpu_ms", "p50_ms", "driver_share", "slowness")
    return "  ".join(f"{name} {figures[name]:.2f}" for name in names if name in figures)


@contextmanager
def awake(server: Server) -> Iterator[None]:
    server.thaw()
    try:
        yield
    finally:
        server.freeze()


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
