import json
from pathlib import Path

import pytest

from homeserver.config.load import load_text
from scripts.benchmarks.databases import Database, PostgresqlCluster, SqliteFile
from scripts.benchmarks.isthmus import settings
from scripts.benchmarks.servers import Place


@pytest.mark.parametrize(
    "database", [SqliteFile(Path("/data/x.db")), PostgresqlCluster(Path("/data/pg"), core=0)]
)
def test_isthmus_understands_the_settings(database: Database) -> None:
    place = Place(Path("/data"), database, port=8008)

    loaded = load_text(json.dumps(settings(place)), "homeserver.yaml", Path("/data"), {})

    assert loaded.settings.server_name == "localhost"
    assert not loaded.settings.rate_limits.enabled
