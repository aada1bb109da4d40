"""The past of a chat can be read in an encrypted room by whoever is invited, and by nobody else."""

import asyncio
from pathlib import Path

from tests.bridging.started_bridge import BridgeProcess
from tests.bridging.test_encryption import ECHO, Alice, Json, body, with_bridge
from tests.encryption.people import PATIENCE_S, Crew

MESSAGES = 150


async def past(alice: Alice, portal: str) -> list[Json]:
    """What the canyon said, as the homeserver has it."""
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(PATIENCE_S):
            page = await alice.bot.ask("GET", f"/rooms/{portal}/messages", dir="f", limit="500")
            found = [it for it in page["chunk"] if it["sender"] == ECHO and "state_key" not in it]
            if len(found) >= MESSAGES:
                break
            await asyncio.sleep(1)
    return found


def test_the_past_of_an_encrypted_room_is_for_those_who_are_in_it(tmp_path: Path) -> None:
    async def story(people: Crew, bridge: BridgeProcess) -> None:
        alice = Alice(await people.bot("alice"))
        room = await alice.meets_the_bot()
        portal = await alice.opens(room)
        found = await past(alice, portal)
        assert {it["type"] for it in found} == {"m.room.encrypted"}
        await alice.bot.syncs()
        read = [body(alice.bot.machine.decrypt(portal, it)) for it in found]
        assert read == [f"echo {number}" for number in range(MESSAGES)]

    more: dict[str, object] = {
        "encryption": "always",
        "network_settings": {"remembers": MESSAGES},
    }
    with_bridge(tmp_path, more, story)
