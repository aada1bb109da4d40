"""The number beside the app."""

from urllib.parse import quote

import pytest

from tests.homeserver.delivery.push.conftest import Gateway, Town, a_room, pusher
from tests.people import JsonObject, Person


def reads(person: Person, room: str, event_id: str) -> None:
    person.post(f"/v3/rooms/{quote(room)}/receipt/m.read/{quote(event_id)}")


def counts(gateway: Gateway) -> list[JsonObject]:
    return [told.get("counts", {}) for told in gateway.told()]


def test_the_number_counts_all_rooms(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob = here.people("alice", "bob")
    rooms = [a_room(alice, bob) for _ in range(3)]
    bob.post("/v3/pushers/set", pusher(gateway))

    for room in (*rooms, rooms[0]):
        alice.sends(room, "hello")
        here.passes()

    assert counts(gateway) == [{"unread": number} for number in (1, 2, 3, 4)]


def test_who_reads_has_the_number_cleared(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob = here.people("alice", "bob")
    one, two = a_room(alice, bob), a_room(alice, bob)
    bob.post("/v3/pushers/set", pusher(gateway))
    first, second = alice.sends(one, "hello"), alice.sends(two, "hello")
    here.passes()
    gateway.told()

    reads(bob, one, first)
    here.passes(2)
    reads(bob, two, second)
    here.passes(2)

    down, clear = gateway.told()
    assert down["counts"] == {"unread": 1} and "event_id" not in down
    assert clear["counts"] == {"unread": 0} and clear["prio"] == "low"
    reads(bob, two, second)
    here.passes(2)
    assert gateway.told() == []


def test_who_answers_has_read(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob, room = here.pair(gateway)
    alice.sends(room, "hello")
    here.passes()
    gateway.told()

    bob.sends(room, "hello yourself")
    here.passes(2)

    assert counts(gateway) == [{"unread": 0}]


def test_who_reads_on_quickly_has_the_number_corrected_once(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob, room = here.pair(gateway)
    sent = [alice.sends(room, str(number)) for number in range(4)]
    here.passes()
    gateway.told()

    for event_id in sent:
        reads(bob, room, event_id)
    here.passes(2)

    assert counts(gateway) == [{"unread": 0}]


@pytest.mark.parametrize("name", ["org.matrix.msc4076.disable_badge_count", "disable_badge_count"])
def test_who_counts_for_himself_gets_no_numbers(town: Town, name: str) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob, room = here.pair(gateway, data={name: True})

    event_id = alice.sends(room, "hello")
    here.passes()
    reads(bob, room, event_id)
    here.passes(2)

    (told,) = gateway.told()
    assert "counts" not in told


def test_a_call_that_nobody_took_is_counted_as_missed(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob, room = here.pair(gateway)

    alice.sends_event(room, "m.call.invite", {"call_id": "1", "lifetime": 60_000, "version": "1"})
    here.passes()
    assert counts(gateway) == [{"unread": 1}]
    alice.sends_event(room, "m.call.hangup", {"call_id": "1", "version": "1"})
    after = alice.sends(room, "where are you?")
    here.passes()
    assert counts(gateway) == [{"unread": 2, "missed_calls": 1}]

    reads(bob, room, after)
    here.passes(2)
    assert counts(gateway) == [{"unread": 0}]


def test_what_was_read_just_before_a_crash_is_corrected_after_it(town: Town) -> None:
    here = town()
    gateway = here.gateway()
    alice, bob, room = here.pair(gateway)
    event_id = alice.sends(room, "hello")
    here.passes()
    gateway.told()
    reads(bob, room, event_id)

    here = town()
    here.passes(2)

    assert counts(gateway) == [{"unread": 0}]
