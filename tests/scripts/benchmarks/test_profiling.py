from scripts.benchmarks.profiling import busiest


def test_functions_are_ranked_by_their_own_time() -> None:
    stacks = ["run (a.py:1);send (b.py:2) 30", "run (a.py:1) 10", "sync;send (b.py:2) 60"]

    assert busiest(stacks) == [(0.9, "send (b.py:2)"), (0.1, "run (a.py:1)")]


def test_nothing_recorded_is_no_error() -> None:
    assert busiest([]) == []
