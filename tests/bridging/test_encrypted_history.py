"""The past of a chat can be read in an encrypted room by whoever is invited, and by nobody else."""

import asyncio
from pathlib import Path

import aiohttp

from tests.bridging.kinds import ENCRYPTED
from tests.bridging.people import becomes, has_said
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.bridging.test_encryption import ECHO, opens_the_canyon

MESSAGES = 150


async def story(base_url: str, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await ENCRYPTED.arrives("alice", base_url, session)
        await bridge.start()
        portal = await opens_the_canyon(alice)

        async def whole() -> list[str]:
            said = await has_said(alice, portal, ECHO)
            return said if len(said) >= MESSAGES else []

        assert await becomes(whole) == [f"echo {number}" for number in range(MESSAGES)]
        await ENCRYPTED.holds(alice)
        await bridge.stop()


def test_the_past_of_an_encrypted_room_is_for_those_who_are_in_it(tmp_path: Path) -> None:
    remembers: dict[str, object] = {"remembers": MESSAGES}
    with beside_a_homeserver(tmp_path, "echo", remembers, **ENCRYPTED.settings) as started:
        asyncio.run(story(*started))
