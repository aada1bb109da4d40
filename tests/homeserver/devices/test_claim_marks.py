"""A database that was put back to an older state gives no key away twice."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from homeserver.config.settings import Settings
from homeserver.config.storage import SqliteDatabase
from homeserver.devices import claim_marks
from homeserver.devices.claim_marks import ClaimMarks
from tests.homeserver.devices.crypto import Crypto, claims
from tests.outcomes import outcome
from tests.people import Server

Start = Callable[[], Server]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "homeserver.db"


@pytest.fixture
def start(settings: Settings, database: Path) -> Start:
    def start() -> Server:
        server = Server(evolve(settings, database=SqliteDatabase(path=database)))
        outcome(server.app.keys.start())
        return server

    return start


def test_keys_that_may_have_been_handed_out_since_the_backup_are_dropped(
    start: Start, database: Path
) -> None:
    server = start()
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice).settles(one_time_keys=3)
    assert len(claims(bob, alice)) == 1
    server.stop()
    shutil.copy(database, database.with_suffix(".backup"))
    server = alice.server = bob.server = start()
    assert crypto.counts()[0] == 2
    assert claims(bob, alice) != [{}]
    server.stop()

    shutil.copy(database.with_suffix(".backup"), database)
    alice.server = bob.server = start()

    assert crypto.counts()[0] == 0
    assert claims(bob, alice) == [{}]
    crypto.uploads(one_time_keys=crypto.one_time_keys(1))
    assert claims(bob, alice) != [{}]


def test_a_restart_drops_nothing(start: Start) -> None:
    server = start()
    alice, bob = server.people("alice", "bob")
    crypto = Crypto(alice).settles(one_time_keys=3)
    claims(bob, alice)
    server.stop()

    alice.server = start()

    assert crypto.counts()[0] == 2


def test_a_lost_or_foreign_file_says_nothing(tmp_path: Path) -> None:
    marks = ClaimMarks(claim_marks.place_of(tmp_path / "signing.key"))
    assert marks.read() == 0
    (tmp_path / "signing.key.claims").write_text("no number")
    assert marks.read() == 0
    marks.write(12)
    marks.write(13)
    assert marks.read() == 13
    marks.close()
