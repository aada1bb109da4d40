import pytest

from scripts.benchmarks.operations import sending
from scripts.benchmarks.report import aligned, middle, number, ratio, report

RESULTS = {
    sending.SEND: {
        "Isthmus": [{"cpu_ms": 0.8, "driver_share": 0.9}, {"cpu_ms": 0.9}, {"cpu_ms": 0.7}],
        "Synapse": [{"cpu_ms": 12.0, "driver_share": 0.1}],
    }
}


def test_the_table_compares_the_medians() -> None:
    text = report("SQLite", middle(RESULTS), judge=True)

    assert "| send in 20 rooms from 20 clients |            0.80 |    12.0 |  15.0 |" in text
    assert "met: 0.8 of 1 ms CPU; met: 15.0 of 10 times less than Synapse" in text


def test_what_postgresql_costs_is_added_beside_the_server() -> None:
    rounds = [{"cpu_ms": 0.5, "database_cpu_ms": 0.25}]

    text = report("PostgreSQL", middle({sending.SEND: {"Isthmus": rounds}}), judge=False)

    assert "with PostgreSQL: Isthmus" in text
    assert " 0.50 |       - |     - |                     0.75 |" in text


def test_a_busy_driver_is_owned_up_to() -> None:
    text = report("SQLite", middle(RESULTS), judge=True)

    assert "send in 20 rooms from 20 clients, Isthmus: 90%" in text
    assert "Synapse: 10%" not in text


def test_a_server_alone_is_reported_without_ratios() -> None:
    alone = {sending.SEND: {"Synapse": [{"cpu_ms": 12.0}]}}

    text = report("SQLite", middle(alone), judge=True)

    assert "12.0 |     - |" in text
    assert "Budgets" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0.1234, "0.12"), (12.34, "12.3"), (1234.5, "1,234"), (-0.004, "-0.00")],
)
def test_numbers_show_three_digits(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("ours", "theirs", "text"), [(2.0, 30.0, "15.0"), (None, 1.0, "-"), (0.0, 1.0, "-")]
)
def test_a_ratio_needs_both(ours: float | None, theirs: float | None, text: str) -> None:
    assert ratio(ours, theirs) == text


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned([["name", "ms"], ["a longer one", "1.0"]]) == [
        "| name         |  ms |",
        "| ------------ | --: |",
        "| a longer one | 1.0 |",
    ]


def test_where_more_is_better_the_ratio_says_so() -> None:
    rows = {"receive": {"Isthmus": {"per_second": 300.0}, "Synapse": {"per_second": 15.0}}}

    assert " 300 |    15.0 |  20.0 |" in report("SQLite", rows, judge=False)
