"""A bridge with very many portals stays small."""

import asyncio
import os
import re
import time
from pathlib import Path

from tests.appservices.people import User
from tests.bridging.account import Account
from tests.bridging.started_bridge import BridgeProcess
from tests.bridging.test_patience import with_ledger
from tests.clients.started_server import free_port

PORTALS = int(os.environ.get("ISTHMUS_BRIDGE_PORTALS", "150"))
PATIENCE_S = 900
MOST_MIB = 150


async def has_portals(bridge: BridgeProcess, alice: User, count: int) -> None:
    """All are there when each has said something."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            url = f"http://127.0.0.1:{bridge.port}/metrics"
            async with alice.session.get(url) as response:
                text = await response.text()
            found = re.search(r'carried_total\{direction="to_matrix"\} ([0-9.]+)', text)
            if found and float(found[1]) >= count:
                return
            await asyncio.sleep(1)


def test_very_many_portals_fit_into_a_small_memory(tmp_path: Path) -> None:
    port = free_port()

    async def act(alice: User, room: str, bridge: BridgeProcess) -> None:
        account = Account()
        await account.opens(port)
        begun = time.monotonic()
        for number in range(PORTALS):
            account.says(f"chat {number}", "hello")
        await has_portals(bridge, alice, PORTALS)
        took_s = time.monotonic() - begun
        resident = bridge.resident_mib()
        await bridge.kill()
        await bridge.start()
        for number in range(PORTALS):
            account.says(f"chat {number}", "hello again")
        await has_portals(bridge, alice, PORTALS)
        again = bridge.resident_mib()
        print(
            f"{PORTALS} portals in {took_s:.1f} s: {resident:.1f} MiB, "
            f"and {again:.1f} MiB after a restart"
        )
        assert max(resident, again) < MOST_MIB
        await account.closes()

    with_ledger(tmp_path, {"port": port}, act)
