import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from tests.hostile.town import Pace, Town, Victim, town_living

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]


@pytest.fixture(scope="session")
def run() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="session")
def town(run: Run[Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    living = town_living(tmp_path_factory.mktemp("town"))
    yield run(living.__aenter__())
    run(living.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def calm(run: Run[Any], town: Town) -> Pace:
    """How things go while Mallory is quiet."""
    _, pace = run(town.meanwhile(asyncio.sleep(1)))
    assert isinstance(pace, Pace)
    return pace


@pytest.fixture
def victim(run: Run[Any], town: Town) -> Iterator[Victim]:
    """Of a server of Mallory's that has done nothing yet."""
    coming = town.mallory_comes()
    yield run(coming.__aenter__())
    run(coming.__aexit__(None, None, None))
