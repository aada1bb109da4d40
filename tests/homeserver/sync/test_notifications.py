"""GET /notifications."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.people import JsonObject, Person, Refused, Server


def listed(person: Person, **query: Any) -> list[str]:
    return ids(person.get("/v3/notifications", **query))


def ids(answer: JsonObject) -> list[str]:
    return [it["event"]["event_id"] for it in answer["notifications"]]


def a_room(*people: Person) -> str:
    first, *others = people
    room = first.creates_room(preset="public_chat")
    for other in others:
        other.joins(room)
    return room


def reads(person: Person, room: str, event_id: str, **body: Any) -> None:
    person.post(f"/v3/rooms/{quote(room)}/receipt/m.read/{quote(event_id)}", body)


def says(person: Person, room: str, text: str, more: JsonObject) -> str:
    message = {"msgtype": "m.text", "body": text, **more}
    return person.sends_event(room, "m.room.message", message)


def test_what_notified_is_listed_newest_first_over_all_rooms(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    one, two = a_room(alice, bob), a_room(alice, bob)
    sent = [alice.sends(room, "hello") for room in (one, two, one, one, two)]
    bob.sends(one, "mine")
    alice.sends_event(one, "m.reaction", {})

    answer = bob.get("/v3/notifications")

    assert ids(answer) == sent[::-1]
    first = answer["notifications"][0]
    assert first["room_id"] == two and first["ts"] == server.clock.now_ms()
    assert first["actions"] == ["notify", {"set_tweak": "sound", "value": "default"}]
    assert "next_token" not in answer


def test_pages_follow_one_another_without_gap_or_repetition(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    rooms = [a_room(alice, bob) for _ in range(3)]
    sent = [alice.sends(rooms[number % 3], str(number)) for number in range(50)]

    found: list[str] = []
    query: JsonObject = {"limit": 7}
    while True:
        answer = bob.get("/v3/notifications", **query)
        found += ids(answer)
        if "next_token" not in answer:
            break
        assert len(answer["notifications"]) == 7
        query["from"] = answer["next_token"]
        alice.sends(rooms[0], "meanwhile")

    assert found == sent[::-1]


def test_only_highlights_can_be_asked_for(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = a_room(alice, bob)
    alice.sends(room, "hello")
    mention = says(alice, room, "bob!", {"m.mentions": {"user_ids": [bob.user_id]}})

    assert listed(bob, only="highlight") == [mention]
    (told,) = bob.get("/v3/notifications", only="highlight")["notifications"]
    assert {"set_tweak": "highlight"} in told["actions"]


def test_what_has_been_read_is_marked_so_in_its_thread_too(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = a_room(alice, bob)
    root = alice.sends(room, "root")
    relation = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}
    in_thread = says(alice, room, "in thread", relation)
    main = alice.sends(room, "main")
    new = alice.sends(room, "new")

    reads(bob, room, main, thread_id="main")

    read = {it["event"]["event_id"]: it["read"] for it in notifications(bob)}
    assert read == {root: True, in_thread: False, main: True, new: False}
    reads(bob, room, in_thread, thread_id=root)
    read = {it["event"]["event_id"]: it["read"] for it in notifications(bob)}
    assert read == {root: True, in_thread: True, main: True, new: False}


def notifications(person: Person) -> list[JsonObject]:
    found: list[JsonObject] = person.get("/v3/notifications")["notifications"]
    return found


def test_invites_are_listed_and_what_was_before_a_join_or_is_redacted_is_not(
    server: Server,
) -> None:
    alice, bob = server.people("alice", "bob")
    room = a_room(alice)
    alice.sends(room, "before")
    bob.joins(room)
    gone = alice.sends(room, "gone")
    alice.redacts(room, gone)
    kept = alice.sends(room, "kept")
    other = alice.creates_room()
    alice.invites(other, bob)

    first, second = notifications(bob)
    assert (first["room_id"], first["event"]["content"]["membership"]) == (other, "invite")
    assert second["event"]["event_id"] == kept


def test_the_users_own_rules_and_ignored_people_count(server: Server) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    room = a_room(alice, bob, carol)
    alice.sends(room, "quiet")
    loud = alice.sends(room, "cake")
    carol.sends(room, "cake")
    bob.put("/v3/pushrules/global/content/cake", {"pattern": "cake", "actions": ["notify"]})
    bob.put(f"/v3/pushrules/global/room/{quote(room)}", {"actions": []})
    ignored: JsonObject = {"ignored_users": {carol.user_id: {}}}
    bob.put(f"/v3/user/{bob.user_id}/account_data/m.ignored_user_list", ignored)

    assert listed(bob) == [loud]


def test_what_is_a_month_old_is_not_told_any_more(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = a_room(alice, bob)
    alice.sends(room, "old")
    server.clock.advance(31 * 24 * 3600)
    new = alice.sends(room, "new")

    assert listed(bob) == [new]


@pytest.mark.parametrize("token", ["x", "s1", "n", "n-1", "n1" * 20])
def test_a_token_that_was_never_given_is_refused(server: Server, token: str) -> None:
    alice = server.person("alice")

    with pytest.raises(Refused) as refused:
        alice.get("/v3/notifications", **{"from": token})

    assert refused.value.errcode == "M_INVALID_PARAM"
