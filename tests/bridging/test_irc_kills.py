"""kill -9 under load, on a real IRC server: every message once, in order, in both directions."""

import asyncio
import re
from collections import defaultdict
from pathlib import Path

import aiohttp
from attrs import define, field

from tests.appservices.irc import Chatter
from tests.appservices.people import User
from tests.bridging.irc_peers import IrcNetwork, inspircd
from tests.bridging.load import Load, Mortals, mortals
from tests.bridging.people import logs_in, meets_the_bot, opens

CHANNELS = ("#north", "#south")
BOB = "@net_bob:localhost"
SAID = re.compile(r"(?:@\S+ )?:alice[_2-9]*!\S+ PRIVMSG (#\w+) :(.*)")


@define(eq=False)
class Crowd:
    """Bob, who has made the channels, listens all the time and keeps account."""

    bob: Chatter
    heard: defaultdict[str, list[str]] = field(factory=lambda: defaultdict(list))

    @classmethod
    async def comes(cls, irc: IrcNetwork) -> "Crowd":
        bob = await Chatter.connects(irc.port, "bob")
        for channel in CHANNELS:
            await bob.joins(channel)
            bob.writes(f"MODE {channel} +H 5000:1h")
            await bob.hears("+H")
        return cls(bob)

    async def listens(self) -> None:
        while raw := await self.bob.reader.readline():
            line = raw.decode().rstrip()
            if line.startswith("PING"):
                self.bob.writes("PONG" + line[4:])
            elif found := SAID.fullmatch(line):
                self.heard[found[1]].append(found[2])

    def says(self, chat: str, text: str) -> None:
        self.bob.says(chat, text)

    def heard_in(self, chat: str) -> list[str]:
        return self.heard[chat]


async def story(doomed: Mortals, irc: IrcNetwork) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(doomed.base_url, session).register("alice")
        crowd = await Crowd.comes(irc)
        await doomed.bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, nick="alice", password="-")
        rooms = {channel: await opens(alice, room, channel) for channel in CHANNELS}
        listening = asyncio.create_task(crowd.listens())
        await Load(alice, crowd, BOB, rooms).survives(doomed)
        listening.cancel()
        await doomed.bridge.stop()


def test_nothing_is_lost_or_doubled_or_out_of_order_on_irc(tmp_path: Path) -> None:
    async def act(irc: IrcNetwork) -> None:
        settings = {"host": "127.0.0.1", "port": irc.port, "tls": False, "burst": 1000}
        async with mortals(tmp_path, "irc", settings) as doomed:
            await story(doomed, irc)

    with inspircd(tmp_path / "irc") as irc:
        asyncio.run(act(irc))
