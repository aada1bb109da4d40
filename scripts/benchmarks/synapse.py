"""Synapse from the Python package index, in an environment of its own."""

import fcntl
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from scripts.benchmarks.databases import Database, PostgresqlCluster, SqliteFile
from scripts.benchmarks.people import SHARED_SECRET
from scripts.benchmarks.places import CACHE
from scripts.benchmarks.servers import SERVER_NAME, Place, Product, listener

VERSION = "1.163.2"
STAMP = f"installed-{VERSION}"
ENVIRONMENT = CACHE / "synapse-venv"
SETTINGS = "homeserver.yaml"
LOGGING = "logging.yaml"
UNLIMITED = {"per_second": 1_000_000, "burst_count": 1_000_000}


def synapse() -> Product:
    return Product(
        "Synapse",
        VERSION,
        [ENVIRONMENT / "bin/python", "-m", "synapse.app.homeserver", "-c", SETTINGS],
        write_settings,
        keeps=True,
    )


def install() -> None:
    """Once; the driver for PostgreSQL is compiled, which needs libpq-dev and a C compiler."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "synapse.lock").open("w") as lock:
        # Several processes of a test run may come at the same time.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (ENVIRONMENT / STAMP).exists():
            _install()


def _install() -> None:
    print(f"Installing Synapse {VERSION} (once) ...", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    pip: list[str | Path] = [
        ENVIRONMENT / "bin/pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, f"matrix-synapse[postgres]=={VERSION}"], check=True)
    (ENVIRONMENT / STAMP).touch()


def write_settings(place: Place) -> None:
    """JSON is YAML too. The first start needs a key, which Synapse makes itself."""
    (place.directory / LOGGING).write_text(json.dumps(logging_settings()))
    (place.directory / SETTINGS).write_text(json.dumps(settings(place), indent=1))
    if not (place.directory / "signing.key").exists():
        subprocess.run(
            [*synapse().command, "--generate-keys"],
            cwd=place.directory,
            check=True,
            capture_output=True,
        )


def settings(place: Place) -> dict[str, Any]:
    """Its own defaults, but for limits, hashing, logging and what would leave the machine."""
    return {
        "server_name": SERVER_NAME,
        "listeners": [
            {**listener(place.port), "type": "http", "resources": [{"names": resources(place)}]}
        ],
        "database": database_settings(place.database),
        "signing_key_path": str(place.directory / "signing.key"),
        "media_store_path": str(place.directory / "media"),
        "pid_file": str(place.directory / "homeserver.pid"),
        "log_config": str(place.directory / LOGGING),
        "macaroon_secret_key": SHARED_SECRET,
        "form_secret": SHARED_SECRET,
        "registration_shared_secret": SHARED_SECRET,
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "bcrypt_rounds": 4,
        "presence": {"enabled": False},
        "report_stats": False,
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        **federation(place),
        **rate_limits(),
    }


def resources(place: Place) -> list[str]:
    return ["client", *(["federation"] if place.authority else [])]


def federation(place: Place) -> dict[str, Any]:
    if place.authority is None:
        return {"federation_domain_whitelist": []}
    return {
        "federation_custom_ca_list": [str(place.authority)],
        "ip_range_blacklist": [],
        "federation_ip_range_blacklist": [],
    }


def rate_limits() -> dict[str, Any]:
    plain = ("message", "registration", "room_creation", "media_create")
    return {
        **{f"rc_{name}": UNLIMITED for name in plain},
        "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), UNLIMITED),
        "rc_joins": {"local": UNLIMITED, "remote": UNLIMITED},
        "rc_joins_per_room": UNLIMITED,
        "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), UNLIMITED),
        "rc_federation": {
            "window_size": 1000,
            "sleep_limit": 1_000_000,
            "sleep_delay": 1,
            "reject_limit": 1_000_000,
            "concurrent": 100,
        },
    }


def logging_settings(level: str = "WARNING") -> dict[str, Any]:
    return {
        "version": 1,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"level": level, "handlers": ["console"]},
        "disable_existing_loggers": False,
    }


def database_settings(database: Database) -> dict[str, Any]:
    match database:
        case SqliteFile(path):
            return {"name": "sqlite3", "args": {"database": str(path)}}
        case PostgresqlCluster():
            return {"name": "psycopg2", "args": {**database.connection, "cp_min": 5, "cp_max": 10}}
        case _:
            raise TypeError(database)
