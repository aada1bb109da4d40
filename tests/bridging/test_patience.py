"""A network that is away, and a chat of a thousand: told in words, and waited out."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import aiohttp

from tests.appservices.people import User
from tests.bridging.account import Account
from tests.bridging.people import meets_the_bot, opens
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.clients.started_server import free_port

MEMBERS = 1000
JOINED_S = 60
ACROSS_S = 60


def with_ledger(
    folder: Path,
    settings: dict[str, object],
    act: Callable[[User, str, BridgeProcess], Awaitable[None]],
) -> None:
    """Alice is logged in to the ledger; `act` is given her and her management room."""

    async def story(base_url: str, bridge: BridgeProcess) -> None:
        async with aiohttp.ClientSession() as session:
            alice = await User(base_url, session).register("alice")
            await bridge.start()
            room = await meets_the_bot(alice)
            await alice.says(room, "login")
            await alice.reads(room, "You are logged in")
            await act(alice, room, bridge)
            await bridge.stop()

    with beside_a_homeserver(folder, "tests.bridging.ledger", settings) as (base_url, bridge):
        asyncio.run(story(base_url, bridge))


async def is_invited_in_time(alice: User) -> str:
    async with asyncio.timeout(JOINED_S):
        while True:
            with suppress(AssertionError):
                return await alice.is_invited()


def test_a_network_that_is_away_is_waited_for_and_the_user_is_told(tmp_path: Path) -> None:
    port = free_port()

    async def act(alice: User, room: str, bridge: BridgeProcess) -> None:
        portal = await opens(alice, room, "north")
        await alice.says(portal, "patience")
        await alice.says(portal, "more patience")
        await alice.reads(portal, "Not delivered yet, and tried again until it is")
        account = Account()
        await account.opens(port)
        async with asyncio.timeout(ACROSS_S):
            await account.has_heard("north", 2)
        assert account.heard["north"] == ["patience", "more patience"]
        await alice.says(room, "logout")
        await alice.reads(room, "is logged out")
        await alice.says(portal, "is anybody there")
        await alice.reads(portal, "Not delivered: Nobody is logged in")
        await account.closes()

    with_ledger(tmp_path, {"port": port}, act)


def test_a_chat_of_a_thousand_is_there_within_a_minute(tmp_path: Path) -> None:
    async def act(alice: User, room: str, bridge: BridgeProcess) -> None:
        begun = time.monotonic()
        await alice.says(room, "open north")
        portal = await is_invited_in_time(alice)
        print(f"{MEMBERS} ghosts came in {time.monotonic() - begun:.1f} s")
        await alice.joins(portal)
        there = await alice.ask("GET", f"/v3/rooms/{portal}/joined_members")
        assert len(there["joined"]) == MEMBERS + 2

    with_ledger(tmp_path, {"port": free_port(), "members": MEMBERS}, act)
