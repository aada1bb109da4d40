"""A bridge is set up beside a started homeserver, as its operator does it; it dies and is back."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
from attrs import frozen

from tests.appservices.people import User
from tests.bridging.people import logs_in, opens
from tests.clients.started_server import is_setting
from tests.durability.server import ServerProcess

BACK_S = 15
ENDED_S = 15


@frozen
class Operator:
    """Somebody with a shell."""

    folder: Path

    async def types(self, *words: str, status: int = 0) -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "homeserver", "bridge", *words),
            *("--config", str(self.folder / "homeserver.yaml")),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={name: value for name, value in os.environ.items() if not is_setting(name)},
        )
        said, _ = await process.communicate()
        assert process.returncode == status, said.decode()
        return said.decode()

    async def status(self, name: str, expected: int = 0) -> dict[str, Any]:
        (found,) = json.loads(await self.types("status", name, "--json", status=expected))
        return dict(found)


async def talks(alice: User, portal: str, text: str) -> None:
    await alice.says(portal, text)
    assert (await alice.reads(portal, text))["sender"] == "@echo_echo:localhost"


async def is_back(operator: Operator, pid: int) -> dict[str, Any]:
    begun = time.monotonic()
    while time.monotonic() - begun < BACK_S:
        states = json.loads(await operator.types("list", "--json"))
        if states[0]["state"] == "running" and states[0]["pid"] != pid:
            return dict(states[0])
        await asyncio.sleep(0.2)
    raise AssertionError(f"it is not back: {states}")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def ends(pid: int) -> None:
    for _ in range(ENDED_S * 10):
        if not is_alive(pid):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"process {pid} does not end")


async def story(operator: Operator, homeserver: ServerProcess, base_url: str) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        said = await operator.types("add", "echo", "--yes", "--admin", alice.user_id)
        assert "Begin a conversation with @echobot:localhost" in said
        room = await alice.creates_room(invite=["@echobot:localhost"], is_direct=True)
        await alice.reads(room, "This is the bridge to Echo")
        await logs_in(alice, room, call="Alice")
        portal = await opens(alice, room, "canyon")
        await talks(alice, portal, "hello")

        first = await operator.status("echo")
        os.kill(first["pid"], signal.SIGKILL)
        second = await is_back(operator, first["pid"])
        assert (second["starts"], second["last_end"]) == (2, "killed by SIGKILL")
        assert "started  2 times; it ended by: killed by SIGKILL" in await operator.types("status")
        await talks(alice, portal, "are you back")
        assert (await operator.types("logs", "echo")).count("the bridge to Echo is ready") == 2

        await homeserver.kill()
        await ends(second["pid"])
        await homeserver.start()
        third = await is_back(operator, second["pid"])
        await talks(alice, portal, "and after the server was killed")

        assert "Removed" in await operator.types("remove", "echo", "--yes", "--data")
        await ends(third["pid"])
        assert "There is no bridge yet" in await operator.types("list")
        await alice.says(portal, "is anybody there")
        assert not list((operator.folder / "bridges").glob("*/"))


def test_a_bridge_is_set_up_dies_is_back_and_is_removed(tmp_path: Path) -> None:
    database = {"engine": "sqlite", "path": str(tmp_path / "homeserver.db")}
    homeserver = ServerProcess(tmp_path, database)

    async def act() -> None:
        await homeserver.start()
        try:
            await story(Operator(tmp_path), homeserver, f"http://127.0.0.1:{homeserver.port}")
            await homeserver.stop()
        finally:
            await homeserver.kill()

    asyncio.run(act())
