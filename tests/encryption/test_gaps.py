"""A bot that was away hears all that was said, though a sync shows the newest only."""

import asyncio
from pathlib import Path

from e2ee.happenings import Decrypted
from tests.clients.started_server import Homeserver
from tests.encryption.people import Bot, crew


def said(bot: Bot, room_id: str) -> list[str]:
    decrypted = (it for it in bot.heard if isinstance(it, Decrypted) and it.room_id == room_id)
    return [str(it.event["content"]["body"]) for it in decrypted]


def test_what_a_sync_leaves_out_is_read_once_and_in_order(
    homeserver: Homeserver, tmp_path: Path
) -> None:
    async def held() -> None:
        async with crew(homeserver, tmp_path) as people:
            alice, bob = await people.bot("alice"), await people.bot("bob")
            room_id = await alice.creates_room(bob.user_id)
            await alice.says(room_id, "to whom it was said")
            await bob.joins(room_id)
            await alice.until(lambda: len(alice.machine._parts.rooms.audience(room_id)) == 2)
            await alice.says(room_id, "welcome")
            await bob.until(lambda: "welcome" in said(bob, room_id))
            texts = [f"number {number}" for number in range(35)]
            for text in texts:
                await alice.says(room_id, text)

            await bob.syncs()

            assert said(bob, room_id) == ["to whom it was said", "welcome", *texts]

    asyncio.run(held())
