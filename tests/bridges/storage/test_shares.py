"""A chat goes on by another login, with all that belongs to it."""

from bridges.kit.happenings import Message, Sender
from bridges.kit.parts import ChatKey, Text
from bridges.storage import histories, outbox, places, shares
from bridges.storage.places import Portal, StoredLogin
from tests.bridges.storage.conftest import Write

CHAT, OTHER = ChatKey("north"), ChatKey("south")


def test_who_is_in_a_chat_is_known_once_until_they_leave(write: Write) -> None:
    for login in ("bob", "alice", "bob"):
        write(shares.enter, CHAT, login)
    write(shares.enter, OTHER, "bob")
    assert write(shares.logins_in, CHAT) == ["alice", "bob"]
    write(shares.leave, CHAT, "alice")
    assert not write(shares.is_in, CHAT, "alice")
    write(shares.forget, "bob")
    assert write(shares.logins_in, CHAT) == write(shares.logins_in, OTHER) == []


def test_the_heir_gets_the_portal_its_past_and_what_is_on_its_way(write: Write) -> None:
    for chat in (CHAT, OTHER):
        write(places.add_portal, Portal(chat, f"!{chat.id}", "alice"))
        write(histories.begin, chat, "alice")
        said = Message(chat, Sender("polly"), "m", (Text("hello"),))
        write(outbox.add_arrival, "alice", said)
    write(shares.hand_on, CHAT, "bob")
    assert [it.chat for it in write(places.portals_of_login, "bob")] == [CHAT]
    assert write(histories.progress, CHAT).login_id == "bob"
    assert write(outbox.next_arrival, CHAT).login_id == "bob"
    assert write(outbox.next_arrival, OTHER).login_id == "alice"


def test_portals_without_a_login_are_found(write: Write) -> None:
    write(places.add_portal, Portal(CHAT, "!north", "alice"))
    write(places.add_portal, Portal(OTHER, "!south", "bob"))
    write(places.save_login, StoredLogin("bob", "@bob:localhost", "Bob", {}))
    assert [it.chat for it in write(shares.orphans)] == [CHAT]
