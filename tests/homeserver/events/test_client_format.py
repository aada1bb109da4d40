import pytest

from homeserver.events.client_format import (
    client_format,
    client_format_without_room_id,
    stripped_state,
)
from homeserver.events.event import Event
from homeserver.events.room_versions import ROOM_VERSIONS
from tests.homeserver.events.rooms import ALICE, ALL, CREATOR, Room, pdu


@pytest.mark.parametrize("id", ALL)
def test_clients_see_a_message_without_the_machinery_of_federation(id: str) -> None:
    event = Room.of(id).event("m.room.message", {"body": "x"}, sender=ALICE)
    assert client_format(event) == {
        "type": "m.room.message",
        "sender": ALICE,
        "content": {"body": "x"},
        "event_id": event.event_id,
        "room_id": event.room_id,
        "origin_server_ts": 1_700_000_000_000,
    }


def test_state_shows_its_key_even_when_it_is_empty() -> None:
    assert client_format(Room.of().event("m.room.name", {}, ""))["state_key"] == ""


def test_sync_says_the_room_elsewhere() -> None:
    event = Room.of().event("m.room.message", {})
    shown = client_format_without_room_id(event)
    assert "room_id" not in shown
    assert client_format(event) == {**shown, "room_id": event.room_id}


def test_the_create_event_of_version_12_has_a_room_for_clients() -> None:
    create = Room.of("12").create
    assert client_format(create)["room_id"] == "!" + create.event_id[1:]


@pytest.mark.parametrize("id", ALL)
def test_clients_find_what_is_redacted_in_both_places(id: str) -> None:
    version = ROOM_VERSIONS[id]
    in_content = version.redacts_in_content
    content = {"reason": "spam"} | ({"redacts": "$bad"} if in_content else {})
    fields = {} if in_content else {"redacts": "$bad"}
    event = Event.from_pdu(pdu(version, "m.room.redaction", content, **fields), version)
    shown = client_format(event)
    assert shown["redacts"] == "$bad"
    assert shown["content"] == {"reason": "spam", "redacts": "$bad"}
    assert event.content == content


def test_stripped_state_has_four_keys() -> None:
    event = Room.of().event("m.room.name", {"name": "Den"}, "")
    assert stripped_state(event) == {
        "type": "m.room.name",
        "state_key": "",
        "sender": CREATOR,
        "content": {"name": "Den"},
    }
