"""No one-time key is handed out twice: not when the server is killed, nor when its database is put
back to a backup.
"""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from attrs import frozen

from tests.durability.actors import register
from tests.durability.key_story import KeyStory, Owner
from tests.durability.server import ServerProcess
from tests.durability.test_kills import SEED
from tests.durability.wire import path
from tests.homeserver.devices.crypto import some_public_key
from tests.postgres import PostgresServer

KILLS = {"sqlite": 50, "postgresql": 20}
CLAIMS = 1000
DEVICES = 8


@frozen
class Backup:
    """Both ways need a database that nobody uses."""

    database: dict[str, str]
    make: Callable[[], None]
    put_back: Callable[[], None]


@pytest.fixture(params=["sqlite", "postgresql"])
def backup(request: pytest.FixtureRequest, tmp_path: Path) -> Backup:
    if request.param == "sqlite":
        return of_files(tmp_path / "homeserver.db", tmp_path / "backup")
    server: PostgresServer = request.getfixturevalue("durable_postgres")
    dsn = server.new_database()
    saved = dsn + "_saved"
    return Backup(
        {"engine": "postgresql", "dsn": dsn},
        lambda: server.copy_database(dsn, saved),
        lambda: server.copy_database(saved, dsn),
    )


def of_files(database: Path, folder: Path) -> Backup:
    """Whatever stands beside the database with its name belongs to it."""
    folder.mkdir()

    def make() -> None:
        for part in database.parent.glob(database.name + "*"):
            shutil.copy(part, folder)

    def put_back() -> None:
        for part in database.parent.glob(database.name + "*"):
            part.unlink()
        for part in folder.iterdir():
            shutil.copy(part, database.parent)

    return Backup({"engine": "sqlite", "path": str(database)}, make, put_back)


async def tell(story: KeyStory, backup: Backup, kills: int) -> None:
    await story.assemble()
    await story.live_and_die(kills // 2)
    await story.restore(backup.make)
    await story.live_and_die(kills - kills // 2)
    await story.claims_until(max(100, CLAIMS - len(story.handed_out)))
    await story.restore(backup.put_back)
    await story.claims_until(200)
    await story.server.stop()


def test_no_key_is_handed_out_twice(
    backup: Backup, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = backup.database["engine"]
    story = KeyStory(ServerProcess(tmp_path, backup.database), Random(SEED))

    asyncio.run(tell(story, backup, KILLS[engine]))

    with capsys.disabled():
        print(f"\nkeys on {engine}: {story.deaths} kills, {len(story.handed_out)} handed out")
    story.check()
    assert len(story.handed_out) >= CLAIMS


DEVICES = 8


async def new_devices(server: ServerProcess) -> tuple[list[str], list[str]]:
    """Whose lists changed, each time just before the server died, and what a friend was told."""
    await server.start()
    owner = await Owner.comes(server.port, "owner")
    friend = await register(server.port, "friend")
    body = {"invite": [friend.user_id], "preset": "trusted_private_chat"}
    room = (await owner.person.client.post(path("createRoom"), body))["room_id"]
    await friend.client.post(path("rooms", room, "join"), {})
    since = (await friend.client.get(path("sync")))["next_batch"]
    changed: list[str] = []
    told: list[str] = []
    for _ in range(DEVICES):
        owner.crypto.curve = some_public_key()
        await owner.upload(device_keys=owner.crypto.device_keys())
        changed.append(owner.person.user_id)
        await server.kill()
        owner.person.client.close()
        friend.client.close()
        await server.start()
        answer = await friend.client.get(path("sync", since=since))
        told += answer.get("device_lists", {}).get("changed", [])
        since = answer["next_batch"]
    await server.stop()
    return changed, told


def test_changes_of_devices_reach_who_shares_a_room_across_kills(tmp_path: Path) -> None:
    database = {"engine": "sqlite", "path": str(tmp_path / "homeserver.db")}

    changed, told = asyncio.run(new_devices(ServerProcess(tmp_path, database)))

    assert told == changed
