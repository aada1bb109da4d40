"""A server is away while there is much talk, and comes back."""

from collections.abc import Callable

import pytest

from tests.federation.homeservers import Homeserver
from tests.federation.people import Person, shared_room, somebody, until
from tests.federation.test_devices import crypto, devices_of

MISSED = 500
CAUGHT_UP_S = 120.0

End = Callable[[Homeserver], None]


@pytest.fixture
def version() -> str:
    """None of this depends on the version of the room."""
    return "12"


@pytest.fixture(params=["stopped", "killed"])
def end(request: pytest.FixtureRequest) -> End:
    return Homeserver.stop if request.param == "stopped" else Homeserver.kill


def test_who_was_away_gets_all_that_was_missed(
    alice: Person, bob: Person, room: str, end: End
) -> None:
    bob.sees(room, alice.sends(room, "Until soon"))
    end(bob.home)
    try:
        topic = alice.sets(room, "m.room.topic", {"topic": "Where is bob?"})
        said = [alice.sends(room, f"Missed {number}") for number in range(MISSED)]
    finally:
        bob.home.start()

    back = bob.sends(room, "I am back")
    alice.sees(room, back, CAUGHT_UP_S)
    until(lambda: said[-1] in bob.heard(room), CAUGHT_UP_S)
    until(lambda: set(said) <= set(texts(bob, room)), CAUGHT_UP_S)

    assert until(lambda: alice.state_ids(room) == bob.state_ids(room))
    assert bob.state_ids(room)["m.room.topic", ""] == topic
    for person in (alice, bob):
        heard = texts(person, room)
        assert [event_id for event_id in heard if event_id in said] == said[::-1]
        assert back in heard
    assert set(texts(bob, room)) == set(texts(alice, room))


def test_what_was_said_last_before_a_crash_still_arrives(
    alice: Person, bob: Person, room: str
) -> None:
    bob.sees(room, alice.sends(room, "Listen"))
    said = [alice.sends(room, f"Last words {number}") for number in range(20)]
    alice.home.kill()
    alice.home.start()

    alice.sends(room, "Did you get it all?")

    until(lambda: set(said) <= set(texts(bob, room)), CAUGHT_UP_S)
    assert until(lambda: alice.state_ids(room) == bob.state_ids(room))


def test_a_message_to_a_device_waits_until_its_server_is_back(
    alice: Person, bob: Person, room: str
) -> None:
    bob.home.stop()
    try:
        content = {"messages": {bob.user_id: {"*": {"number": 1}}}}
        alice.put(f"/v3/sendToDevice/org.example.note/t{alice.number()}", content)
        alice.sends(room, "There is something for your device")
    finally:
        bob.home.start()
    bob.sends(room, "I am back")

    bob.waits(lambda gathered: gathered.to_device)


def test_who_was_banned_while_the_server_was_away_learns_it(
    alice: Person, bob: Person, room: str
) -> None:
    bob.home.stop()
    try:
        alice.bans(room, bob)
    finally:
        bob.home.start()
    somebody(bob.home, "carol").post("/v3/publicRooms", {}, server=alice.home.name)

    bob.waits(lambda gathered: room in gathered.left)


def test_a_device_that_was_added_meanwhile_is_noticed(
    alice: Person, bob: Person, room: str
) -> None:
    bob.syncs()
    bob.gathered.changed_devices.clear()
    bob.home.stop()
    try:
        crypto(alice).settles()
    finally:
        bob.home.start()
    bob.sends(room, "I am back")

    bob.waits(lambda gathered: alice.user_id in gathered.changed_devices, CAUGHT_UP_S)
    assert set(until(lambda: devices_of(bob, alice))) == {alice.device_id}


def test_a_device_is_noticed_though_both_servers_crash(
    our_server: Homeserver, our_second_server: Homeserver, version: str
) -> None:
    """Hers when it has just answered, his before it could hear of anything."""
    alice, bob = somebody(our_server, "alice"), somebody(our_second_server, "bob")
    room = shared_room(alice, bob, version)
    crypto(alice).settles()
    until(lambda: devices_of(bob, alice))
    before = bob.token_of_sync()
    bob.gathered.changed_devices.clear()

    bob.home.kill()
    try:
        second = alice.logs_in()
        crypto(second).settles()
        alice.home.kill()
        alice.home.start()
    finally:
        bob.home.start()
    bob.sends(room, "I am back")

    bob.waits(lambda gathered: alice.user_id in gathered.changed_devices, CAUGHT_UP_S)
    changes = bob.get("/v3/keys/changes", **{"from": before, "to": bob.token_of_sync()})
    assert alice.user_id in changes["changed"]
    until(lambda: set(devices_of(bob, alice)) == {alice.device_id, second.device_id})


def texts(person: Person, room: str) -> list[str]:
    """The ids of all that was ever said, the newest first."""
    return [e["event_id"] for e in person.pages_back(room) if e["type"] == "m.room.message"]
