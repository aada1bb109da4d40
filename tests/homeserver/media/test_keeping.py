"""Files and rows together, with threads that finish when the test says so."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from homeserver.media.store import FileStore
from homeserver.storage.media import Media
from tests.homeserver.media.clients import downloads, files, uploads
from tests.homeserver.media.pictures import picture
from tests.outcomes import outcome
from tests.people import Server


class SlowThreads:
    """Work waits until `go_on`."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], Any], Deferred[Any]]] = []

    def __call__(self, work: Callable[[], Any], /) -> Deferred[Any]:
        self.waiting.append((work, Deferred()))
        return self.waiting[-1][1]

    def go_on(self) -> None:
        work, done = self.waiting.pop(0)
        done.callback(work())


@pytest.fixture
def slow(server: Server) -> Iterator[SlowThreads]:
    threads = SlowThreads()
    object.__setattr__(server.app.media.keeping, "_aside", threads)
    yield threads


def begin(server: Server, name: str, data: bytes) -> Any:
    person = server.person(name)
    return person.ask("POST", "/_matrix/media/v3/upload", data)


def test_uploads_of_the_same_at_the_same_time_are_stored_once(
    server: Server, slow: SlowThreads
) -> None:
    asked = [begin(server, name, b"same") for name in ("alice", "bob", "carol")]
    assert len(slow.waiting) == 1, "one after the other"

    while slow.waiting:
        slow.go_on()

    assert len({it.json()["content_uri"] for it in asked}) == 3
    assert len(files(server)) == 1
    assert files(server, "incoming") == []


def test_a_file_is_not_deleted_under_who_uploads_it_again(
    server: Server, slow: SlowThreads
) -> None:
    first = begin(server, "alice", b"same")
    slow.go_on()
    where = first.json()["content_uri"].removeprefix("mxc://")
    deleting = Deferred.fromCoroutine(server.app.media.moderation.delete(*where.split("/")))
    again = begin(server, "bob", b"same")

    while slow.waiting:
        slow.go_on()

    assert outcome(deleting) == 4
    kept = again.json()["content_uri"].removeprefix("mxc://")
    assert downloads(server.person("carol"), kept)[2] == b"same"


def test_a_crash_before_the_rows_leaves_a_file_that_the_sweep_finds(server: Server) -> None:
    alice = server.person("alice")
    kept = uploads(alice, picture())
    store: FileStore = server.app.media.store
    orphan = store.open(6)
    orphan.write(b"orphan")
    store.keep(orphan)
    broken = store.open(6)
    broken.write(b"broken")
    broken.flush()

    age(server, 3000)
    assert outcome(server.app.media.orphans.sweep()).files == 0, "it may be about to get a row"
    age(server, 90_000)
    assert outcome(server.app.media.orphans.find(orphan.hash[0])) == [orphan.hash]
    swept = outcome(server.app.media.orphans.sweep())

    assert (swept.files, swept.bytes) == (1, 6)
    assert files(server, "incoming") == []
    assert downloads(alice, kept)[2] == picture()


def test_a_failure_while_rows_are_written_leaves_no_file(server: Server) -> None:
    store: FileStore = server.app.media.store
    incoming = store.open(4)
    incoming.write(b"data")

    def fails(*_: object) -> Media:
        raise KeyError("no row")

    with pytest.raises(KeyError):
        outcome(server.app.media.keeping.keep(incoming, fails))
    assert files(server) == files(server, "incoming") == []


def age(server: Server, seconds: int) -> None:
    when = server.clock.now_ms() / 1000 - seconds
    for path in (*files(server), *files(server, "incoming")):
        os.utime(path, (when, when))
