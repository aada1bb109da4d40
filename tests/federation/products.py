"""Settings with which Isthmus and Synapse trust each other's certificates and call each other."""

import json
import os
import subprocess
import sys
from typing import Any

from scripts.benchmarks.places import REPOSITORY
from scripts.benchmarks.synapse import ENVIRONMENT, logging_settings, rate_limits
from tests.federation.homeservers import Product, Site

SETTINGS = "homeserver.yaml"
SECRET = "only-for-tests"
LOG_LEVEL = os.environ.get("ISTHMUS_TEST_LOG_LEVEL", "info")
"""Of Isthmus and of Synapse, whose log is long."""


def isthmus() -> Product:
    return Product(
        "Isthmus",
        [sys.executable, "-m", "homeserver", "run", "--config", SETTINGS],
        isthmus_settings,
        environment={"PYTHONPATH": str(REPOSITORY)},
    )


def synapse() -> Product:
    return Product(
        "Synapse",
        [ENVIRONMENT / "bin/python", "-m", "synapse.app.homeserver", "-c", SETTINGS],
        synapse_settings,
        prepare_synapse,
    )


def isthmus_settings(site: Site) -> dict[str, Any]:
    tls = {"certificate_path": str(site.certificate), "private_key_path": str(site.key)}
    here = {"bind_addresses": [site.address]}
    sqlite = {"engine": "sqlite", "path": str(site.folder / "homeserver.db")}
    return {
        "server_name": site.server_name,
        "listeners": [
            {**here, "port": site.client_port, "resources": ["client", "media", "admin"]},
            {
                **here,
                "port": site.federation_port,
                "resources": ["federation", "keys", "media"],
                "tls": tls,
            },
        ],
        "database": dict(site.database) or sqlite,
        "signing_key_path": str(site.folder / "signing.key"),
        "media": {"store_path": str(site.folder / "media")},
        "registration": {"enabled": True},
        "passwords": {"hash_memory": "1M", "hash_passes": 1},
        "rate_limits": {"enabled": False},
        "federation": {
            "custom_ca_paths": [str(site.authority)],
            "ip_range_denylist": [],
            # After an outage it shall try again within the test.
            "retry_after": "1s",
            "retry_at_most": "2s",
        },
        "trusted_key_servers": [],
        "log_level": LOG_LEVEL,
    }


def synapse_settings(site: Site) -> dict[str, Any]:
    here = {"type": "http", "bind_addresses": [site.address]}
    return {
        "server_name": site.server_name,
        "listeners": [
            {**here, "port": site.client_port, "resources": [{"names": ["client"]}]},
            {
                **here,
                "port": site.federation_port,
                "tls": True,
                "resources": [{"names": ["federation"]}],
            },
        ],
        "tls_certificate_path": str(site.certificate),
        "tls_private_key_path": str(site.key),
        "database": {"name": "sqlite3", "args": {"database": str(site.folder / "homeserver.db")}},
        "signing_key_path": str(site.folder / "signing.key"),
        "media_store_path": str(site.folder / "media"),
        "pid_file": str(site.folder / "homeserver.pid"),
        "log_config": str(site.folder / "logging.yaml"),
        "macaroon_secret_key": SECRET,
        "form_secret": SECRET,
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "bcrypt_rounds": 4,
        "report_stats": False,
        "suppress_key_server_warning": True,
        "trusted_key_servers": [],
        "federation_custom_ca_list": [str(site.authority)],
        "ip_range_blacklist": [],
        "federation_ip_range_blacklist": [],
        "allow_public_rooms_over_federation": True,
        "room_list_publication_rules": [{"action": "allow"}],
        "federation": {
            # After an outage it shall try again within the test.
            "destination_min_retry_interval": "1s",
            "destination_max_retry_interval": "2s",
            "max_short_retry_delay": "1s",
            "max_long_retry_delay": "2s",
        },
        **rate_limits(),
    }


def prepare_synapse(site: Site) -> None:
    """The first start needs a key, which Synapse makes itself."""
    (site.folder / "logging.yaml").write_text(json.dumps(logging_settings(LOG_LEVEL.upper())))
    if not (site.folder / "signing.key").exists():
        command = [*synapse().command, "--generate-keys"]
        subprocess.run(command, cwd=site.folder, check=True, capture_output=True)
