import pytest

from scripts.benchmarks.operations.delivery import ONE_MORE, SEND_TO_LISTENERS, rows

ZEROS = dict.fromkeys(("p50_ms", "p95_ms", "p99_ms", "driver_share", "slowness"), 0.0)


def test_one_more_client_costs_what_the_message_alone_does_not() -> None:
    costs = {"database_cpu_ms": 0.0, "measured_cpu_ms": 0.0}
    alone = {"operations": 40, "cpu_ms": 1.0, **costs, **ZEROS}
    heard = {"operations": 500, "cpu_ms": 0.12, **costs, **ZEROS}

    table = rows(alone, heard, listeners=50)

    assert table[SEND_TO_LISTENERS]["operations"] == 10
    assert table[SEND_TO_LISTENERS]["cpu_ms"] == pytest.approx(6.0)
    assert table[ONE_MORE]["cpu_ms"] == pytest.approx((6.0 - 1.0) / 50)
