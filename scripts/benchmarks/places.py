"""Where the benchmark finds and keeps things."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / ".cache" / "bench"
"""Synapse's own environment, and its databases once they are filled."""

RUNS = Path("/var/tmp")
"""Databases in use: PostgreSQL's user can reach it, and it is a disk on every distribution."""
