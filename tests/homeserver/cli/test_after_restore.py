"""`isthmus after-restore` drops keys that may have been handed out since the backup."""

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from homeserver.cli.main import main
from homeserver.config.settings import Settings
from homeserver.config.storage import SqliteDatabase
from tests.homeserver.cli.fake_server import FakeServer
from tests.homeserver.devices.crypto import Crypto, claims
from tests.people import Server

Start = Callable[[], Server]


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Start:
    database = SqliteDatabase(path=tmp_path / "homeserver.db")
    return lambda: Server(evolve(settings, database=database))


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    path = tmp_path / "homeserver.yaml"
    path.write_text(f"server_name: test\ndatabase: {{path: {tmp_path / 'homeserver.db'}}}\n")
    return ["after-restore", "--config", str(path)]


def test_waiting_keys_are_dropped_while_the_server_is_stopped(
    start: Start, command: list[str]
) -> None:
    server = start()
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice).settles(one_time_keys=3)
    server.stop()

    assert main(command, FakeServer) == 0

    alice.server = bob.server = server = start()
    assert crypto.counts()[0] == 0
    assert claims(bob, alice) == [{}]
    server.stop()


def test_a_server_that_runs_is_left_alone(
    start: Start, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    server = start()

    assert main(command, FakeServer) == 1

    assert "already" in capsys.readouterr().err
    server.stop()
