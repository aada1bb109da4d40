"""Where Isthmus spends its time: every operation once more, watched by py-spy."""

import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.benchmarks import processes
from scripts.benchmarks.calibration import Calibration
from scripts.benchmarks.isthmus import isthmus
from scripts.benchmarks.places import CACHE
from scripts.benchmarks.rounds import Contestant, Plan, awake, measure_one, prepare, say
from scripts.benchmarks.servers import Server
from scripts.benchmarks.stage import Stage

RATE_HZ = 500
SHOWN = 12


async def profile(plan: Plan, kind: str, run: Path, calibration: Calibration) -> None:
    """Prints each operation's busiest functions; whole stacks are kept as files."""
    py_spy = shutil.which("py-spy", path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin")
    if py_spy is None:
        say("There is no profile: install py-spy for one.")
        return
    server = Server(isthmus(), kind, run / f"profiled-{kind}", plan.core)
    contestant = Contestant(server, await prepare(server, plan))
    try:
        server.start()
        server.freeze()
        for name in plan.operations:
            await _profile_one(plan, contestant, name, calibration, py_spy)
    finally:
        server.stop()


async def _profile_one(
    plan: Plan, contestant: Contestant, name: str, calibration: Calibration, py_spy: str
) -> None:
    server = contestant.server
    if name in ("first-start", "restart"):
        return
    stacks = CACHE / "profiles" / f"{server.database_kind}-{name}.txt"
    stacks.parent.mkdir(parents=True, exist_ok=True)
    stage = Stage(server, contestant.world, plan.effort, 0, calibration)
    with recording(py_spy, server, stacks):
        await measure_one(stage, name)
    print(f"\n{name} on {server.database_kind} (stacks: {stacks})")
    for share, function in busiest(stacks.read_text().splitlines())[:SHOWN]:
        print(f"  {share:6.1%}  {function}")


@contextmanager
def recording(py_spy: str, server: Server, stacks: Path) -> Iterator[None]:
    watched = server.program.pid
    words = ["--pid", watched, "--format", "raw", "--rate", RATE_HZ]
    with awake(server):
        program = processes.start(
            [py_spy, "record", *map(str, words), "--output", stacks],
            core=max(os.sched_getaffinity(0)),
            directory=stacks.parent,
            log=stacks.with_suffix(".log"),
        )
    try:
        yield
    finally:
        program.stop(signal.SIGINT)


def busiest(stacks: Iterable[str]) -> list[tuple[float, str]]:
    """Functions by their own share of the samples; a line is "outer;inner;innermost COUNT"."""
    own: Counter[str] = Counter()
    for line in stacks:
        stack, _, samples = line.rpartition(" ")
        own[stack.rpartition(";")[2]] += int(samples)
    total = own.total() or 1
    return [(samples / total, function) for function, samples in own.most_common()]
