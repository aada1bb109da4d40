"""Servers of a network that lose each other: many people quit at once, and most are back soon.

They are not put out of the room one by one: it is told once; who is not back in time leaves then.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress

from attrs import define, field

BACK_S = 300.0
SETTLED_S = 2.0
"""After so long a split is told, with how many are gone."""
SPLIT = re.compile(r"[a-z0-9*-]+(?:\.[a-z0-9*-]+)+ [a-z0-9*-]+(?:\.[a-z0-9*-]+)+", re.IGNORECASE)

Leaves = Callable[[str, str, str], Awaitable[None]]
"""Is told who leaves a channel, and why."""
Tell = Callable[[str, str], Awaitable[None]]
"""Says something in a channel."""


@define(eq=False)
class Splits:
    """`_away`: nicks by channel, with the reason that the server gave."""

    _leaves: Leaves
    _tell: Tell
    _away: "defaultdict[str, dict[str, str]]" = field(factory=lambda: defaultdict(dict))
    _watches: dict[str, "asyncio.Task[None]"] = field(factory=dict)

    def is_split(self, reason: str) -> bool:
        return SPLIT.fullmatch(reason) is not None

    def gone(self, channel: str, nick: str, reason: str) -> None:
        self._away[channel][nick] = reason
        if channel not in self._watches:
            self._watches[channel] = asyncio.create_task(self._watch(channel))

    def is_back(self, channel: str, nick: str) -> bool:
        """Whether nobody needs to hear of it."""
        return self._away.get(channel, {}).pop(nick, None) is not None

    async def _watch(self, channel: str) -> None:
        await asyncio.sleep(SETTLED_S)
        if away := self._away.get(channel):
            people = "One is" if len(away) == 1 else f"{len(away)} people are"
            await self._tell(channel, f"The network has split. {people} away for now.")
        await asyncio.sleep(BACK_S)
        del self._watches[channel]
        for nick, reason in self._away.pop(channel, {}).items():
            await self._leaves(channel, nick, reason)

    async def stop(self) -> None:
        for watch in self._watches.values():
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
