"""The worked example of the documentation, as somebody types it."""

import asyncio
import os
import sys
from pathlib import Path

from tests.clients.started_server import Homeserver
from tests.encryption.people import PATIENCE_S, crew


def test_the_demo_reads_and_writes_an_encrypted_room(
    homeserver: Homeserver, tmp_path: Path
) -> None:
    async def held() -> None:
        async with crew(homeserver, tmp_path) as people:
            alice, bob = await people.bot("alice"), await people.bot("bob")
            room_id = await alice.creates_room(bob.user_id)
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "e2ee.demo",
                homeserver.base_url,
                bob.user_id,
                room_id,
                "--folder",
                str(tmp_path / "demo"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=os.environ | {"DEMO_PASSWORD": bob.password, "PYTHONUNBUFFERED": "1"},
            )
            assert process.stdin and process.stdout
            await alice.until(lambda: len(alice.machine._parts.rooms.audience(room_id)) == 2)
            for _ in range(50):
                await alice.syncs(100)
                if b"/quit" in await process.stdout.readline():
                    break
            await alice.says(room_id, "hello demo")
            async with asyncio.timeout(PATIENCE_S):
                while b"hello demo" not in await process.stdout.readline():
                    pass
            process.stdin.write(b"hello alice\n")

            def answer() -> bool:
                said = [getattr(one, "event", {}) for one in alice.heard]
                return any(one.get("content", {}).get("body") == "hello alice" for one in said)

            assert await alice.until(answer)
            process.stdin.write(b"/quit\n")
            assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0

    asyncio.run(held())
