"""Devices upload one-time keys, others claim them, the server dies again and again."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any, cast

from attrs import define, field

from tests.durability.actors import Person, register
from tests.durability.server import ServerProcess
from tests.durability.wire import JsonObject, Lost, path
from tests.homeserver.devices.crypto import Crypto

OWNERS = 8
CLAIMERS = 10
KEPT = 40
"""How many keys a device wants to have waiting, as clients do."""
LOAD_SECONDS = (0.05, 0.3)
ALGORITHM = "signed_curve25519"


@define(eq=False)
class Owner:
    """A device with keys that others want."""

    person: Person
    crypto: Crypto

    @classmethod
    async def comes(cls, port: int, name: str) -> "Owner":
        person = await register(port, name)
        owner = cls(person, Crypto(cast(Any, person)))
        await owner.upload(device_keys=owner.crypto.device_keys())
        await owner.fill_up()
        return owner

    async def fill_up(self) -> None:
        """As a client does when it sees that few keys are left."""
        lacking = KEPT - (await self.upload()).get(ALGORITHM, 0)
        if lacking > 0:
            await self.upload(one_time_keys=self.crypto.one_time_keys(lacking))

    async def upload(self, **keys: JsonObject) -> JsonObject:
        """The counts of waiting keys."""
        answer = await self.person.client.post(path("keys", "upload"), keys)
        counts: JsonObject = answer["one_time_key_counts"]
        return counts


@define(eq=False)
class KeyStory:
    server: ServerProcess
    random: Random
    handed_out: list[str] = field(factory=list)
    """Public keys in the order in which claimers were told of them."""
    owners: list[Owner] = field(factory=list)
    claimers: list[Person] = field(factory=list)
    deaths: int = 0

    async def assemble(self) -> None:
        await self.server.start()
        self.owners = [
            await Owner.comes(self.server.port, f"owner{number}") for number in range(OWNERS)
        ]
        self.claimers = [
            await register(self.server.port, f"claimer{number}") for number in range(CLAIMERS)
        ]

    async def live_and_die(self, deaths: int) -> None:
        for _ in range(deaths):
            await self.live(self.random.uniform(*LOAD_SECONDS))
            self.deaths += 1
            self.forget_connections()
            await self.server.start()

    async def live(self, seconds: float) -> None:
        """Everybody at once, until the death cuts off what is under way."""
        tasks = [asyncio.create_task(self.upload_always(owner)) for owner in self.owners]
        tasks += [asyncio.create_task(self.claim_always(one)) for one in self.claimers]
        await asyncio.sleep(seconds)
        await asyncio.gather(self.server.kill(), *tasks)

    async def upload_always(self, owner: Owner) -> None:
        try:
            while True:
                await owner.fill_up()
        except Lost:
            return

    async def claim_always(self, claimer: Person) -> None:
        try:
            while True:
                self.handed_out += await self.claim(claimer, self.random.choice(self.owners))
        except Lost:
            return

    async def claim(self, claimer: Person, owner: Owner) -> list[str]:
        wanted = {owner.person.user_id: {owner.person.device_id: ALGORITHM}}
        body = {"one_time_keys": wanted}
        answer = await claimer.client.post(path("keys", "claim"), body)
        return keys_in(answer)

    async def claims_until(self, count: int) -> None:
        """Without deaths, so many more."""
        wanted = len(self.handed_out) + count
        while len(self.handed_out) < wanted:
            await asyncio.gather(*(owner.fill_up() for owner in self.owners))
            owners = [self.random.choice(self.owners) for _ in self.claimers]
            found = await asyncio.gather(*map(self.claim, self.claimers, owners))
            self.handed_out += [key for keys in found for key in keys]

    async def restore(self, put_back: Callable[[], None]) -> None:
        """Put the database of a stopped server back to an older state, and start."""
        await self.server.stop()
        self.forget_connections()
        put_back()
        await self.server.start()

    def forget_connections(self) -> None:
        for person in [*(owner.person for owner in self.owners), *self.claimers]:
            person.client.close()

    def check(self) -> None:
        assert len(set(self.handed_out)) == len(self.handed_out), "a key was handed out twice"


def keys_in(answer: JsonObject) -> list[str]:
    return [
        str(key["key"])
        for devices in answer["one_time_keys"].values()
        for keys in devices.values()
        for key in keys.values()
    ]
