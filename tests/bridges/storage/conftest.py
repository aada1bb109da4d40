"""What a bridge remembers, on both databases."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridges.storage.database import Database

Write = Callable[..., Any]
"""A piece of work of the storage with its arguments; returns when it is committed."""


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, quick_path: Path) -> str:
    if request.param == "sqlite":
        return str(quick_path / "bridge.db")
    return str(request.getfixturevalue("postgresql_dsn"))


@pytest.fixture
def write(location: str) -> Iterator[Write]:
    db = Database(location)
    with asyncio.Runner() as runner:
        runner.run(db.start())
        yield lambda work, *arguments: runner.run(db.write(work, *arguments))
        runner.run(db.stop())
