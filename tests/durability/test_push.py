"""Notifications survive the death of the server: none is lost, and few come twice."""

import asyncio
import os
from pathlib import Path
from random import Random

import pytest

from tests.durability.gateway import Gateway
from tests.durability.push_story import PushStory
from tests.durability.server import ServerProcess
from tests.durability.test_kills import SEED
from tests.postgres import PostgresServer

KILLS = int(os.environ.get("DURABILITY_PUSH_KILLS", "50"))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_each_notification_arrives_in_order_when_the_server_is_killed(
    engine: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What was under way at a kill may come twice, at once; nothing else does."""
    database, kills = {"engine": engine, "path": str(tmp_path / "homeserver.db")}, KILLS
    if engine == "postgresql":
        server: PostgresServer = request.getfixturevalue("durable_postgres")
        database, kills = {"engine": engine, "dsn": server.new_database()}, max(2, KILLS // 10)
    push = {"ip_range_allowlist": ["127.0.0.1/32"]}
    process = ServerProcess(tmp_path, database, push=push, federation={"enabled": False})
    story = PushStory(process, Gateway(), Random(SEED))
    try:
        asyncio.run(story.run(kills))
    finally:
        with capsys.disabled():
            print(f"\n{story.summary(engine)} (seed {SEED})")
    assert story.full >= max(1, story.deaths // 2), "the queues were hardly ever full"
    assert not process.complaints()
