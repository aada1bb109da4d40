import asyncio

import pytest
from attrs import define

from scripts.benchmarks.measuring import Meter, Slice, medians, percentile, summary


@define
class Machine:
    """A server that costs 3 ms an operation on a core that is twice as slow as the reference."""

    operations: int = 0

    def cpu_ms(self) -> float:
        return 100 + self.operations * 6.0

    def database_cpu_ms(self) -> float:
        return self.operations * 2.0

    def database_size(self) -> int:
        return 4096 + self.operations * 512

    def slowness(self) -> float:
        return 2.0


def test_a_meter_sees_what_happened_between_its_readings() -> None:
    machine = Machine(operations=7)
    meter = Meter(machine)

    async def two_operations() -> list[float]:
        machine.operations += 2
        return [0.010, 0.020]

    async def measured() -> None:
        await meter.slice(two_operations)
        await meter.slice(two_operations)

    asyncio.run(measured())

    figures = meter.figures()
    assert figures["operations"] == 4
    assert figures["cpu_ms"] == pytest.approx(3.0)
    assert figures["database_cpu_ms"] == pytest.approx(1.0)
    assert figures["measured_cpu_ms"] == pytest.approx(6.0)
    assert figures["database_bytes"] == 512
    assert (figures["p50_ms"], figures["p99_ms"]) == pytest.approx((5.0, 10.0))


def test_a_slow_moment_of_the_machine_does_not_change_the_figures() -> None:
    calm = Slice(seconds=[0.01], cpu_ms=4, database_cpu_ms=1, driver_share=0.1, slowness=1.0)
    slow = Slice(seconds=[0.02], cpu_ms=8, database_cpu_ms=2, driver_share=0.2, slowness=2.0)

    figures = summary([calm, slow])

    assert figures["cpu_ms"] == pytest.approx(4.0)
    assert figures["database_cpu_ms"] == pytest.approx(1.0)
    assert figures["p99_ms"] == pytest.approx(10.0)
    assert figures["driver_share"] == 0.2


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (95, 10), (99, 10), (10, 1)])
def test_percentiles_are_values_that_were_measured(percent: int, value: int) -> None:
    assert percentile([float(number) for number in range(1, 11)], percent) == value


def test_one_odd_round_does_not_move_the_median() -> None:
    rounds = [{"cpu_ms": 1.0}, {"cpu_ms": 90.0}, {"cpu_ms": 1.2, "peak_mib": 80.0}]

    assert medians(rounds) == {"cpu_ms": 1.2, "peak_mib": 80.0}
