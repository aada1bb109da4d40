"""scripts/bench: reads the command line, runs the rounds, prints the tables."""

import argparse
import asyncio
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
from attrs import evolve

from scripts.benchmarks import processes, synapse
from scripts.benchmarks.calibration import Calibration
from scripts.benchmarks.isthmus import isthmus
from scripts.benchmarks.operations import OPERATIONS
from scripts.benchmarks.places import RUNS
from scripts.benchmarks.profiling import profile
from scripts.benchmarks.report import middle, report
from scripts.benchmarks.rounds import Plan, Results, measure, say
from scripts.benchmarks.servers import Product
from scripts.benchmarks.stage import FULL_EFFORT, QUICK_EFFORT
from scripts.benchmarks.world import FULL, QUICK

TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def main() -> None:
    options = arguments()
    processes.exit_on_signals()
    server_core, driver_core = cores()
    os.sched_setaffinity(0, {driver_core})
    products = chosen_products(options.server)
    operations = options.only or list(OPERATIONS)
    sizes = QUICK if options.quick else FULL
    plan = Plan(
        # Filling the library takes longer than all else, and only who searches needs it.
        sizes=sizes if "search" in operations else evolve(sizes, library=0),
        effort=QUICK_EFFORT if options.quick else FULL_EFFORT,
        rounds=options.rounds,
        operations=operations,
        core=server_core,
        keep_filled=not options.refill,
    )
    kinds = list(TITLES) if options.database == "both" else [options.database]
    results: dict[str, Results] = {}
    with run_directory() as run, Calibration(server_core) as calibration:
        print(heading(products, options.quick), flush=True)
        for kind in kinds:
            results[kind] = asyncio.run(measure(plan, kind, products, run, calibration))
            print(report(TITLES[kind], middle(results[kind]), judge=not options.quick), flush=True)
            if options.profile:
                asyncio.run(profile(plan, kind, run, calibration))
        print(calibration.summary())
    if options.json:
        options.json.write_bytes(orjson.dumps(results, option=orjson.OPT_INDENT_2))
    if plan.failures:
        sys.exit("\n".join(["Not measured:", *dict.fromkeys(plan.failures)]))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures Isthmus and Synapse side by side; docs/benchmarks.md says how.",
        epilog="example: scripts/bench --quick --database sqlite --only send --only idle-sync",
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often all is measured")
    parser.add_argument("--quick", action="store_true", help="smaller rooms, shorter work")
    parser.add_argument("--only", action="append", choices=OPERATIONS, help="may be repeated")
    parser.add_argument("--database", choices=[*TITLES, "both"], default="both")
    parser.add_argument("--server", choices=["isthmus", "synapse", "both"], default="both")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all rounds' figures")
    parser.add_argument(
        "--profile", action="store_true", help="afterwards, where Isthmus spends its time (py-spy)"
    )
    parser.add_argument("--refill", action="store_true", help="fill Synapse's databases anew")
    return parser.parse_args()


def chosen_products(choice: str) -> list[Product]:
    products = []
    if choice in ("isthmus", "both"):
        products.append(isthmus())
    if choice in ("synapse", "both"):
        synapse.install()
        products.append(synapse.synapse())
    return products


def cores() -> tuple[int, int]:
    """One for the servers, another for the driver."""
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2:
        say("There is only one core: the driver will disturb what it measures.")
    return available[0], available[-1]


@contextmanager
def run_directory() -> Iterator[Path]:
    """Gone when the run ends; PostgreSQL's own user must be able to pass through it."""
    path = Path(tempfile.mkdtemp(prefix="isthmus-bench-", dir=RUNS))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def heading(products: list[Product], quick: bool) -> str:
    names = ", ".join(f"{product.name} {product.version}" for product in products)
    words = f"# {names}; Python {platform.python_version()}, {os.cpu_count()} cores"
    return f"{words}\n\nQuick: rooms are smaller than the tables say." if quick else words


if __name__ == "__main__":
    main()
