"""The index follows the events, and nobody waits for it."""

from typing import Any

from twisted.internet.defer import ensureDeferred

from homeserver.search.indexing import DELAY_S, STEP, UNSAVED, Indexing
from homeserver.storage import search
from tests.outcomes import outcome
from tests.people import Server


def saved(server: Server) -> int:
    found: list[int] = []
    server.app.database.read(search.progress).addCallback(found.append)
    return found[0]


def indexed(server: Server) -> int:
    rows: list[Any] = []
    database = server.app.database
    database.read(lambda txn: txn.query("SELECT 1 FROM search_index")).addCallback(rows.extend)
    return len(rows)


def steps(indexing: Indexing) -> int:
    """Do all there is to do; how many pieces of work that was."""
    number, more = 0, [True]
    while more[-1]:
        ensureDeferred(indexing.step()).addCallback(more.append)
        number += 1
    return number


def test_sending_leaves_the_index_to_a_later_moment(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    for number in range(5):
        alice.sends(room, f"word {number}")
    assert (indexed(server), saved(server)) == (0, 0)

    server.clock.advance(DELAY_S)
    assert indexed(server) == 5
    assert 0 < saved(server) <= server.app.database.position


def test_a_backlog_is_worked_off_in_bounded_pieces(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    outcome(server.app.finding.stop())
    for number in range(3 * STEP):
        alice.sends(room, f"word {number}")

    assert steps(server.app.finding.indexing) == 3
    assert indexed(server) == 3 * STEP


def test_what_has_no_words_costs_no_writes(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    steps(server.app.finding.indexing)
    before = saved(server)
    commits = server.app.database.memory.commits
    for _ in range(3):
        alice.sends_event(room, "m.room.encrypted", {"ciphertext": "x"})
        steps(server.app.finding.indexing)

    assert saved(server) == before
    assert server.app.database.memory.commits == commits + 3
    assert server.app.database.position < UNSAVED


def test_an_index_that_stands_still_is_not_in_the_way(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    outcome(server.app.finding.stop())
    alice.sends(room, "word")
    server.clock.advance(10)
    assert indexed(server) == 0


def test_a_fault_is_no_end(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    alice.sends(room, "word")
    database = server.app.database
    database.write(lambda txn: txn.execute("ALTER TABLE search_index RENAME TO elsewhere"))
    server.clock.advance(DELAY_S)
    database.write(lambda txn: txn.execute("ALTER TABLE elsewhere RENAME TO search_index"))
    alice.sends(room, "more words")
    server.clock.advance(DELAY_S)

    assert indexed(server) == 2
