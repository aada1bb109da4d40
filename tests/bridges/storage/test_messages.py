"""Which event is which message, in both directions."""

from bridges.kit.parts import ChatKey
from bridges.storage import messages
from bridges.storage.messages import Pair, Reaction
from tests.bridges.storage.conftest import Write

CHAT, OTHER = ChatKey("north", "alice"), ChatKey("north", "bob")


def test_a_message_of_several_parts_is_several_events(write: Write) -> None:
    for part, event in ((1, "$2"), (0, "$1"), (0, "$ignored")):
        write(messages.pair, CHAT, Pair("m", event, "@polly"), part)
    pairs = write(messages.by_remote_id, CHAT, "m")
    assert pairs == [Pair("m", "$1", "@polly"), Pair("m", "$2", "@polly")]
    assert write(messages.by_remote_id, OTHER, "m") == []


def test_an_event_of_several_messages_knows_what_was_sent(write: Write) -> None:
    for part, remote_id in ((2, "c"), (0, "a")):
        write(messages.pair, CHAT, Pair(remote_id, "$1", "@alice"), part)
    assert write(messages.by_event, CHAT, "$1").remote_id == "a"
    assert [it.remote_id for it in write(messages.all_of_event, CHAT, "$1")] == ["a", "c"]
    assert write(messages.sent_parts, CHAT, "$1") == {0, 2}
    assert write(messages.by_event, OTHER, "$1") is None


def test_a_reaction_is_found_by_what_it_is_and_taken_once(write: Write) -> None:
    thumb, heart = (Reaction(f"${it}", "m", "polly", it) for it in "👍❤")
    for reaction in (thumb, heart, thumb):
        write(messages.add_reaction, CHAT, reaction)
    assert write(messages.reactions_of, CHAT, "m", "polly", "👍") == [thumb]
    assert {it.emoji for it in write(messages.reactions_by, CHAT, "m", "polly")} == {"👍", "❤"}
    assert write(messages.reactions_by, OTHER, "m", "polly") == []
    assert write(messages.find_reaction, "$👍") == thumb
    assert write(messages.take_reaction, "$👍") == thumb
    assert write(messages.take_reaction, "$👍") is None
