import pytest

from homeserver.events.applying_redactions import redacted, takes_effect
from homeserver.events.event import Event
from homeserver.events.power_levels import PowerLevels
from tests.homeserver.events.rooms import ALICE, ALL, BOB, MALLORY, Room, since


def redaction_of(target: Event, room: Room, sender: str) -> Event:
    aim = {"redacts": target.event_id}
    if room.version.redacts_in_content:
        return room.event("m.room.redaction", aim, sender=sender)
    return room.event("m.room.redaction", {}, sender=sender, **aim)


def levels_in(room: Room) -> PowerLevels:
    return PowerLevels.of(room.create, room.state["m.room.power_levels", ""], room.version)


@pytest.mark.parametrize("id", since(3))
def test_moderators_redact_all_and_others_only_what_their_server_sent(id: str) -> None:
    room = Room.of(id, levels={"users": {ALICE: 50}})
    message = room.event("m.room.message", {"body": "x"}, sender=BOB)
    for sender, effective in ((ALICE, True), ("@b2:two.example", True), (MALLORY, False)):
        redaction = redaction_of(message, room, sender)
        assert takes_effect(redaction, message, levels_in(room)) == effective


@pytest.mark.parametrize("id", ["1", "2"])
def test_until_version_2_the_auth_rules_have_decided(id: str) -> None:
    room = Room.of(id, levels={})
    message = room.event("m.room.message", {}, sender=BOB)
    assert takes_effect(redaction_of(message, room, MALLORY), message, levels_in(room))


@pytest.mark.parametrize("id", ALL)
def test_a_redaction_hits_what_it_aims_at_in_its_own_room(id: str) -> None:
    room = Room.of(id, levels={"users": {ALICE: 50}})
    message, other = (room.event("m.room.message", {"n": n}, sender=BOB) for n in range(2))
    elsewhere = room.event("m.room.message", {}, sender=BOB, room_id="!other:one.example")
    assert not takes_effect(redaction_of(message, room, ALICE), other, levels_in(room))
    assert not takes_effect(redaction_of(elsewhere, room, ALICE), elsewhere, levels_in(room))


@pytest.mark.parametrize("id", ALL)
def test_what_is_left_keeps_its_name_and_place(id: str) -> None:
    event = Room.of(id).event("m.room.topic", {"topic": "secret"}, "", sender=BOB)
    left = redacted(event)
    assert left.content == {}
    assert event.content == {"topic": "secret"}
    assert (left.event_id, left.room_id, left.state_pair) == (
        event.event_id,
        event.room_id,
        event.state_pair,
    )
