"""What an operation costs: measured in short slices, each beside calibration work."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import median
from typing import Protocol

from attrs import define, field, frozen

Figures = dict[str, float]
"""What was measured of one operation, by name; `_ms` are milliseconds on the reference core."""

SETTLE_S = 0.05
"""What a server does after its last answer belongs to the slice too."""


class Measured(Protocol):
    """The running server, as far as a meter looks at it."""

    def cpu_ms(self) -> float: ...
    def database_cpu_ms(self) -> float: ...
    def database_size(self) -> int: ...
    def slowness(self) -> float: ...


@frozen
class Slice:
    """One short stretch of work; times as measured, not yet normalised."""

    seconds: Sequence[float]
    """How long each operation took."""

    cpu_ms: float
    database_cpu_ms: float
    driver_share: float
    """How busy the driver's own core was: near 1.0, the driver is what we measured."""

    slowness: float


@define
class Meter:
    """Adds up slices."""

    _server: Measured
    _slices: list[Slice] = field(factory=list)
    _size_before: int = 0
    _size_after: int = 0

    async def slice(self, work: Callable[[], Awaitable[Sequence[float]]]) -> None:
        """Measure some operations; `work` returns the seconds that each of them took."""
        if not self._slices:
            self._size_before = self._server.database_size()
        slowness_before = self._server.slowness()
        cpu_before = self._server.cpu_ms()
        database_before = self._server.database_cpu_ms()
        driver_before, began = time.process_time(), time.perf_counter()
        seconds = await work()
        driver_share = (time.process_time() - driver_before) / (time.perf_counter() - began)
        await asyncio.sleep(SETTLE_S)
        cpu_ms = self._server.cpu_ms() - cpu_before
        database_cpu_ms = self._server.database_cpu_ms() - database_before
        slowness = (slowness_before + self._server.slowness()) / 2
        self._slices.append(Slice(seconds, cpu_ms, database_cpu_ms, driver_share, slowness))
        self._size_after = self._server.database_size()

    def figures(self) -> Figures:
        grown = self._size_after - self._size_before
        return {**summary(self._slices), "database_bytes": grown / operations(self._slices)}


def summary(slices: Sequence[Slice]) -> Figures:
    """The cost of one operation on the reference core."""
    count = operations(slices)
    times_ms = sorted(1000 * took / part.slowness for part in slices for took in part.seconds)
    return {
        "operations": count,
        "cpu_ms": sum(part.cpu_ms / part.slowness for part in slices) / count,
        "database_cpu_ms": sum(part.database_cpu_ms / part.slowness for part in slices) / count,
        "measured_cpu_ms": sum(part.cpu_ms for part in slices) / count,
        "p50_ms": percentile(times_ms, 50),
        "p95_ms": percentile(times_ms, 95),
        "p99_ms": percentile(times_ms, 99),
        "driver_share": max(part.driver_share for part in slices),
        "slowness": median(part.slowness for part in slices),
    }


def operations(slices: Sequence[Slice]) -> int:
    return sum(len(part.seconds) for part in slices)


def percentile(ascending: Sequence[float], percent: int) -> float:
    """The smallest value that `percent` of 100 do not exceed."""
    return ascending[max(math.ceil(len(ascending) * percent / 100), 1) - 1]


def medians(rounds: Sequence[Figures]) -> Figures:
    """Each figure's median over the rounds."""
    return {
        name: median(figures[name] for figures in rounds if name in figures)
        for name in dict.fromkeys(name for figures in rounds for name in figures)
    }
