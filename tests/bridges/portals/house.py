"""A bridge in memory: its homeserver is a scribe that keeps rooms, its network parrots."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from attrs import define, field

from bridges.kit.happenings import Lasting
from bridges.kit.json_values import JsonObject
from bridges.matrix.puppeteer import Puppeteer
from bridges.matrix.registration import Names
from bridges.matrix.rooms import Accounts, Rooms
from bridges.matrix.transactions import Push
from bridges.portals.bridge import Bridge, Doors
from bridges.portals.ground import Ground, Tally
from bridges.portals.permissions import Permissions
from bridges.storage.database import Database
from tests.bridges.portals.parrots import Parrots, ParrotSession
from tests.bridges.portals.scribe import BOT, Scribe

ALICE, BOB = "@alice:localhost", "@bob:localhost"
PATIENCE_S = 5


@define(eq=False)
class House:
    path: Path
    scribe: Scribe
    breed: type[Parrots] = Parrots
    network: Parrots = field(init=False)
    numbers: Any = field(factory=lambda: count(1))
    puppets: Scribe | None = None
    """By which the second registration speaks, if there is one."""
    tidies: bool = False
    shows_delivery: bool = True
    bridge: Bridge = field(init=False)

    async def opens(self) -> None:
        await self.hears_already()
        await self.bridge.start()

    async def hears_already(self) -> None:
        """The homeserver reaches the bridge, which has yet to start."""
        self.network = self.breed()
        db, scribe = Database(str(self.path)), self.scribe
        await db.start()
        names = Names("localhost", "net")
        ground = Ground(self.network, names, db, Rooms(scribe), Accounts(scribe), Tally())
        permissions = Permissions.read({"localhost": "user", "*": "relay"})
        puppeteer = Puppeteer(self.puppets) if self.puppets else None
        doors = Doors(puppeteer=puppeteer, tidies=self.tidies, shows_delivery=self.shows_delivery)
        self.bridge = Bridge.build(ground, permissions, doors)

    async def closes(self) -> None:
        await self.bridge.stop()
        await self.bridge.ground.db.stop()

    async def starts_again(self) -> None:
        await self.closes()
        await self.opens()

    async def until(self, condition: Callable[[], Any]) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if found := condition():
                    return found
                await asyncio.sleep(0.002)

    async def hears(
        self, room: str, type: str, sender: str, content: JsonObject, **more: Any
    ) -> str:
        """The homeserver pushes an event to the bridge."""
        number = next(self.numbers)
        event = {
            "event_id": f"$e{number}",
            "room_id": room,
            "sender": sender,
            "type": type,
            "content": content,
        } | more
        self.scribe.events[f"$e{number}"] = event
        await self.bridge.accept(Push(f"t{number}", [event], [], {}))
        return f"$e{number}"

    async def says(self, user: str, room: str, text: str) -> str:
        content = {"msgtype": "m.text", "body": text}
        return await self.hears(room, "m.room.message", user, content)

    async def reads(self, room: str, text: str) -> str:
        """Waits for such a text; its sender."""
        sender: str = await self.until(
            lambda: next((who for who, it in self.scribe.texts(room) if text in it), None)
        )
        return sender

    async def management_room(self, user: str = ALICE) -> str:
        room = f"!manage-{user[1:].partition(':')[0]}:localhost"
        invite = {"membership": "invite"}
        await self.hears(room, "m.room.member", user, invite, state_key=BOT)
        await self.reads(room, "This is the bridge to")
        return room

    async def logs_in(self, user: str = ALICE, name: str = "Alice") -> ParrotSession:
        room = await self.management_room(user)
        await self.says(user, room, "login")
        await self.reads(room, "What is your name?")
        await self.says(user, room, name)
        await self.reads(room, f"You are logged in as {name}")
        return self.network.sessions[name.casefold()]

    async def portal(self, session: ParrotSession, happening: Lasting) -> str:
        """The room into which a happening brings the chat."""
        await session.ear.receive(happening)
        alias = f"#net_{happening.chat.id}:localhost"
        await self.until(lambda: self.scribe.aliases.get(alias))
        return self.scribe.aliases[alias]


def in_a_house(
    path: Path,
    story: Callable[[House], Awaitable[None]],
    breed: type[Parrots] = Parrots,
    with_puppets: bool = False,
    tidies: bool = False,
) -> None:
    async def act() -> None:
        async with aiohttp.ClientSession() as http:
            house = House(path, Scribe(http, "http://localhost", "token"), breed)
            house.tidies = tidies
            house.puppets = house.scribe if with_puppets else None
            await house.opens()
            try:
                await story(house)
            finally:
                await house.closes()

    asyncio.run(act())
