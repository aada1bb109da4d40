"""heisenbridge, a bridge that we did not write, joins rooms with channels of a real IRC server."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from tests.appservices.irc import Chatter, irc_server
from tests.appservices.people import User
from tests.clients.started_server import free_port, started_homeserver

HEISENBRIDGE = str(Path(sys.executable).with_name("heisenbridge"))
STOP_S = 10


def registration(folder: Path) -> tuple[Path, int]:
    """As the bridge writes it for Synapse."""
    path, port = folder / "heisenbridge.yaml", free_port()
    address = ["--listen-address", "127.0.0.1", "--listen-port", str(port)]
    subprocess.run(
        [HEISENBRIDGE, "--config", path, "--generate", *address], check=True, capture_output=True
    )
    return path, port


@contextmanager
def started_bridge(path: Path, port: int, homeserver: str) -> Iterator[Path]:
    log = path.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(HEISENBRIDGE, "-v", "--config", str(path), "--owner", "@alice:localhost"),
                *("--listen-address", "127.0.0.1", "--listen-port", str(port), homeserver),
            ],
            stdout=output,
            stderr=output,
        )
    try:
        yield log
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def talk(base_url: str, irc_port: int, bridge: tuple[Path, int]) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        bob = await Chatter.connects(irc_port, "bob")
        await bob.joins("#matrix")
        with started_bridge(*bridge, base_url) as log:
            try:
                await converse(alice, bob, irc_port)
            except BaseException:
                print(log.read_text()[-6000:])
                raise


async def opened_channel(alice: User, irc_port: int) -> str:
    """The room that the bridge makes for #matrix, after the commands that it wants to hear."""
    control = await alice.is_invited()
    await alice.joins(control)
    await alice.says(control, "ADDNETWORK testnet")
    await alice.reads(control, "Network added")
    await alice.says(control, f"ADDSERVER testnet 127.0.0.1 {irc_port}")
    await alice.says(control, "OPEN testnet")
    network = await alice.is_invited()
    await alice.joins(network)
    await alice.says(network, "NICK alice")
    await alice.says(network, "CONNECT")
    await alice.reads(network, "welcome to the test")
    await alice.says(network, "JOIN #matrix")
    channel = await alice.is_invited()
    await alice.joins(channel)
    return channel


async def converse(alice: User, bob: Chatter, irc_port: int) -> None:
    channel = await opened_channel(alice, irc_port)

    await alice.says(channel, "hello from Matrix")
    assert await bob.hears("hello from Matrix")
    bob.says("#matrix", "hello from IRC")
    heard = await alice.reads(channel, "hello from IRC")
    assert heard["sender"] == "@irc_testnet_bob:localhost"

    for number in range(20):
        bob.says("#matrix", f"line {number}")
    await alice.reads(channel, "line 19")
    # The bridge puts lines that come together into one message.
    said = [str(it["content"].get("body")) for it in alice.seen if it["sender"] == heard["sender"]]
    lines = [line for text in said for line in text.splitlines() if line.startswith("line ")]
    assert lines == [f"line {number}" for number in range(20)]
    bob.writes("PART #matrix")
    await alice.sees(lambda event: left(event, heard["sender"]))


def left(event: dict[str, object], user_id: str) -> bool:
    return membership_of(event, user_id) == "leave"


def membership_of(event: dict[str, object], user_id: str) -> object:
    content = event["content"]
    assert isinstance(content, dict)
    is_about = event["type"] == "m.room.member" and event.get("state_key") == user_id
    return content.get("membership") if is_about else None


def test_a_conversation_goes_both_ways(tmp_path: Path) -> None:
    bridge = registration(tmp_path)
    database = {"engine": "sqlite", "path": str(tmp_path / "homeserver.db")}
    files = [str(bridge[0])]
    with (
        irc_server(tmp_path) as irc_port,
        started_homeserver(tmp_path, database, appservice_config_files=files) as homeserver,
    ):
        asyncio.run(talk(homeserver.base_url, irc_port, bridge))
