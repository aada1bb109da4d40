"""Nothing that a client was told is ever lost or doubled, however the server dies."""

import asyncio
import os
from pathlib import Path
from random import Random

import pytest

from tests.durability.replay import Replay
from tests.durability.server import ServerProcess
from tests.durability.story import Story
from tests.postgres import PostgresServer

KILLS = int(os.environ.get("DURABILITY_KILLS", "100"))
SEED = int(os.environ.get("DURABILITY_SEED", "0")) or int.from_bytes(os.urandom(4))

Settings = dict[str, str]


def story_of(folder: Path, database: Settings) -> Story:
    return Story(ServerProcess(folder, database), Replay(database), Random(SEED))


def tell(story: Story, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{story.summary(name)} (seed {SEED})")


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_nothing_is_lost_or_doubled_when_the_server_is_killed(
    engine: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    database = {"engine": engine, "path": str(tmp_path / "homeserver.db")}
    if engine == "postgresql":
        server: PostgresServer = request.getfixturevalue("durable_postgres")
        database = {"engine": engine, "dsn": server.new_database()}
    story = story_of(tmp_path, database)
    try:
        asyncio.run(story.run(KILLS, story.server.kill))
    finally:
        tell(story, engine, capsys)
    assert not story.server.complaints()


def test_nothing_is_lost_or_doubled_when_the_database_dies_too(
    durable_postgres: PostgresServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """PostgreSQL stops without writing anything down but its log, at the same moment."""
    story = story_of(tmp_path, {"engine": "postgresql", "dsn": durable_postgres.new_database()})

    async def die() -> None:
        await asyncio.gather(story.server.kill(), asyncio.to_thread(durable_postgres.stop))
        await asyncio.to_thread(durable_postgres.launch)

    try:
        asyncio.run(story.run(max(2, KILLS // 10), die))
    finally:
        tell(story, "a PostgreSQL that dies too", capsys)
    assert not story.server.complaints()
