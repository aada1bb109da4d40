"""What Isthmus may cost, and whether it does (docs/architecture.md, "What it may cost")."""

from attrs import frozen

from scripts.benchmarks.measuring import Figures
from scripts.benchmarks.operations.crowd import SEND_UNHEARD
from scripts.benchmarks.operations.delivery import ONE_MORE
from scripts.benchmarks.operations.federation import FORK, JOIN, RECEIVE_FIFTY, RECEIVE_ONE
from scripts.benchmarks.operations.keys import CLAIM, QUERY, UPLOAD, WHISPER
from scripts.benchmarks.operations.many_rooms import INCREMENTAL as MANY_INCREMENTAL
from scripts.benchmarks.operations.many_rooms import JUST_STARTED as MANY_JUST_STARTED
from scripts.benchmarks.operations.reading import IDLE_SYNC, INITIAL_SYNC
from scripts.benchmarks.operations.sending import SEND
from scripts.benchmarks.operations.sliding import FIRST_SCREEN, INCREMENTAL
from scripts.benchmarks.operations.starting import FIRST_START, RESTART


@frozen
class Budget:
    """The most that one figure may be."""

    row: str
    figure: str
    limit: float
    unit: str
    times_less: float | None = None
    """How many times less than Synapse it must be, too."""


BUDGETS = (
    Budget(SEND, "cpu_ms", 1.0, "ms CPU", times_less=10),
    Budget(SEND_UNHEARD, "cpu_ms", 1.5, "ms CPU"),
    Budget(ONE_MORE, "cpu_ms", 0.15, "ms CPU"),
    Budget(IDLE_SYNC, "cpu_ms", 0.4, "ms CPU"),
    Budget(INITIAL_SYNC, "cpu_ms", 150, "ms CPU"),
    Budget(FIRST_SCREEN, "cpu_ms", 15, "ms CPU", times_less=10),
    Budget(INCREMENTAL, "cpu_ms", 1.5, "ms CPU", times_less=10),
    Budget(MANY_JUST_STARTED, "cpu_ms", 25, "ms CPU"),
    Budget(MANY_INCREMENTAL, "cpu_ms", 1.5, "ms CPU"),
    Budget(UPLOAD, "cpu_ms", 1.0, "ms CPU", times_less=10),
    Budget(QUERY, "cpu_ms", 1.0, "ms CPU", times_less=10),
    Budget(CLAIM, "cpu_ms", 1.0, "ms CPU", times_less=10),
    Budget(WHISPER, "cpu_ms", 1.0, "ms CPU", times_less=10),
    Budget(FIRST_START, "idle_mib", 90, "MiB idle"),
    Budget(RESTART, "p50_ms", 2000, "ms"),
    Budget(RECEIVE_ONE, "cpu_ms", 1.5, "ms CPU", times_less=5),
    Budget(RECEIVE_FIFTY, "cpu_ms", 1.5, "ms CPU", times_less=5),
    Budget(JOIN, "p50_ms", 3000, "ms"),
    Budget(FORK, "p50_ms", 300, "ms"),
)


def verdict(budget: Budget, ours: Figures, theirs: Figures | None) -> str:
    """In words, with how far from the limit we are."""
    value = ours[budget.figure]
    share = value / budget.limit
    words = f"{value:.3g} of {budget.limit:g} {budget.unit}"
    words = f"met: {words}" if share <= 1 else f"MISSED by {share - 1:.0%}: {words}"
    if budget.times_less is None or theirs is None:
        return words
    ratio = theirs[budget.figure] / value
    met = "met" if ratio >= budget.times_less else "MISSED"
    return f"{words}; {met}: {ratio:.1f} of {budget.times_less:g} times less than Synapse"
