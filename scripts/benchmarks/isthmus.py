"""Isthmus from this repository."""

import json
import sys
from importlib.metadata import version
from typing import Any

from scripts.benchmarks.databases import Database, PostgresqlCluster, SqliteFile
from scripts.benchmarks.people import SHARED_SECRET
from scripts.benchmarks.places import REPOSITORY
from scripts.benchmarks.servers import SERVER_NAME, Place, Product, listener

SETTINGS = "homeserver.yaml"


def isthmus() -> Product:
    return Product(
        "Isthmus",
        version("isthmus"),
        [sys.executable, "-m", "homeserver", "run", "--config", SETTINGS],
        write_settings,
        {"PYTHONPATH": str(REPOSITORY)},
    )


def write_settings(place: Place) -> None:
    """JSON is YAML too."""
    (place.directory / SETTINGS).write_text(json.dumps(settings(place), indent=1))


def settings(place: Place) -> dict[str, Any]:
    return {
        "server_name": SERVER_NAME,
        "listeners": [{**listener(place.port), "resources": resources(place)}],
        "database": database_settings(place.database),
        "signing_key_path": str(place.directory / "signing.key"),
        "media": {"store_path": str(place.directory / "media")},
        "registration": {"enabled": True, "shared_secret": SHARED_SECRET},
        # What hashing costs is a choice of safety: both servers spend as little as they can.
        "passwords": {"hash_memory": "1M", "hash_passes": 1},
        "rate_limits": {"enabled": False},
        "presence": {"enabled": False},
        "federation": federation(place),
        "trusted_key_servers": [],
        "log_level": "warning",
    }


def resources(place: Place) -> list[str]:
    return ["client", "admin", *(["federation", "keys"] if place.authority else [])]


def federation(place: Place) -> dict[str, Any]:
    if place.authority is None:
        return {"enabled": False}
    return {"custom_ca_paths": [str(place.authority)], "ip_range_denylist": []}


def database_settings(database: Database) -> dict[str, Any]:
    match database:
        case SqliteFile(path):
            return {"engine": "sqlite", "path": str(path)}
        case PostgresqlCluster():
            return {"engine": "postgresql", "dsn": database.dsn}
        case _:
            raise TypeError(database)
