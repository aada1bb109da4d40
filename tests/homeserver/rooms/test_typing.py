from typing import Any

import pytest

from tests.people import Person, Refused, Server, Sync

Talk = tuple[Server, Person, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    alice.syncs()
    return server, alice, bob, room


def types(person: Person, room: str, typing: object = True, **body: Any) -> None:
    person.put(f"/v3/rooms/{room}/typing/{person.user_id}", {"typing": typing, **body})


def typing(sync: Sync, room: str) -> list[list[str]]:
    events = sync.room(room).get("ephemeral", {}).get("events", [])
    return [event["content"]["user_ids"] for event in events if event["type"] == "m.typing"]


def test_others_see_who_types_and_who_stops(talk: Talk) -> None:
    _, alice, bob, room = talk
    waiting = alice.starts_sync()
    types(bob, room)
    assert typing(waiting.answer(), room) == [[bob.user_id]]

    types(bob, room, False)

    assert typing(alice.syncs(), room) == [[]]
    assert not alice.syncs()


def test_typing_ends_by_itself(talk: Talk) -> None:
    server, alice, bob, room = talk
    types(bob, room, timeout=5000)
    alice.syncs()
    waiting = alice.starts_sync()

    server.clock.advance(4.9)
    assert not waiting.is_answered
    server.clock.advance(0.2)

    assert typing(waiting.answer(), room) == [[]]


def test_going_on_is_no_news_but_lasts_longer(talk: Talk) -> None:
    server, alice, bob, room = talk
    types(bob, room, timeout=5000)
    alice.syncs()
    waiting = alice.starts_sync()

    server.clock.advance(4)
    types(bob, room, timeout=5000)
    server.clock.advance(4)

    assert not waiting.is_answered


def test_no_timeout_lasts_for_ever(talk: Talk) -> None:
    server, alice, bob, room = talk
    types(bob, room, timeout=10**12)
    alice.syncs()

    server.clock.advance(121)

    assert typing(alice.syncs(), room) == [[]]


def test_who_leaves_types_no_longer(talk: Talk) -> None:
    _, alice, bob, room = talk
    types(bob, room)
    alice.syncs()

    bob.leaves(room)

    assert typing(alice.syncs(), room) == [[]]


def test_a_first_sync_shows_who_types_now(talk: Talk) -> None:
    _, alice, bob, room = talk
    types(bob, room)
    assert typing(bob.syncs(), room) == [[bob.user_id]]

    types(bob, room, False)

    assert typing(alice.logs_in().syncs(), room) == []


def test_ignored_people_are_not_seen_typing(talk: Talk) -> None:
    _, alice, bob, room = talk
    path = f"/v3/user/{alice.user_id}/account_data/m.ignored_user_list"
    alice.put(path, {"ignored_users": {bob.user_id: {}}})

    types(bob, room)

    assert typing(alice.syncs(), room) == [[]]


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({}, "M_MISSING_PARAM"),
        ({"typing": "yes"}, "M_BAD_JSON"),
        ({"typing": True, "timeout": "1"}, "M_BAD_JSON"),
    ],
)
def test_wrong_requests_are_refused(talk: Talk, body: dict[str, Any], errcode: str) -> None:
    _, _, bob, room = talk

    with pytest.raises(Refused) as refused:
        bob.put(f"/v3/rooms/{room}/typing/{bob.user_id}", body)

    assert refused.value.errcode == errcode


def test_only_members_type_and_only_for_themselves(talk: Talk) -> None:
    server, _, bob, room = talk
    mallory = server.person("mallory")

    for path in (mallory.user_id, bob.user_id):
        with pytest.raises(Refused) as refused:
            mallory.put(f"/v3/rooms/{room}/typing/{path}", {"typing": True})
        assert refused.value.errcode == "M_FORBIDDEN"
