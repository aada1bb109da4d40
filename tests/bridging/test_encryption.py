"""What only encryption can break: warnings, and messages around the death of the bridge.

The conversations themselves are held in encrypted rooms, too: see `kinds.py`.
"""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from e2ee.happenings import Trust
from tests.bridging.kinds import ENCRYPTED
from tests.bridging.people import BOT, Person, has_said, logs_in, meets_the_bot, opens
from tests.bridging.sealed_people import SealedPerson
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.clients.started_server import SHARED_SECRET, Homeserver
from tests.clients.test_js_sdk import node, sdk
from tests.encryption.people import agent

__all__ = ["node", "sdk"]

ECHO = "@net_echo:localhost"
KILLS = 5


async def opens_the_canyon(alice: Person) -> str:
    room = await meets_the_bot(alice)
    await logs_in(alice, room, call="Alice")
    return await opens(alice, room, "canyon")


async def speaks_while_the_bridge_is_killed(
    alice: SealedPerson, portal: str, bridge: BridgeProcess
) -> None:
    """Every message comes back once, in order, and can be read."""
    said = []
    for round in range(KILLS):
        for number in range(4):
            said.append(f"round {round}, number {number}")
            await alice.says(portal, said[-1])
        await asyncio.sleep(0.1 * round)
        await bridge.kill()
        await bridge.start()
    await alice.reads(portal, said[-1])
    await alice.says(portal, "the end")
    last = await alice.reads(portal, "the end")
    assert alice.trust[last["event_id"]] is Trust.CROSS_SIGNED
    heard = await has_said(alice, portal, ECHO)
    assert list(dict.fromkeys(heard)) == [*said, "the end"]
    doubled = len(heard) - len(set(heard))
    # The canyon cannot tell repetitions: a message may be said to it twice, around a kill.
    assert doubled <= KILLS
    print(f"{len(heard)} came back through {KILLS} kills, {doubled} said twice to the network")


async def sees_no_warnings(node: str, base_url: str, bridge: BridgeProcess) -> None:
    await bridge.start()
    async with agent(node, Homeserver(base_url, SHARED_SECRET)) as bob:
        await bob("begins", "bob")
        await bob("setsUpIdentity", {})
        room = await bob("createsRoom", [BOT])
        for said, words in (
            ("", "This is the bridge to"),
            ("login", "What shall we call you?"),
            ("Bob", "You are logged in"),
        ):
            if said:
                await bob("says", roomId=room, body=said)
            shield = await bob("readsFrom", roomId=room, sender=BOT, words=words)
            assert shield["shieldColour"] == 0, shield
        await bob("says", roomId=room, body="open canyon")
        portal = await bob("isInvited", {})
        await bob("joins", portal)
        await bob("seesMember", roomId=portal, userId=ECHO)
        await bob("says", roomId=portal, body="hello canyon")
        shield = await bob("readsFrom", roomId=portal, sender=ECHO, words="hello canyon")
        assert shield["shieldColour"] == 0, shield
    await bridge.stop()


@pytest.mark.usefixtures("sdk")
def test_somebody_with_the_sdk_is_shown_no_warning(node: str, tmp_path: Path) -> None:
    with beside_a_homeserver(tmp_path, "echo", **ENCRYPTED.settings) as (base_url, bridge):
        asyncio.run(sees_no_warnings(node, base_url, bridge))


def test_what_is_said_while_the_bridge_is_killed_comes_back_once(tmp_path: Path) -> None:
    async def story(base_url: str, bridge: BridgeProcess) -> None:
        async with aiohttp.ClientSession() as session:
            alice = await SealedPerson(base_url, session).register("alice")
            await bridge.start()
            portal = await opens_the_canyon(alice)
            await speaks_while_the_bridge_is_killed(alice, portal, bridge)
            await ENCRYPTED.holds(alice)
            await bridge.stop()

    with beside_a_homeserver(tmp_path, "echo", **ENCRYPTED.settings) as (base_url, bridge):
        asyncio.run(story(base_url, bridge))
