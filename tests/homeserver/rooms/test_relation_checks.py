import pytest

from tests.people import Person, Refused, Server

Talk = tuple[Person, Person, str, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    return alice, bob, room, alice.sends(room, "hello")


def relates(
    person: Person, room: str, event_id: str, kind: str, key: str = "", txn: str = ""
) -> str:
    relation = {"rel_type": kind, "event_id": event_id, **({"key": key} if key else {})}
    return person.sends_event(room, "m.reaction", {"m.relates_to": relation}, txn)


def test_nobody_reacts_twice_in_the_same_way(talk: Talk) -> None:
    alice, bob, room, said = talk
    reaction = relates(bob, room, said, "m.annotation", "+1", txn="mine")
    relates(bob, room, said, "m.annotation", "-1")
    relates(alice, room, said, "m.annotation", "+1")
    assert relates(bob, room, said, "m.annotation", "+1", txn="mine") == reaction

    with pytest.raises(Refused) as refused:
        relates(bob, room, said, "m.annotation", "+1")

    assert (refused.value.status, refused.value.errcode) == (400, "M_DUPLICATE_ANNOTATION")
    bob.redacts(room, reaction)
    relates(bob, room, said, "m.annotation", "+1")


def test_no_thread_begins_with_an_event_of_a_thread(talk: Talk) -> None:
    alice, bob, room, said = talk
    answer = relates(bob, room, said, "m.thread")
    relates(alice, room, said, "m.thread")

    with pytest.raises(Refused) as refused:
        relates(alice, room, answer, "m.thread")

    assert (refused.value.status, refused.value.errcode) == (400, "M_UNKNOWN")
