"""Fills an empty server with accounts, rooms and messages, through the client API."""

import asyncio
import sys
from collections.abc import Iterable
from itertools import count, cycle
from time import perf_counter

import attrs
from attrs import frozen

from scripts.benchmarks.crews import Crew, crew, sessions
from scripts.benchmarks.http_client import Connection
from scripts.benchmarks.people import Person, Session, register_by_secret
from scripts.benchmarks.texts import texts
from scripts.benchmarks.world import Sizes, World

AT_ONCE = 8
SHELVES = 20
"""Rooms of the library."""
VERSION = 1
"""Counts up when what is filled in changes, so that older filled databases are not used."""


@frozen
class Filling:
    """One server being filled by a few workers at once."""

    port: int
    _workers: Crew[Connection]
    _txn_ids: "count[int]"

    async def people(self, kind: str, number: int) -> list[Person]:
        return await self._workers.each(
            [f"{kind}{place}" for place in range(number)], self._register
        )

    async def rooms(self, names: Iterable[str], owners: list[Person]) -> list[str]:
        async def create(connection: Connection, wish: tuple[str, Person]) -> str:
            name, owner = wish
            return await Session(owner, connection).create_room(name)

        return await self._workers.each(list(zip(names, owners, strict=False)), create)

    async def join(self, people: list[Person], rooms: list[str]) -> None:
        async def join(connection: Connection, wish: tuple[Person, str]) -> None:
            person, room_id = wish
            await Session(person, connection).join(room_id)

        await self._workers.each([(p, room) for p in people for room in rooms], join)

    async def talk(self, person: Person, rooms: list[str], messages: int) -> None:
        async def send(connection: Connection, room_id: str) -> None:
            await Session(person, connection).send(room_id, f"fill{next(self._txn_ids)}")

        await self._workers.each(rooms * messages, send)

    async def tell(self, person: Person, rooms: list[str], said: list[str]) -> None:
        """In one room after the other."""

        async def say(connection: Connection, wish: tuple[str, str]) -> None:
            room_id, text = wish
            await Session(person, connection).say(room_id, f"fill{next(self._txn_ids)}", text)

        await self._workers.each(list(zip(cycle(rooms), said, strict=False)), say)

    async def _register(self, connection: Connection, name: str) -> Person:
        person = await register_by_secret(connection, name)
        filter_id = await Session(person, connection).upload_filter()
        return attrs.evolve(person, filter_id=filter_id)


async def fill(port: int, sizes: Sizes) -> World:
    """Takes minutes on a slow server."""
    async with crew(port, AT_ONCE) as workers:
        filling = Filling(port, workers, count())
        world = World()
        for part in (_senders, _hall, _streets, _square, _library):
            began = perf_counter()
            await part(filling, world, sizes)
            print(f"  {part.__name__[1:]}: {perf_counter() - began:.0f} s", file=sys.stderr)
        return world


async def _senders(filling: Filling, world: World, sizes: Sizes) -> None:
    world.senders = await filling.people("sender", sizes.senders)
    names = [f"desk {number}" for number in range(sizes.senders)]
    world.sender_rooms = await filling.rooms(names, world.senders)
    for guest, room_id in zip(world.senders[1:], world.sender_rooms, strict=False):
        await filling.join([guest], [room_id])
    [world.archive] = await filling.rooms(["archive"], world.senders)
    await filling.talk(world.senders[0], [world.archive], sizes.history)


async def _hall(filling: Filling, world: World, sizes: Sizes) -> None:
    [world.speaker] = await filling.people("speaker", 1)
    world.listeners = await filling.people("listener", sizes.listeners)
    [world.hall] = await filling.rooms(["hall"], [world.speaker])
    await filling.join(world.listeners, [world.hall])


async def _streets(filling: Filling, world: World, sizes: Sizes) -> None:
    world.neighbours = await filling.people("neighbour", sizes.neighbours)
    owner, *others = world.neighbours
    names = [f"street {number}" for number in range(sizes.rooms)]
    world.streets = await filling.rooms(names, [owner] * sizes.rooms)
    await filling.join(others, world.streets)
    await filling.talk(owner, world.streets, sizes.messages_in_each_room)


async def _square(filling: Filling, world: World, sizes: Sizes) -> None:
    world.crowd = await filling.people("crowd", sizes.crowd)
    [world.square] = await filling.rooms(["square"], world.crowd)
    await filling.join(world.crowd[1:], [world.square])


async def _library(filling: Filling, world: World, sizes: Sizes) -> None:
    if sizes.library:
        [owner, *_] = world.senders
        names = [f"shelf {number}" for number in range(SHELVES)]
        world.library = await filling.rooms(names, [owner] * SHELVES)
        said = list(texts(sizes.library))
        await filling.tell(owner, world.library, said)
        # A server may index behind everybody's back: that is the cost of sending, not of what
        # is measured next.
        async with sessions(filling.port, [owner]) as [reader]:
            while True:
                if await reader.finds(said[-1], world.library, "recent"):
                    break
                await asyncio.sleep(1)
