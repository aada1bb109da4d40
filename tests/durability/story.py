"""A busy server dies again and again; after each start everything is held against what was told."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from random import Random

from attrs import define, field

from tests.durability.actors import (
    Actor,
    Founder,
    Keeper,
    Person,
    Reader,
    Redactor,
    StateSetter,
    Talker,
    Wanderer,
    Whisperer,
    register,
)
from tests.durability.follower import Follower, place
from tests.durability.ledger import Ledger, Timeline
from tests.durability.replay import Replay
from tests.durability.server import ServerProcess
from tests.durability.wire import Lost, path

LOAD_SECONDS = (0.05, 0.4)
ANY_TOKEN_EVERY = 10


@define(eq=False)
class Cast:
    """Who takes part: `actors` do things, `followers` see them."""

    observer: Person
    actors: list[Actor]
    followers: list[Follower]
    timelines: list[Timeline]
    whisperer: Whisperer


@define(eq=False)
class Story:
    server: ServerProcess
    replay: Replay
    random: Random
    ledger: Ledger = field(factory=Ledger)
    deaths: int = 0
    _begun: float = field(factory=time.monotonic)

    async def run(self, deaths: int, die: Callable[[], Awaitable[None]]) -> None:
        """`die` ends the server (and starts what it needs, but not the server itself)."""
        await self.server.start()
        try:
            cast = await assemble(self.server.port, self.ledger, self.random)
            await self._check(cast)
            while self.deaths < deaths:
                await self._live_until(cast, die)
                self.deaths += 1
                rooms = [timeline.room for timeline in cast.timelines]
                newest = max(place(follower.token) for follower in cast.followers)
                self.replay.check(rooms, newest)
                await self.server.start()
                await self._check(cast)
            await self._check_everything(cast)
            await self.server.stop()
        finally:
            await self.server.kill()

    async def _live_until(self, cast: Cast, die: Callable[[], Awaitable[None]]) -> None:
        everybody: list[Actor] = [*cast.actors, *cast.followers]
        lives = [asyncio.create_task(until_death(actor)) for actor in everybody]
        await asyncio.sleep(self.random.uniform(*LOAD_SECONDS))
        await die()
        await asyncio.gather(*lives)
        for person in (cast.observer, *(actor.person for actor in everybody)):
            person.client.close()

    async def _check(self, cast: Cast) -> None:
        """Nobody writes but those who finish what was cut off."""
        for actor in cast.actors:
            await actor.settle()
        await self._read_on(cast)
        self.ledger.assert_whole()
        for follower in cast.followers:
            await follower.check()
            follower.assert_complete(cast.timelines)
            recent = 10**9 if self.deaths % ANY_TOKEN_EVERY == 0 else 40
            await follower.look_again(follower.any_token(self.random, recent), cast.timelines)
        cast.followers[0].assert_heard(cast.whisperer)
        for actor in cast.actors:
            await actor.check()

    async def _read_on(self, cast: Cast) -> None:
        client = cast.observer.client
        here = (await client.get(path("sync", filter=NOTHING)))["next_batch"]
        self.ledger.settle({t.room: await t.read_on(client, here) for t in cast.timelines})

    async def _check_everything(self, cast: Cast) -> None:
        """The past has not changed either: every room from its beginning, every kind of token."""
        for timeline in cast.timelines:
            again = Timeline(timeline.room)
            await again.read_on(cast.observer.client, "")
            assert [e.event_id for e in again.events] == [e.event_id for e in timeline.events]
        ids = {e.event_id for timeline in cast.timelines for e in timeline.events}
        self.ledger.lost += sum(a.event_id not in ids for a in self.ledger.attempts)
        self.ledger.assert_whole()
        for follower in cast.followers:
            for kept in (follower.kept[0], *self.random.sample(follower.kept, 5)):
                await follower.look_again(kept, cast.timelines)

    def summary(self, name: str) -> str:
        starts = sorted(self.server.starts) or [0.0]
        ledger = self.ledger
        return (
            f"durability on {name}: {self.deaths} kills, {ledger.told} events acknowledged, "
            f"{ledger.lost} lost, {ledger.doubled} doubled, {ledger.out_of_order} out of order; "
            f"median start {starts[len(starts) // 2]:.2f} s, "
            f"{time.monotonic() - self._begun:.0f} s in all"
        )


NOTHING = '{"room":{"rooms":[]},"presence":{"types":[]},"account_data":{"types":[]}}'


async def until_death(actor: Actor) -> None:
    try:
        while True:
            await actor.act()
    except Lost:
        return


async def assemble(port: int, ledger: Ledger, random: Random) -> Cast:
    """Two rooms: in one is much talk, in the other much coming and going."""
    everybody = [
        await register(port, name)
        for name in ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
    ]
    alice, bob, carol, dave, erin, frank, grace, heidi = everybody
    rooms = [await found_room(alice, name) for name in ("talk", "coming and going")]
    for person in (bob, carol, dave, erin, frank):
        for room in rooms:
            await person.client.post(path("join", room), {})
    talk, square = rooms
    loud = Talker(bob, talk, ledger, random)
    actors: list[Actor] = [
        loud,
        Talker(carol, talk, ledger, random),
        Talker(dave, square, ledger, random),
        Redactor(bob, talk, ledger, random, loud),
        StateSetter(alice, square, ledger, random),
        Wanderer(grace, square),
        Keeper(carol, talk),
        Reader(dave, loud),
        Founder(heidi),
    ]
    # A device's requests go over one connection each, so actors and followers need their own.
    for actor in actors:
        actor.person = separate(actor.person)
    followers = [
        Follower(separate(erin), rooms, 1000),
        Follower(separate(frank), rooms, 5),
        Follower(separate(alice), rooms, 50),
    ]
    whisperer = Whisperer(separate(heidi), erin)
    actors.append(whisperer)
    timelines = [Timeline(room) for room in rooms]
    for timeline in timelines:
        await timeline.read_on(alice.client, "")
    for follower in followers:
        await follower.begin(timelines)
    for timeline in timelines:
        timeline.place = followers[0].token
    return Cast(alice, actors, followers, timelines, whisperer)


async def found_room(person: Person, name: str) -> str:
    body = {
        "preset": "public_chat",
        "name": name,
        "power_level_content_override": {"state_default": 0, "redact": 0},
    }
    return str((await person.client.post(path("createRoom"), body))["room_id"])


def separate(person: Person) -> Person:
    """The same device over a connection of its own."""
    client = type(person.client)(person.client.port, person.client.token)
    return Person(person.name, client, person.device_id)
