"""How far the past has come is known after every crash."""

import pytest

from bridges.kit.happenings import Message, Sender
from bridges.kit.parts import ChatKey, Text
from bridges.storage import histories, messages, outbox
from bridges.storage.histories import Batch
from bridges.storage.messages import Pair
from tests.bridges.storage.conftest import Write

CHAT, OTHER = ChatKey("north", "alice"), ChatKey("south", "alice")
BATCH = Batch("mark", (("m1", "@a"), ("m1", "@a"), ("m2", "@b")), "page 2")


def test_a_past_begins_once(write: Write) -> None:
    assert write(histories.progress, CHAT) is None
    write(histories.begin, CHAT, "alice")
    write(histories.begin, CHAT, "bob")
    begun = write(histories.progress, CHAT)
    assert (begun.login_id, begun.before, begun.filled) == ("alice", None, 0)
    assert (begun.is_done, begun.batch) == (False, None)


def test_a_batch_under_way_is_remembered_as_it_was(write: Write) -> None:
    write(histories.begin, CHAT, "alice")
    write(histories.note_batch, CHAT, BATCH)
    assert write(histories.progress, CHAT).batch == BATCH
    write(histories.drop_batch, CHAT)
    assert write(histories.progress, CHAT).batch is None


def test_a_batch_that_is_finished_pairs_its_messages_part_by_part(write: Write) -> None:
    write(histories.begin, CHAT, "alice")
    write(histories.note_batch, CHAT, BATCH)
    begun = write(histories.progress, CHAT)
    now = write(histories.finish_batch, begun, BATCH, ["$1", "$2", "$3"])
    assert (now.before, now.filled, now.is_done) == ("page 2", 2, False)
    assert write(histories.progress, CHAT) == now
    assert [it.event_id for it in write(messages.by_remote_id, CHAT, "m1")] == ["$1", "$2"]
    assert write(messages.by_remote_id, CHAT, "m2") == [Pair("m2", "$3", "@b")]


def test_a_batch_with_a_wrong_count_changes_nothing(write: Write) -> None:
    write(histories.begin, CHAT, "alice")
    write(histories.note_batch, CHAT, BATCH)
    begun = write(histories.progress, CHAT)
    with pytest.raises(ValueError, match="shorter"):
        write(histories.finish_batch, begun, BATCH, ["$1", "$2"])
    assert write(histories.progress, CHAT) == begun
    assert write(messages.by_remote_id, CHAT, "m1") == []


def test_the_last_page_ends_it(write: Write) -> None:
    for chat in (CHAT, OTHER):
        write(histories.begin, chat, "alice")
    begun = write(histories.progress, CHAT)
    write(histories.finish_batch, begun, Batch("mark", (), None), [])
    assert write(histories.progress, CHAT).is_done
    assert write(histories.unfinished) == [OTHER]
    write(histories.forget, OTHER)
    assert write(histories.unfinished) == []


def test_a_message_is_known_on_its_way_and_when_it_is_there(write: Write) -> None:
    write(messages.pair, CHAT, Pair("there", "$1", "@a"))
    coming = Message(CHAT, Sender("bob"), "coming", (Text("hello"),))
    assert write(outbox.add_arrival, "alice", coming)
    assert write(histories.known, CHAT, ["there", "coming", "new"]) == {"there", "coming"}
    assert write(histories.known, OTHER, ["there", "coming"]) == set()


def test_a_batch_with_what_arrived_meanwhile_is_not_begun(write: Write) -> None:
    write(histories.begin, CHAT, "alice")
    write(outbox.add_arrival, "alice", Message(CHAT, Sender("bob"), "m2", (Text("hello"),)))
    assert not write(histories.note_batch, CHAT, BATCH)
    assert write(histories.progress, CHAT).batch is None


def test_whether_a_message_came_over_is_open_while_its_batch_is_sent(write: Write) -> None:
    write(histories.begin, CHAT, "alice")
    assert write(histories.came_over, CHAT, "m1") is False
    assert write(histories.note_batch, CHAT, BATCH)
    assert write(histories.came_over, CHAT, "m1") is None
    assert write(histories.came_over, CHAT, "m3") is False
    begun = write(histories.progress, CHAT)
    write(histories.finish_batch, begun, BATCH, ["$1", "$2", "$3"])
    assert write(histories.came_over, CHAT, "m1") is True
