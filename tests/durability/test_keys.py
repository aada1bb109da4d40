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

from tests.durability.key_story import KeyStory
from tests.durability.server import ServerProcess
from tests.durability.test_kills import SEED
from tests.postgres import PostgresServer

KILLS = {"sqlite": 50, "postgresql": 20}
CLAIMS = 1000


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
