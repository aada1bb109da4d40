"""Names of rooms, on either server; and rooms that stay at home."""

from urllib.parse import quote

import pytest

from tests.federation.people import Person, somebody
from tests.people import Refused


@pytest.fixture
def version() -> str:
    """None of this depends on the version of the room."""
    return "12"


def test_a_guest_may_give_the_room_a_name_at_home(alice: Person, bob: Person, room: str) -> None:
    alias = name_at_home(bob, room)
    carol = somebody(alice.home, "carol")

    assert carol.joins(alias) == room

    bob.sees_member(room, carol, "join")


def test_a_name_at_the_guests_may_be_the_main_one(alice: Person, bob: Person, room: str) -> None:
    alias = name_at_home(bob, room)

    bob.sees(room, alice.sets(room, "m.room.canonical_alias", {"alias": alias}))

    assert bob.state(room, "m.room.canonical_alias") == {"alias": alias}


def test_a_name_that_leads_nowhere_is_not_the_main_one(
    alice: Person, bob: Person, room: str
) -> None:
    nowhere = {"alias": f"#nowhere-{bob.name}:{bob.home.name}"}

    with pytest.raises(Refused) as refused:
        alice.sets(room, "m.room.canonical_alias", nowhere)

    assert (refused.value.status, refused.value.errcode) == (400, "M_BAD_ALIAS")


def test_a_name_that_was_taken_away_leads_nowhere(alice: Person, bob: Person, room: str) -> None:
    alias = name_at_home(bob, room)
    assert alice.get(f"/v3/directory/room/{quote(alias)}")["room_id"] == room

    bob.delete(f"/v3/directory/room/{quote(alias)}")

    with pytest.raises(Refused) as refused:
        alice.get(f"/v3/directory/room/{quote(alias)}")
    assert refused.value.status == 404


def test_a_room_that_stays_at_home_lets_nobody_in_from_elsewhere(
    alice: Person, bob: Person
) -> None:
    room = alice.creates_room(preset="public_chat", creation_content={"m.federate": False})
    carol = somebody(alice.home, "carol")

    with pytest.raises(Refused) as refused:
        bob.joins(room, alice.home.name)

    assert refused.value.status == 403
    carol.joins(room)


def test_a_room_that_stays_at_home_invites_nobody_from_elsewhere(
    alice: Person, bob: Person
) -> None:
    room = alice.creates_room(preset="private_chat", creation_content={"m.federate": False})

    with pytest.raises(Refused) as refused:
        alice.invites(room, bob)

    assert refused.value.status == 403


def name_at_home(person: Person, room: str) -> str:
    alias = f"#{person.name}:{person.home.name}"
    person.put(f"/v3/directory/room/{quote(alias)}", {"room_id": room})
    return alias
