"""Two clients by different people in one encrypted room: matrix-nio and matrix-js-sdk."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from tests.clients.nio.conversation import play
from tests.clients.nio.people import People
from tests.clients.nio.test_encryption import encrypted_room, whispers, with_keys
from tests.clients.started_server import Homeserver
from tests.clients.test_js_sdk import HERE, environment, node, sdk

__all__ = ["node", "sdk"]

PATIENCE_S = 30


@frozen
class Guest:
    """Somebody in Node.js, who does as they are told; see js/guest.mjs."""

    process: asyncio.subprocess.Process
    user_id: str

    async def does(self, wish: str, argument: str) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([wish, argument]).encode() + b"\n")
        return await told_by(self.process)


async def told_by(process: asyncio.subprocess.Process) -> Any:
    """The outcome; lines of others' making are passed over."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        while line := await process.stdout.readline():
            if line.startswith(b'{"outcome"'):
                return json.loads(line)["outcome"]
    raise AssertionError("the guest is gone")


@asynccontextmanager
async def guest_at(homeserver: Homeserver, node: str) -> AsyncIterator[Guest]:
    process = await asyncio.create_subprocess_exec(
        node,
        "guest.mjs",
        cwd=HERE,
        env=environment(node) | {"ISTHMUS_TEST_BASE_URL": homeserver.base_url},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield Guest(process, await told_by(process))
    finally:
        # The guest ends with its input; a signal would reach only what started Node.js.
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


def test_both_read_each_other_in_a_room_that_the_server_cannot_read(
    homeserver: Homeserver, node: str, sdk: None, tmp_path: Path
) -> None:
    pytest.importorskip("olm", reason="matrix-nio[e2e] is not installed")

    async def talk(people: People) -> None:
        (plain,) = await people.register("alice")
        alice = await with_keys(people, plain, str(tmp_path))
        room = await encrypted_room(alice)
        async with guest_at(homeserver, node) as guest:
            await alice.client.room_invite(room, guest.user_id)
            await guest.does("joins", room)
            await alice.syncs_until(lambda: len(alice.room(room).users) == 2)

            sent = await whispers(alice, room, "from nio")
            assert await guest.does("reads", sent) == "from nio"
            heard = await alice.hears(room, await guest.does("says", "from js-sdk"))
            assert (heard.decrypted, heard.body) == (True, "from js-sdk")

    asyncio.run(play(talk, homeserver))
