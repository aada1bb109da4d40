"""Turns measurements into tables."""

from collections.abc import Mapping, Sequence

from scripts.benchmarks.budgets import BUDGETS, verdict
from scripts.benchmarks.measuring import Figures, medians

OURS, THEIRS = "Isthmus", "Synapse"
BUSY_DRIVER = 0.7
MORE_IS_BETTER = frozenset({"per_second"})

Medians = Mapping[str, Mapping[str, Figures]]
"""By row, then by product."""

TABLES: dict[str, tuple[tuple[str, str], ...]] = {
    "CPU of the server, ms per operation": (
        ("cpu_ms", "server"),
        ("with_database_cpu_ms", "with PostgreSQL"),
    ),
    "Time, ms": (("p50_ms", "p50"), ("p95_ms", "p95"), ("p99_ms", "p99")),
    "Throughput": (("per_second", "a second"),),
    "Memory and disk": (
        ("idle_mib", "MiB idle"),
        ("peak_mib", "MiB peak"),
        ("database_mib", "MiB database"),
        ("database_bytes", "bytes/operation"),
    ),
}


def middle(results: Mapping[str, Mapping[str, Sequence[Figures]]]) -> Medians:
    return {
        row: {
            product: medians([with_database(figures) for figures in rounds])
            for product, rounds in products.items()
        }
        for row, products in results.items()
    }


def with_database(figures: Figures) -> Figures:
    """Adds the database's own processes to the server's; on SQLite there are none."""
    beside = figures.get("database_cpu_ms")
    return {**figures, "with_database_cpu_ms": figures["cpu_ms"] + beside} if beside else figures


def report(title: str, rows: Medians, *, judge: bool) -> str:
    """One kind of database, as Markdown."""
    parts = [f"## {title}"]
    for heading, figures in TABLES.items():
        lines = table(rows, figures)
        if len(lines) > 2:
            parts.append(f"### {heading}\n\n" + "\n".join(lines))
    if judge and (lines := budget_lines(rows)):
        parts.append("### Budgets\n\n" + "\n".join(lines))
    parts += driver_warnings(rows)
    return "\n\n".join(parts)


def table(rows: Medians, figures: Sequence[tuple[str, str]]) -> list[str]:
    """For each figure that occurs: ours, theirs, and how many times ours is better."""
    shown = [(name, label) for name, label in figures if _occurs(rows, name)]
    header = ["operation"]
    for _, label in shown:
        header += [f"{label}: {OURS}", THEIRS, "ratio"]
    body = []
    for row, products in rows.items():
        cells = [row]
        for name, _ in shown:
            ours, theirs = (products.get(who, {}).get(name) for who in (OURS, THEIRS))
            shares = (theirs, ours) if name in MORE_IS_BETTER else (ours, theirs)
            cells += [number(ours), number(theirs), ratio(*shares)]
        if any(cell != "-" for cell in cells[1:]):
            body.append(cells)
    return aligned([header, *body])


def aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table that is also readable as it stands."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [
        [row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]
        for row in (cells[0], rule, *cells[1:])
    ]
    return ["| " + " | ".join(line) + " |" for line in lines]


def number(value: float | None) -> str:
    """Three digits that count; none invented."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def ratio(ours: float | None, theirs: float | None) -> str:
    """Nothing where the smaller is too near nought to divide by."""
    if ours is None or theirs is None or ours < 0.001:
        return "-"
    return f"{theirs / ours:.1f}"


def budget_lines(rows: Medians) -> list[str]:
    return [
        f"- {budget.row}: {verdict(budget, rows[budget.row][OURS], rows[budget.row].get(THEIRS))}"
        for budget in BUDGETS
        if OURS in rows.get(budget.row, {})
    ]


def driver_warnings(rows: Medians) -> list[str]:
    busy = [
        f"{row}, {product}: {figures['driver_share']:.0%}"
        for row, products in rows.items()
        for product, figures in products.items()
        if figures.get("driver_share", 0) > BUSY_DRIVER
    ]
    if not busy:
        return []
    return ["The driver's core was busy, so these times are partly its own: " + "; ".join(busy)]


def _occurs(rows: Medians, name: str) -> bool:
    return any(figures.get(name) for products in rows.values() for figures in products.values())
