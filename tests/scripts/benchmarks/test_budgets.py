from scripts.benchmarks.budgets import Budget, verdict

BUDGET = Budget("send", "cpu_ms", 1.0, "ms CPU", times_less=10)


def test_a_figure_at_its_limit_is_met() -> None:
    assert verdict(BUDGET, {"cpu_ms": 1.0}, None) == "met: 1 of 1 ms CPU"


def test_a_miss_says_by_how_much() -> None:
    assert verdict(BUDGET, {"cpu_ms": 1.5}, None) == "MISSED by 50%: 1.5 of 1 ms CPU"


def test_the_distance_to_synapse_is_judged_too() -> None:
    assert verdict(BUDGET, {"cpu_ms": 0.5}, {"cpu_ms": 4.0}).endswith(
        "MISSED: 8.0 of 10 times less than Synapse"
    )
