"""What passes is done beside, and never in anybody's way."""

import asyncio

import pytest

from bridges.kit.failures import Rejected
from bridges.portals import errands
from bridges.portals.errands import Errands


def test_what_fails_or_takes_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "WORTH_S", 0.01)
    done: list[str] = []

    async def refused() -> None:
        raise Rejected("no")

    async def endless() -> None:
        await asyncio.Event().wait()

    async def quick() -> None:
        done.append("quick")

    async def act() -> None:
        all_of_them = Errands()
        for work in (refused(), endless(), quick()):
            all_of_them.begin(work)
        # The endless one too: it is given up.
        async with asyncio.timeout(10):
            await asyncio.gather(*all_of_them._under_way)
        await asyncio.sleep(0)
        assert done == ["quick"]
        assert not all_of_them._under_way
        await all_of_them.stop()

    asyncio.run(act())


def test_a_flood_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "MAX_AT_ONCE", 3)
    begun: list[int] = []

    async def work(number: int) -> None:
        begun.append(number)
        await asyncio.Event().wait()

    async def act() -> None:
        all_of_them = Errands()
        for number in range(10):
            all_of_them.begin(work(number))
        await asyncio.sleep(0)
        assert begun == [0, 1, 2]
        await all_of_them.stop()

    asyncio.run(act())
