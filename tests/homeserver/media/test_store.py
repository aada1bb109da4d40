import hashlib
import os
import shutil
from pathlib import Path

import pytest
from attrs import frozen

from homeserver.media.incoming import NoRoom
from homeserver.media.store import FileStore


@frozen
class Usage:
    free: int


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "media", 1000, 0)


def put(store: FileStore, data: bytes) -> bytes:
    incoming = store.open(len(data))
    incoming.write(data)
    store.keep(incoming)
    return incoming.hash


def test_a_file_stands_where_its_hash_says(store: FileStore) -> None:
    hash = put(store, b"data")

    name = hashlib.sha256(b"data").hexdigest()
    assert store.path(hash) == store.folder / "files" / name[:2] / name[2] / name[3:]
    assert store.path(hash).read_bytes() == b"data"
    assert store.size(hash) == 4


def test_nothing_is_on_the_disk_before_it_is_needed(store: FileStore) -> None:
    assert not store.folder.exists()
    assert store.hashes(0) == {}
    assert store.leftovers(2**40) == []


def test_what_was_kept_is_safe_before_it_has_its_name(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    sync, move = os.fsync, Path.replace

    def syncs(descriptor: int) -> None:
        happened.append("sync")
        sync(descriptor)

    def moves(path: Path, to: Path) -> Path:
        happened.append("move")
        return move(path, to)

    monkeypatch.setattr(os, "fsync", syncs)
    monkeypatch.setattr(Path, "replace", moves)

    put(store, b"data")

    at = happened.index("move")
    assert happened[0] == "sync" and at > 0 and "sync" in happened[at:]


def test_a_file_that_was_cut_short_by_a_crash_is_replaced(store: FileStore) -> None:
    hash = put(store, b"data")
    store.path(hash).write_bytes(b"da")

    put(store, b"data")

    assert store.path(hash).read_bytes() == b"data"


def test_a_discarded_file_leaves_nothing(store: FileStore) -> None:
    incoming = store.open(4)
    incoming.write(b"data")
    incoming.discard()
    incoming.discard()

    assert list((store.folder / "incoming").iterdir()) == []


def test_what_is_being_uploaded_counts_as_taken(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free=1_000_000))
    first = store.open(900_000)

    with pytest.raises(NoRoom):
        store.open(200_000)
    first.discard()
    store.open(200_000).discard()


def test_a_full_disk_is_told_in_words(store: FileStore) -> None:
    incoming = store.open(0)

    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None: ...

    incoming._file = Full()  # type: ignore[assignment]
    with pytest.raises(NoRoom):
        incoming.write(b"data")
    assert list((store.folder / "incoming").iterdir()) == []


def test_strange_files_in_the_folder_are_left_alone(store: FileStore) -> None:
    hash = put(store, b"data")
    stranger = store.path(hash).parent / "readme.txt"
    stranger.write_text("mine")

    assert list(store.hashes(hash[0])) == [hash]
