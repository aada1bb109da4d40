"""Migrations go forward, each once."""

from pathlib import Path

import pytest

from bridges.kit.happenings import Message, Sender
from bridges.kit.parts import ChatKey, Text
from bridges.storage import histories, kept, messages, outbox, places
from bridges.storage.database import SCHEMA, migrations
from bridges.storage.messages import Pair
from tests.bridges.storage.conftest import Write


def test_migrations_have_numbers_of_their_own() -> None:
    assert list(migrations(SCHEMA)) == list(range(1, len(migrations(SCHEMA)) + 1))


def test_a_number_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    for name in ("0001_a.sql", "0001_b.sql"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match="the same number"):
        migrations(tmp_path)


@pytest.mark.parametrize("odd", ["a\x00b", "\ud83d", "'; DROP TABLE kept; --", "%s ? 100%"])
def test_odd_texts_are_kept_and_found_again(write: Write, odd: str) -> None:
    write(kept.keep, odd, odd, odd)
    assert write(kept.kept, odd, odd) is not None
    write(places.save_ghost, "@ghost", odd, odd)
    assert write(places.ghost_name, "@ghost") is not None


def test_ids_may_be_long(write: Write) -> None:
    """Who writes to us chooses them on some networks."""
    chat, id = ChatKey("north"), "".join(chr(0x4E00 + number) for number in range(5000))
    said = Message(chat, Sender("mallory"), id, (Text("hello"),))
    assert write(outbox.add_arrival, "alice", said)
    assert not write(outbox.add_arrival, "alice", said)
    write(messages.pair, chat, Pair(id, "$1", "@mallory"))
    (found,) = write(messages.by_remote_id, chat, id)
    assert found.event_id == "$1"
    assert write(messages.by_remote_id, chat, id + "!") == []
    assert write(histories.known, chat, [id, id + "!"]) == {id}
