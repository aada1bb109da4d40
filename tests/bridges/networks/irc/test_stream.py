"""No server is written to faster than it allows."""

import asyncio

import pytest

from bridges.networks.irc.stream import Bucket


def test_so_many_lines_go_at_once_then_one_in_so_many_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def act() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: 100 + sum(waited))
        monkeypatch.setattr("bridges.networks.irc.stream.asyncio.sleep", sleep)
        bucket = Bucket(4, 2.0)
        for _ in range(7):
            await bucket.take()

    asyncio.run(act())
    assert waited == [2.0, 2.0, 2.0]
