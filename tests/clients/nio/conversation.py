"""Tests that are scripts: people on a server, and what they say to each other."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.clients.nio.people import People
from tests.clients.started_server import Homeserver

CONVERSATION_S = 60

Script = Callable[[People], Awaitable[None]]


def conversation(script: Script) -> Callable[[Homeserver], None]:
    """A pytest test that plays the script within bounded time."""

    def test(homeserver: Homeserver) -> None:
        asyncio.run(play(script, homeserver))

    test.__name__ = getattr(script, "__name__", "test")
    test.__doc__ = script.__doc__
    return test


async def play(script: Script, homeserver: Homeserver) -> None:
    people = People(homeserver)
    try:
        async with asyncio.timeout(CONVERSATION_S):
            await script(people)
    finally:
        await people.close()
