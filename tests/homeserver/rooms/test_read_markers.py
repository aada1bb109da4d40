from typing import Any

import pytest

from tests.people import Person, Refused, Server, Sync

Talk = tuple[Server, Person, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    return server, alice, bob, room


def fully_read(sync: Sync, room: str) -> list[str]:
    events = sync.room(room).get("account_data", {}).get("events", [])
    return [e["content"]["event_id"] for e in events if e["type"] == "m.fully_read"]


def marks(person: Person, room: str, **events: str) -> None:
    """Keywords are `fully_read`, `read` and `read_private`."""
    markers = {f"m.{name.replace('read_p', 'read.p')}": event for name, event in events.items()}
    person.post(f"/v3/rooms/{room}/read_markers", markers)


def test_a_marker_and_both_receipts_move_together(talk: Talk) -> None:
    _, alice, bob, room = talk
    first, second = alice.sends(room, "1"), alice.sends(room, "2")
    bob.syncs()

    marks(bob, room, fully_read=first, read=first, read_private=second)

    sync = bob.syncs()
    assert fully_read(sync, room) == [first]
    (event,) = sync.room(room)["ephemeral"]["events"]
    assert list(event["content"][first]) == ["m.read"]
    assert list(event["content"][second]) == ["m.read.private"]


def test_a_marker_may_be_set_as_a_receipt(talk: Talk) -> None:
    _, alice, bob, room = talk
    said = alice.sends(room, "hello")

    bob.post(f"/v3/rooms/{room}/receipt/m.fully_read/{said}")

    path = f"/v3/user/{bob.user_id}/rooms/{room}/account_data/m.fully_read"
    assert bob.get(path) == {"event_id": said}
    with pytest.raises(Refused) as refused:
        bob.post(f"/v3/rooms/{room}/receipt/m.fully_read/{said}", {"thread_id": "main"})
    assert refused.value.errcode == "M_INVALID_PARAM"


def test_a_marker_does_not_move_back(talk: Talk) -> None:
    _, alice, bob, room = talk
    first, second = alice.sends(room, "1"), alice.sends(room, "2")
    marks(bob, room, fully_read=second)
    bob.syncs()

    marks(bob, room, fully_read=first)

    assert fully_read(bob.syncs(), room) == []


@pytest.mark.parametrize("event_id", ["", "\0", "$" + "x" * 3000])
def test_what_is_no_event_is_not_found(talk: Talk, event_id: str) -> None:
    _, _, bob, room = talk

    with pytest.raises(Refused) as refused:
        marks(bob, room, fully_read=event_id)

    assert (refused.value.status, refused.value.errcode) == (404, "M_NOT_FOUND")


def test_of_several_markers_all_move_or_none(talk: Talk) -> None:
    _, alice, bob, room = talk
    said = alice.sends(room, "hello")

    with pytest.raises(Refused) as refused:
        marks(bob, room, fully_read=said, read="$nothing")

    assert refused.value.errcode == "M_NOT_FOUND"
    assert fully_read(bob.syncs(), room) == []


@pytest.mark.parametrize("body", [{"m.read": 3}, {"m.fully_read": []}])
def test_wrong_markers_are_refused(talk: Talk, body: dict[str, Any]) -> None:
    _, _, bob, room = talk

    with pytest.raises(Refused) as refused:
        bob.post(f"/v3/rooms/{room}/read_markers", body)

    assert refused.value.errcode == "M_BAD_JSON"


def test_strangers_set_no_markers(talk: Talk) -> None:
    server, _, _, room = talk

    with pytest.raises(Refused) as refused:
        marks(server.person("mallory"), room)

    assert refused.value.errcode == "M_FORBIDDEN"
