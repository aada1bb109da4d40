"""Where two servers do not reach each other, a third one helps; Synapse plays each part once."""

import pytest

from tests.federation.homeservers import Homeserver
from tests.federation.people import Person, room_path, somebody, until
from tests.federation.town import Town

People = tuple[Person, Person, Person]


@pytest.fixture(params=["synapse hosts", "synapse helps", "synapse is far"])
def people(
    request: pytest.FixtureRequest,
    our_server: Homeserver,
    our_second_server: Homeserver,
    their_server: Homeserver,
) -> People:
    """Alice hosts, Bob's server helps, and Carol's does not reach Alice's."""
    first, second = our_server, our_second_server
    homes = {
        "synapse hosts": (their_server, first, second),
        "synapse helps": (first, their_server, second),
        "synapse is far": (first, second, their_server),
    }[request.param]
    alice, bob, carol = map(somebody, homes, ("alice", "bob", "carol"))
    # Whose keys are not known cannot be believed through others.
    shared_by(alice, bob, carol)
    return alice, bob, carol


def test_who_comes_is_let_in_by_any_server_of_the_room(town: Town, people: People) -> None:
    alice, bob, carol = people
    room = shared_by(alice, bob)

    with town.relays.cut(alice.home.name, carol.home.name):
        carol.joins(room, alice.home.name, bob.home.name)
        bob.sees_member(room, carol, "join")

    alice.sees_member(room, carol, "join")


def test_what_a_server_cannot_send_comes_through_another(town: Town, people: People) -> None:
    alice, bob, carol = people
    room = shared_by(alice, bob, carol)

    with town.relays.cut(alice.home.name, carol.home.name):
        said = alice.sends(room, "Tell carol")
        bob.sees(room, said)
        bob.sends(room, "Carol, alice says something")
        carol.sees(room, said)


def test_history_comes_from_any_server_that_has_it(town: Town, people: People) -> None:
    alice, bob, carol = people
    room = shared_by(alice, bob)
    said = [alice.sends(room, f"Line {number}") for number in range(30)]
    bob.sees(room, said[-1])
    bob.pages_back(room)

    with town.relays.cut(alice.home.name, carol.home.name):
        carol.joins(room, bob.home.name)
        until(lambda: set(said) <= set(carol.heard(room)))


def test_who_is_put_out_by_one_is_out_for_all(people: People) -> None:
    alice, bob, carol = people
    room = shared_by(alice, bob, carol)
    bob.sees(room, alice.gives_power(room, bob, 50))

    bob.bans(room, carol)

    alice.sees_member(room, carol, "ban")
    carol.waits(lambda gathered: room in gathered.left)
    for person in (alice, bob):
        member = person.get(room_path(room, "state", "m.room.member", carol.user_id))
        assert member["membership"] == "ban"


def shared_by(alice: Person, *guests: Person) -> str:
    room = alice.creates_room(room_version="12", preset="public_chat")
    for guest in guests:
        guest.joins(room, alice.home.name)
    for person in (alice, *guests):
        for guest in guests:
            person.sees_member(room, guest, "join")
    return room
