"""People talk faster than a push gateway takes it, and the server dies again and again."""

import asyncio
import time
from collections.abc import Sequence
from itertools import groupby
from random import Random

from attrs import define, field

from tests.durability.actors import Person, Talker, register
from tests.durability.gateway import Gateway
from tests.durability.ledger import Ledger, Timeline
from tests.durability.server import ServerProcess
from tests.durability.story import until_death
from tests.durability.wire import path

LOAD_SECONDS = (0.05, 0.3)
LISTENERS = 4
SETTLED_SECONDS = 60.0
ENOUGH_SECONDS = 75.0
"""A machine that is busy with other things dies less often in this time."""


@define(eq=False)
class PushStory:
    """`full` counts the deaths at which something still waited in a queue."""

    server: ServerProcess
    gateway: Gateway
    random: Random
    deaths: int = 0
    full: int = 0
    doubled: int = 0
    ledger: Ledger = field(factory=Ledger)
    talkers: list[Talker] = field(factory=list)
    timeline: Timeline | None = None
    _begun: float = field(factory=time.monotonic)

    async def run(self, deaths: int) -> None:
        await self.gateway.start()
        await self.server.start()
        try:
            await self._assemble()
            while self.deaths < deaths and time.monotonic() - self._begun < ENOUGH_SECONDS:
                await self._live_and_die()
                await self.server.start()
                for talker in self.talkers:
                    await talker.settle()
            await self._all_is_heard()
            await self.server.stop()
        finally:
            await self.server.kill()
            await self.gateway.stop()

    async def _assemble(self) -> None:
        port = self.server.port
        talkers = [await register(port, name) for name in ("alice", "bob")]
        room = await found_room(talkers[0])
        await talkers[1].client.post(path("join", room), {})
        for number in range(LISTENERS):
            listener = await register(port, f"listener{number}")
            await listener.client.post(path("join", room), {})
            await listener.client.post(path("pushers", "set"), self._pusher(number))
            listener.client.close()
        self.talkers = [Talker(person, room, self.ledger, self.random) for person in talkers]
        self.timeline = Timeline(room)

    def _pusher(self, number: int) -> dict[str, object]:
        return {
            "pushkey": f"key{number}",
            "kind": "http",
            "app_id": "org.example.app",
            "app_display_name": "App",
            "device_display_name": "Telephone",
            "lang": "en",
            "data": {"url": self.gateway.url, "format": "event_id_only"},
        }

    async def _live_and_die(self) -> None:
        lives = [asyncio.create_task(until_death(talker)) for talker in self.talkers]
        await asyncio.sleep(self.random.uniform(*LOAD_SECONDS))
        self.full += self.gateway.count() < LISTENERS * len(self.said())
        await self.server.kill()
        await asyncio.gather(*lives)
        self.deaths += 1
        for talker in self.talkers:
            talker.person.client.close()

    def said(self) -> list[str]:
        return [it.event_id for talker in self.talkers for it in talker.said if it.event_id]

    async def _all_is_heard(self) -> None:
        """Each listener's telephone was told all that was said, in the order of the room."""
        self.gateway.seconds = 0
        said = set(self.said())
        async with asyncio.timeout(SETTLED_SECONDS):
            while self.gateway.count() < LISTENERS * len(said):
                self.gateway.news.clear()
                await self.gateway.news.wait()
        expected = [event_id for event_id in await self._order() if event_id in said]
        for pushkey, heard in self.gateway.heard.items():
            once = [event_id for event_id, _ in groupby(heard)]
            self.doubled += len(heard) - len(once)
            assert once == expected, f"{pushkey}: {first_difference(once, expected)}"
            assert len(heard) - len(once) <= self.deaths

    async def _order(self) -> list[str]:
        assert self.timeline is not None
        await self.timeline.read_on(self.talkers[0].person.client, "")
        return [event.event_id for event in self.timeline.events]

    def summary(self, name: str) -> str:
        starts = sorted(self.server.starts) or [0.0]
        return (
            f"push on {name}: {self.deaths} kills, {self.full} of them with full queues, "
            f"{self.gateway.count()} notifications arrived, {self.doubled} twice; "
            f"median start {starts[len(starts) // 2]:.2f} s, "
            f"{time.monotonic() - self._begun:.0f} s in all"
        )


async def found_room(person: Person) -> str:
    body = {"preset": "public_chat", "name": "talk"}
    return str((await person.client.post(path("createRoom"), body))["room_id"])


def first_difference(found: Sequence[str], expected: Sequence[str]) -> str:
    for number, (one, other) in enumerate(zip(found, expected, strict=False)):
        if one != other:
            return f"at {number} {one} instead of {other} (known: {one in expected})"
    return f"{len(found)} instead of {len(expected)}"
