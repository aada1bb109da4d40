"""alice and bob talk over matrix-rust-sdk, the library that Element X is made of.

The conversation is a program of its own in conversation/. Cargo builds it, which takes many minutes
the first time: this suite is only for who asks for it.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.element_x import Session
from tests.clients.started_server import Homeserver, started_homeserver

HERE = Path(__file__).with_name("conversation")
BUILD_S, TALK_S = 3600, 600


@pytest.fixture(scope="session")
def conversation() -> Path:
    cargo = shutil.which("cargo")
    if cargo is None:
        pytest.fail("Cargo is missing: see https://rustup.rs, or  apt install cargo")
    subprocess.run([cargo, "build", "--locked"], cwd=HERE, check=True, timeout=BUILD_S)
    target = Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target"))
    return target / "debug/conversation"


@pytest.fixture(params=["sqlite", "postgresql"])
def homeserver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Homeserver]:
    database = {"engine": request.param, "path": str(tmp_path / "homeserver.db")}
    if request.param == "postgresql":
        database = {
            "engine": "postgresql",
            "dsn": request.getfixturevalue("postgres").new_database(),
        }
    with started_homeserver(tmp_path, database) as server:
        yield server


def test_a_conversation_as_element_x_holds_it(
    homeserver: Homeserver, conversation: Path, tmp_path: Path
) -> None:
    for name in ("alice", "bob"):
        Session.registered(homeserver.base_url, name)

    stores = tmp_path / "stores"
    command = [str(conversation), homeserver.base_url, str(stores)]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, timeout=TALK_S)

    assert done.returncode == 0, done.stdout
    assert done.stdout.count("ok ") > 30
