"""What passes without being an event: receipts, typing, presence."""

import pytest

from tests.federation.people import Person, room_path


@pytest.fixture
def version() -> str:
    """None of this depends on the version of the room."""
    return "12"


def test_a_receipt_is_seen_by_the_other(alice: Person, bob: Person, room: str) -> None:
    for speaker, hearer in ((alice, bob), (bob, alice)):
        said = speaker.sends(room, "Have you read this?")
        hearer.sees(room, said)

        hearer.reads(room, said)

        speaker.sees_receipt(room, said, hearer)


def test_a_private_receipt_stays_at_home(alice: Person, bob: Person, room: str) -> None:
    said = alice.sends(room, "Read me in secret")
    bob.sees(room, said)

    bob.post(room_path(room, "receipt", "m.read.private", said))

    alice.sees(room, bob.sends(room, "I have not read it"))
    assert "m.read.private" not in alice.gathered.receipts.get(room, {}).get(said, {})


def test_a_receipt_in_a_thread_keeps_its_thread(alice: Person, bob: Person, room: str) -> None:
    root = alice.sends(room, "Root")
    relation = {"rel_type": "m.thread", "event_id": root}
    said = alice.sends_related(room, "Leaf", relation)
    bob.sees(room, said)

    bob.reads(room, said, thread_id=root)

    assert alice.sees_receipt(room, said, bob)["thread_id"] == root


def test_typing_is_seen_and_ends(alice: Person, bob: Person, room: str) -> None:
    for one, other in ((alice, bob), (bob, alice)):
        one.types(room)
        other.sees_typing(room, [one.user_id])

        one.types(room, False)
        other.sees_typing(room, [])


def test_presence_is_seen_by_those_who_share_a_room(alice: Person, bob: Person, room: str) -> None:
    for one, other in ((alice, bob), (bob, alice)):
        one.is_present("online", "At the seaside")

        other.sees_presence(one, "At the seaside")
