"""Ten thousand messages of long ago come into a room, also when the bridge is killed meanwhile."""

import asyncio
import os
import random
import time
from pathlib import Path
from urllib.parse import quote

import aiohttp
import yaml

from scripts.benchmarks import proc
from tests.appservices.people import User
from tests.bridging.people import logs_in, meets_the_bot, opens
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver

MESSAGES = int(os.environ.get("ISTHMUS_HISTORY", "10000"))
KILLS = 5
PATIENCE_S = 240
MAX_MIB = 150


async def past(alice: User, room: str) -> list[str]:
    """What the room has from the canyon, in the order of the room."""
    found: list[str] = []
    query = {"dir": "f", "limit": "500"}
    while True:
        page = await alice.ask("GET", f"/v3/rooms/{quote(room)}/messages", **query)
        found += [
            it["content"]["body"]
            for it in page["chunk"]
            if it["type"] == "m.room.message" and it["content"]["body"].startswith("echo ")
        ]
        if "end" not in page:
            return found
        query["from"] = page["end"]


async def has_all(alice: User, room: str, count: int) -> list[str]:
    found: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(PATIENCE_S):
            found = await past(alice, room)
            if len(found) >= count:
                break
            await asyncio.sleep(1)
    return found


async def story(base_url: str, bridge: BridgeProcess, count: int, kills: int) -> dict[str, float]:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        await bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, call="Alice")
        begun = time.monotonic()
        portal = await opens(alice, room, "canyon")
        assert (await past(alice, portal))[-1] == f"echo {count - 1}"
        chance = random.Random(3)
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(0.1, 1.0))
            await bridge.kill()
            await bridge.start()
        found = await has_all(alice, portal, count)
        took_s = time.monotonic() - begun
        assert found == [f"echo {number}" for number in range(count)]
        await alice.says(portal, "and now")
        await alice.reads(portal, "and now")
        measured = {
            "wall s": took_s,
            "CPU of the bridge s": proc.cpu_ms(bridge.pid) / 1000,
            "peak MiB of the bridge": proc.peak_mib(bridge.pid),
        }
        await bridge.stop()
        return measured


def run(folder: Path, messages: int, kills: int) -> dict[str, float]:
    with beside_a_homeserver(folder, "echo") as (base_url, bridge):
        bridge.configures(remembers=messages)
        content = yaml.safe_load(bridge.config.read_text())
        bridge.config.write_text(yaml.safe_dump(content | {"history": messages}))
        return asyncio.run(story(base_url, bridge, messages, kills))


def test_ten_thousand_messages_come_over(tmp_path: Path) -> None:
    measured = run(tmp_path, MESSAGES, 0)
    print({what: round(value, 1) for what, value in measured.items()})
    assert measured["peak MiB of the bridge"] < MAX_MIB


def test_each_comes_once_although_the_bridge_is_killed(tmp_path: Path) -> None:
    run(tmp_path, min(MESSAGES, 3000), KILLS)
