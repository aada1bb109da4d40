"""Synapse as a process, with the registration files of bridges."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scripts.benchmarks import synapse
from scripts.benchmarks.processes import start

READY_S = 90


@contextmanager
def running_synapse(folder: Path, port: int, registrations: list[Path]) -> Iterator[None]:
    synapse.install()
    folder.mkdir()
    settings = {
        "server_name": "localhost",
        "listeners": [
            {
                "port": port,
                "type": "http",
                "bind_addresses": ["127.0.0.1"],
                "resources": [{"names": ["client"]}],
            }
        ],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "signing_key_path": str(folder / "signing.key"),
        "media_store_path": str(folder / "media"),
        "pid_file": str(folder / "homeserver.pid"),
        "log_config": str(folder / "logging.yaml"),
        "app_service_config_files": list(map(str, registrations)),
        "macaroon_secret_key": "only-for-tests",
        "form_secret": "only-for-tests",
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "bcrypt_rounds": 4,
        "report_stats": False,
        "suppress_key_server_warning": True,
        "trusted_key_servers": [],
        **synapse.rate_limits(),
    }
    (folder / "homeserver.yaml").write_text(json.dumps(settings))
    (folder / "logging.yaml").write_text(json.dumps(synapse.logging_settings("WARNING")))
    command = synapse.synapse().command
    subprocess.run([*command, "--generate-keys"], cwd=folder, check=True, capture_output=True)
    program = start(command, directory=folder, log=folder / "output.log")
    try:
        wait_until_it_serves(port, folder / "output.log")
        yield
    finally:
        program.stop()


def wait_until_it_serves(port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_matrix/client/versions", timeout=5)
            return
        time.sleep(0.2)
    raise AssertionError(f"Synapse does not serve:\n{log.read_text()[-3000:]}")
