"""Talk in both directions, without rest, while the bridge and the homeserver are killed."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp
from attrs import define, field, frozen

from tests.appservices.people import User
from tests.bridging.people import sends
from tests.bridging.started_bridge import BridgeProcess
from tests.durability.server import ServerProcess

KILLS_OF_THE_BRIDGE = int(os.environ.get("ISTHMUS_BRIDGE_KILLS", "15"))
KILLS_OF_THE_HOMESERVER = int(os.environ.get("ISTHMUS_HOMESERVER_KILLS", "4"))
PER_SECOND = 20
SETTLED_S = 90


class OtherSide(Protocol):
    """The network, which outlives all of this and keeps account."""

    def says(self, chat: str, text: str) -> None: ...

    def heard_in(self, chat: str) -> list[str]: ...


@define(eq=False)
class Load:
    """Alice and the other side, each with as many messages a second in each direction.

    `ghost` is who speaks for the other side on Matrix.
    """

    alice: User
    other: OtherSide
    ghost: str
    rooms: dict[str, str]
    said: dict[str, list[str]] = field(init=False)
    written: dict[str, list[str]] = field(init=False)
    is_over: bool = False
    kills: tuple[int, int] = (KILLS_OF_THE_BRIDGE, KILLS_OF_THE_HOMESERVER)

    def __attrs_post_init__(self) -> None:
        self.said = {chat: [] for chat in self.rooms}
        self.written = {chat: [] for chat in self.rooms}

    async def speaks(self, chat: str) -> None:
        while not self.is_over:
            text = f"{chat} {len(self.said[chat])}"
            await until_sent(self.alice, self.rooms[chat], text)
            self.said[chat].append(text)
            await asyncio.sleep(len(self.rooms) / PER_SECOND)

    async def writes(self) -> None:
        while not self.is_over:
            for chat in self.rooms:
                text = f"from the network, {chat} {len(self.written[chat])}"
                self.written[chat].append(text)
                self.other.says(chat, text)
            await asyncio.sleep(len(self.rooms) / PER_SECOND)

    async def runs(self) -> None:
        await asyncio.gather(self.writes(), *(self.speaks(chat) for chat in self.rooms))

    async def arrived(self, chat: str) -> list[str]:
        """What the room has from the network, in the order of the room."""
        found: list[str] = []
        query = {"dir": "f", "limit": "500"}
        while True:
            path = f"/v3/rooms/{quote(self.rooms[chat])}/messages"
            page = await self.alice.ask("GET", path, **query)
            found += [
                it["content"].get("body")
                for it in page["chunk"]
                if it["sender"] == self.ghost and it["type"] == "m.room.message"
            ]
            if "end" not in page:
                return found
            query["from"] = page["end"]

    async def is_across(self) -> bool:
        for chat in self.rooms:
            if len(self.other.heard_in(chat)) < len(self.said[chat]):
                return False
            if len(await self.arrived(chat)) < len(self.written[chat]):
                return False
        return True

    async def settles(self) -> None:
        """Until everything is across, or it takes too long."""
        for _ in range(SETTLED_S):
            if await self.is_across():
                return
            await asyncio.sleep(1)

    async def survives(self, mortals: "Mortals") -> None:
        """The kills; then everything must have arrived once, in order."""
        running = asyncio.create_task(self.runs())
        of_bridge, of_homeserver = self.kills
        victims: list[Any] = [mortals.bridge] * of_bridge + [mortals.homeserver] * of_homeserver
        await kill(victims, random.Random(7))
        self.is_over = True
        await running
        await self.settles()
        for chat in self.rooms:
            check(await self.arrived(chat), self.written[chat])
            check(self.other.heard_in(chat), self.said[chat])
        print(
            f"{of_bridge} kills of the bridge, {of_homeserver} of the "
            f"homeserver: {sum(map(len, self.said.values()))} messages to the network, "
            f"{sum(map(len, self.written.values()))} to Matrix"
        )


@frozen(eq=False)
class Mortals:
    """The two that are killed, the homeserver already started."""

    bridge: BridgeProcess
    homeserver: ServerProcess

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.homeserver.port}"


@asynccontextmanager
async def mortals(
    folder: Path, network: str, settings: dict[str, object], **more: object
) -> AsyncIterator[Mortals]:
    """`more`: other settings of the bridge."""
    registration = folder / "registration.yaml"
    database = {"engine": "sqlite", "path": str(folder / "homeserver.db")}
    files = {"appservice_config_files": [str(registration)]}
    made = Mortals(
        BridgeProcess(folder, network, "", settings, more=more),
        ServerProcess(folder, database, **files),
    )
    made.bridge.homeserver = made.base_url
    assert made.bridge.prepare() == registration
    await made.homeserver.start()
    try:
        yield made
    except BaseException:
        print(made.bridge.log())
        raise
    finally:
        await made.bridge.kill()
        await made.homeserver.kill()


def check(heard: list[str], said: list[str]) -> None:
    """Says itself what is wrong: pytest explains assertions of test modules only."""
    if found := differences(heard, said):
        raise AssertionError("; ".join(found[:20]))


def differences(heard: list[str], said: list[str]) -> list[str]:
    """In words: what is missing or never said, what came more than once, where the order breaks."""
    found = [f"lost: {it}" for it in said if it not in set(heard)]
    found += [f"never said: {it}" for it in heard if it not in set(said)]
    found += [f"{many} times: {it}" for it, many in Counter(heard).items() if many > 1]
    if not found and heard != said:
        at = next(at for at, pair in enumerate(zip(heard, said, strict=True)) if len(set(pair)) > 1)
        found.append(f"{heard[at]} in the place of {said[at]}")
    return found


async def until_sent(alice: User, room: str, text: str) -> None:
    content = {"msgtype": "m.text", "body": text}
    while True:
        try:
            await sends(alice, room, "m.room.message", content, quote(text))
            return
        except (aiohttp.ClientError, TimeoutError):
            await asyncio.sleep(0.1)


async def kill(victims: list[Any], chance: random.Random) -> None:
    chance.shuffle(victims)
    for victim in victims:
        await asyncio.sleep(chance.uniform(0.1, 1.2))
        await victim.kill()
        await victim.start()
