"""Files by their use, on both databases."""

from typing import Any

import pytest

from homeserver.storage import media
from homeserver.storage.media import Media
from homeserver.storage.transaction import Transaction
from tests.outcomes import outcome
from tests.people import Server


def test_files_of_others_are_found_by_their_use(server: Server) -> None:
    def keep(txn: Transaction) -> None:
        for number, origin in enumerate(("a", "b", "test")):
            used_ts = None if origin == "test" else 10 - number
            file = bytes([number]) * 32
            found = Media(origin, "m", None, 1, None, file, 100, "a/b", None, True, False, used_ts)
            media.use(txn, file, 100)
            media.add(txn, found)

    _write(server, keep)

    assert _read(server, media.bytes_of_others, "test") == 200
    assert [it.origin for it in _read(server, media.least_used_of_others, "test", 5)] == ["b", "a"]
    oldest = _read(server, media.least_used_of_others, "test", 1)[0]
    _write(server, media.touch, oldest, 20)
    assert [it.origin for it in _read(server, media.least_used_of_others, "test", 5)] == ["a", "b"]


def test_more_hidden_files_than_memory_holds_stay_hidden(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "MAX_HIDDEN", 2)
    hidden = [bytes([number]) * 32 for number in range(4)]

    for file in hidden:
        _write(server, media.quarantine, file, "@admin:test")
        assert _read(server, media.is_quarantined, file)

    assert all(_read(server, media.is_quarantined, file) for file in hidden)
    assert not _read(server, media.is_quarantined, b"x" * 32)
    _write(server, media.quarantine, hidden[3], None)
    assert not _read(server, media.is_quarantined, hidden[3])


def _write(server: Server, work: Any, *arguments: Any) -> Any:
    return outcome(server.app.database.write(work, *arguments))


def _read(server: Server, work: Any, *arguments: Any) -> Any:
    return outcome(server.app.database.read(work, *arguments))
