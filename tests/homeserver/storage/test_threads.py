"""The database on threads of its own under a real reactor, in a process of its own."""

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

PRELUDE = """
import sys
from pathlib import Path
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from homeserver.notifier import Notifier
from homeserver.storage.database import Database
from homeserver.storage.dialects.postgresql import PostgresqlDialect
from homeserver.storage.dialects.sqlite import SqliteDialect
from homeserver.storage.memory import Memory
from homeserver.storage.threads import ReactorThreads

where = sys.argv[1]
dialect = PostgresqlDialect(where) if "//" in where else SqliteDialect(Path(where))
threads = ReactorThreads(reactor, readers=2)
database = Database(dialect, threads, Notifier(), Memory())

def run(main):
    def failed(failure):
        failure.printTraceback(sys.stdout)
    reactor.callWhenRunning(
        lambda: Deferred.fromCoroutine(main()).addErrback(failed).addBoth(lambda _: reactor.stop())
    )
    reactor.run()
    database.close()
    print("closed")
"""

CROWD = """
async def main():
    async def one(number):
        position = await database.write(lambda txn: (
            place := txn.next_position(),
            txn.insert("INSERT INTO names (id, name) VALUES (?, ?)", place, str(place)),
        )[0])
        def look(txn):
            row = txn.one("SELECT name FROM names WHERE id = ?", position)
            return txn.position >= position, row
        assert await database.read(look) == (True, (str(position),))
        assert await database.glance(look) == (True, (str(position),))
        return position
    for _ in range(5):
        found = await gatherResults([Deferred.fromCoroutine(one(n)) for n in range(60)])
        assert len(set(found)) == 60
    rows = await database.read(lambda txn: txn.query("SELECT COUNT(*) FROM names"))
    print("rows", rows[0][0])
run(main)
"""

GONE = """
from homeserver.storage.dialects import postgresql
async def main():
    def breaks(txn):
        raise SystemExit
    database.write(breaks).addErrback(lambda _: None)
    print("still here", flush=True)
    await Deferred()
run(main)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def run_program(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], tuple[int, str]]:
    """Runs a program on an empty database; its exit status and output."""
    where = str(tmp_path / "test.db")
    if request.param == "postgresql":
        where = request.getfixturevalue("postgresql_dsn")

    def run(program: str) -> tuple[int, str]:
        code = PRELUDE + textwrap.dedent(program)
        ended = subprocess.run(
            [sys.executable, "-c", code, where],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return ended.returncode, ended.stdout + ended.stderr

    return run


def test_a_crowd_writes_and_reads_at_once(run_program: Callable[[str], tuple[int, str]]) -> None:
    status, output = run_program(CROWD)

    assert (status, output) == (0, "rows 300\nclosed\n")


def test_a_process_that_cannot_write_any_more_ends(postgresql_dsn: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PRELUDE + GONE, postgresql_dsn],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert "closed" not in ended.stdout
    assert "lost its database" in ended.stderr
