"""What was said before somebody of the other server came."""

from urllib.parse import quote

import pytest

from tests.federation.people import Person, room_path
from tests.verbs import JsonObject


def test_three_hundred_messages_are_fetched_when_somebody_pages_back(
    alice: Person, bob: Person, version: str
) -> None:
    room = alice.creates_room(room_version=version, preset="public_chat")
    said = [alice.sends(room, f"Line {number}") for number in range(300)]
    bob.joins(room, alice.home.name)
    alice.sees_member(room, bob, "join")

    pages = bob.pages_back(room)

    assert texts(pages) == list(reversed(said))
    assert ids(pages) == ids(alice.pages_back(room))


@pytest.mark.parametrize("sides", ["synapse hosts"], indirect=True)
def test_a_message_from_before_is_found_with_what_stood_around_it(
    alice: Person, bob: Person, version: str
) -> None:
    """Only here: Synapse leaves out events of fetched history around others."""
    room = alice.creates_room(room_version=version, preset="public_chat")
    said = [alice.sends(room, f"Line {number}") for number in range(30)]
    bob.joins(room, alice.home.name)
    bob.pages_back(room)

    context = bob.get(room_path(room, "context", said[5]), limit=6)

    assert ids(context["events_before"]) == [said[4], said[3], said[2]]
    assert ids(context["events_after"]) == [said[6], said[7], said[8]]


def test_history_of_members_is_not_shown_to_who_comes_later(
    alice: Person, bob: Person, version: str
) -> None:
    room = alice.creates_room(
        room_version=version, preset="public_chat", initial_state=[visibility("joined")]
    )
    alice.sends(room, "Before bob came")
    bob.joins(room, alice.home.name)
    alice.sees_member(room, bob, "join")
    greeting = alice.sends(room, "Hello bob")
    bob.sees(room, greeting)

    pages = bob.pages_back(room)

    assert texts(pages) == [greeting]


def test_who_was_invited_sees_what_was_said_since(alice: Person, bob: Person, version: str) -> None:
    room = alice.creates_room(
        room_version=version, preset="private_chat", initial_state=[visibility("invited")]
    )
    alice.sends(room, "Before the invite")
    alice.invites(room, bob)
    bob.is_invited(room)
    said = alice.sends(room, "After the invite")

    bob.joins(room, alice.home.name)

    assert texts(bob.pages_back(room)) == [said]


def test_redacted_history_arrives_redacted(alice: Person, bob: Person, version: str) -> None:
    room = alice.creates_room(room_version=version, preset="public_chat")
    secret = alice.sends(room, "A secret")
    alice.redacts(room, secret)
    bob.joins(room, alice.home.name)

    pages = {event["event_id"]: event for event in bob.pages_back(room)}

    assert pages[secret]["content"] == {}


def test_the_first_message_of_a_day_is_found_by_its_time(
    alice: Person, bob: Person, version: str
) -> None:
    room = alice.creates_room(room_version=version, preset="public_chat")
    first = alice.sends(room, "First")
    alice.sends(room, "Second")
    sent_at = alice.get(room_path(room, "event", first))["origin_server_ts"]
    bob.joins(room, alice.home.name)

    found = bob.get(f"/v1/rooms/{quote(room)}/timestamp_to_event", ts=sent_at, dir="f")

    assert found["event_id"] == first


def visibility(value: str) -> JsonObject:
    type = "m.room.history_visibility"
    return {"type": type, "state_key": "", "content": {"history_visibility": value}}


def texts(events: list[JsonObject]) -> list[str]:
    return [event["event_id"] for event in events if event["type"] == "m.room.message"]


def ids(events: list[JsonObject]) -> list[str]:
    return [event["event_id"] for event in events]
