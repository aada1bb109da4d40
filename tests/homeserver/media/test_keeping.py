"""Files and rows together, with threads that finish when the test says so."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import evolve
from twisted.internet.defer import Deferred

from homeserver.config.settings import Settings
from homeserver.media.store import FileStore
from homeserver.storage.media import Media
from tests.homeserver.media.clients import (
    downloads,
    files,
    kept,
    small_files,
    thumbnail,
    uploads,
    uploads_slowly,
)
from tests.homeserver.media.pictures import picture
from tests.outcomes import outcome
from tests.people import Server

SMALL = 64 * 1024


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
def settings(settings: Settings) -> Settings:
    """All files are on the disk, however small; tests of small ones say so."""
    return evolve(settings, media=evolve(settings.media, small_bytes=0))


@pytest.fixture
def with_rows(settings: Settings, start_server: Callable[..., Server]) -> Server:
    return start_server(media=evolve(settings.media, small_bytes=SMALL))


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


# -- small files


def test_a_small_file_is_a_row(with_rows: Server) -> None:
    alice, bob = with_rows.people("alice", "bob")

    where = uploads(alice, b"0123456789")

    assert files(with_rows) == []
    assert downloads(bob, where)[2] == b"0123456789"
    assert downloads(bob, where, Range="bytes=2-4")[::2] == (206, b"234")


def test_a_small_file_is_kept_once_and_goes_with_its_last_use(with_rows: Server) -> None:
    alice, bob = with_rows.people("alice", "bob")
    first, second = uploads(alice, b"same"), uploads(bob, b"same")
    assert len(small_files(with_rows)) == 1
    deletes = with_rows.app.media.moderation.delete

    assert outcome(deletes(*first.split("/"))) == 0
    assert downloads(alice, first)[0] == 404
    assert downloads(alice, second)[2] == b"same"
    assert outcome(deletes(*second.split("/"))) == 4
    assert kept(with_rows) == []


def test_what_is_small_for_one_and_came_slowly_from_another_serves_both(with_rows: Server) -> None:
    alice, bob = with_rows.people("alice", "bob")
    data = bytes(SMALL)
    slowly = uploads_slowly(alice, iter([data[:5000], data[5000:]]), len(data))
    at_once = uploads(bob, data)
    large = uploads(bob, data + b"x")
    assert len(kept(with_rows)) == 2

    first = slowly["content_uri"].removeprefix("mxc://")
    for where in (first, at_once):
        assert downloads(alice, where)[2] == data
    assert downloads(alice, large)[2] == data + b"x"
    for where in (first, at_once, large):
        outcome(with_rows.app.media.moderation.delete(*where.split("/")))
    assert kept(with_rows) == []


def test_a_hidden_small_file_stays_hidden_and_does_not_come_back(with_rows: Server) -> None:
    alice = with_rows.person("alice")
    where = uploads(alice, b"shown")
    assert downloads(alice, where)[0] == 200
    moderation = with_rows.app.media.moderation

    outcome(moderation.quarantine(*where.split("/"), by="@admin:test"))

    assert downloads(alice, where)[0] == 404
    assert begin(with_rows, "bob", b"shown").raw()[0] == 403
    assert outcome(moderation.delete(*where.split("/"))) == len(b"shown")
    assert kept(with_rows) == []
    assert begin(with_rows, "carol", b"shown").raw()[0] == 403


def test_a_small_picture_has_thumbnails(with_rows: Server) -> None:
    alice = with_rows.person("alice")
    data = picture(size=(400, 300))
    assert len(data) < SMALL

    status, headers, body = thumbnail(alice, uploads(alice, data), 32, 32)

    assert (status, headers["content-type"]) == (200, "image/jpeg")
    assert 0 < len(body) < len(data)
    assert files(with_rows, "incoming") == []


def test_what_was_a_row_is_found_when_new_files_go_to_the_disk(
    settings: Settings, start_server: Callable[..., Server]
) -> None:
    server = start_server(media=evolve(settings.media, small_bytes=SMALL))
    where = uploads(server.person("alice"), b"from before")

    later = start_server(media=settings.media)

    bob = later.person("bob")
    assert downloads(bob, where)[2] == b"from before"
    uploads(bob, b"from today")
    assert len(files(later)) == 1
