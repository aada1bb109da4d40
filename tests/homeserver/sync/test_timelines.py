"""Which events of a room a sync shows, and how a client gets at the others."""

import json
from typing import Any

import pytest

from tests.people import JsonObject, Person, Server

Talk = tuple[Person, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.syncs()
    return alice, bob, room


def limited_to(limit: int, **others: Any) -> JsonObject:
    return {"room": {"timeline": {"limit": limit, **others}}}


def ids(chunk: list[JsonObject]) -> list[str]:
    return [event["event_id"] for event in chunk]


def test_a_first_sync_shows_the_newest_events_in_order(talk: Talk) -> None:
    alice, bob, room = talk
    sent = [alice.sends(room, str(n)) for n in range(12)]

    entry = bob.syncs(since="").room(room)

    assert ids(entry["timeline"]["events"]) == sent[-10:]
    assert entry["timeline"]["limited"]


def test_a_short_gap_is_told_whole(talk: Talk) -> None:
    alice, bob, room = talk
    since = bob.since
    sent = [alice.sends(room, str(n)) for n in range(10)]

    timeline = bob.syncs().room(room)["timeline"]

    assert ids(timeline["events"]) == sent
    assert not timeline["limited"]
    assert timeline["prev_batch"] == since


@pytest.mark.parametrize("missed", [11, 60])
def test_a_client_pages_back_over_a_gap_without_loss_or_repeat(talk: Talk, missed: int) -> None:
    alice, bob, room = talk
    since = bob.since
    sent = [alice.sends(room, str(n)) for n in range(missed)]

    timeline = bob.syncs().room(room)["timeline"]
    assert timeline["limited"]
    path = f"/v3/rooms/{room}/messages"
    page = bob.get(path, dir="b", limit=100, to=since, **{"from": timeline["prev_batch"]})

    assert ids(page["chunk"])[::-1] + ids(timeline["events"]) == sent


@pytest.mark.parametrize(("asked", "limit"), [(0, 1), (1, 1), (3, 3)])
def test_a_filter_says_how_many_events_are_wanted(talk: Talk, asked: int, limit: int) -> None:
    """Nobody may want none: servers take the least that is allowed."""
    alice, bob, room = talk
    sent = [alice.sends(room, str(n)) for n in range(5)]
    alice.sets(room, "m.room.topic", {"topic": "later"})

    timeline = bob.syncs(filter=limited_to(asked)).room(room)["timeline"]

    assert len(timeline["events"]) == limit
    assert timeline["limited"]
    page = bob.get(
        f"/v3/rooms/{room}/messages",
        dir="b",
        limit=5 - limit + 1,
        **{"from": timeline["prev_batch"]},
    )
    assert ids(page["chunk"])[-1] == sent[0]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"types": ["m.room.message"]}, ["one", "three"]),
        ({"types": ["m.*"], "not_types": ["m.room.topic"]}, ["one", "three"]),
        ({"not_types": ["*"]}, []),
        ({"senders": ["@bob:test"]}, ["three"]),
        ({"not_senders": ["@bob:test"]}, ["one", "two"]),
        ({"contains_url": True}, []),
    ],
)
def test_a_filter_says_which_events_are_wanted(
    talk: Talk, wanted: JsonObject, told: list[str]
) -> None:
    alice, bob, room = talk
    alice.sends(room, "one")
    alice.sets(room, "m.room.topic", {"topic": "two"})
    bob.sends(room, "three")

    events = bob.syncs(filter={"room": {"timeline": wanted}}).events(room)

    assert [e["content"].get("body") or e["content"]["topic"] for e in events] == told


def test_wanted_events_are_found_behind_many_others(talk: Talk) -> None:
    alice, bob, room = talk
    wanted = alice.sends(room, "needle")
    for n in range(30):
        alice.sends_event(room, "org.example.hay", {"n": n})

    sync = bob.syncs(filter=limited_to(5, types=["m.room.message"]))

    assert sync.timeline(room) == [wanted]
    assert not sync.room(room)["timeline"]["limited"]


def test_rooms_are_wanted_or_not_for_the_timeline_alone(talk: Talk) -> None:
    alice, bob, room = talk
    alice.sends(room, "hello")
    alice.sets(room, "m.room.topic", {"topic": "told"})

    sync = bob.syncs(filter={"room": {"timeline": {"not_rooms": [room]}}})

    assert sync.events(room) == []
    (topic,) = sync.room(room)["state"]["events"]
    assert topic["content"] == {"topic": "told"}


@pytest.mark.parametrize("which", [{"rooms": ["!other:test"]}, {"not_rooms": None}, {"rooms": []}])
def test_rooms_are_wanted_or_not(talk: Talk, which: JsonObject) -> None:
    alice, bob, room = talk
    alice.sends(room, "hello")
    wanted = {name: [room] if rooms is None else rooms for name, rooms in which.items()}

    assert not bob.syncs(filter={"room": wanted})


def test_events_are_wanted_for_what_relates_to_them(talk: Talk) -> None:
    alice, bob, room = talk
    root = alice.sends(room, "root")
    alice.sends(room, "lonely")
    relates_to = {"rel_type": "m.thread", "event_id": root}
    reply: JsonObject = {"m.relates_to": relates_to}
    bob.sends(room, "reply", **reply)

    for wanted in (
        {"related_by_rel_types": ["m.thread"]},
        {"related_by_senders": [bob.user_id]},
    ):
        sync = bob.syncs(filter={"room": {"timeline": wanted}}, since="s1")
        assert sync.timeline(room) == [root]


def test_messages_of_ignored_people_are_left_out_but_not_their_state(talk: Talk) -> None:
    alice, bob, room = talk
    bob.put(
        f"/v3/user/{bob.user_id}/account_data/m.ignored_user_list",
        {"ignored_users": {alice.user_id: {}}},
    )
    bob.syncs()
    alice.sends(room, "noise")
    topic = alice.sets(room, "m.room.topic", {"topic": "told"})

    assert bob.syncs().timeline(room) == [topic]

    bob.put(f"/v3/user/{bob.user_id}/account_data/m.ignored_user_list", {"ignored_users": {}})
    sent = alice.sends(room, "heard again")
    assert bob.syncs().timeline(room) == [sent]


def test_who_joins_sees_what_is_shared_from_before(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    sent = [alice.sends(room, str(n)) for n in range(3)]
    bob.syncs()
    bob.joins(room)

    sync = bob.syncs()

    assert sync.timeline(room)[-4:-1] == sent
    memberships = [event["unsigned"]["membership"] for event in sync.events(room)]
    assert memberships[-4:] == ["leave"] * 3 + ["join"]


def test_who_comes_back_is_told_what_happened_meanwhile_once(talk: Talk) -> None:
    alice, bob, room = talk
    bob.leaves(room)
    bob.syncs()
    sent = alice.sends(room, "meanwhile")
    bob.joins(room)

    sync = bob.syncs()

    assert sync.timeline(room)[0] == sent
    assert [event["type"] for event in sync.events(room)] == ["m.room.message", "m.room.member"]


def test_a_change_of_ones_name_is_no_new_room(talk: Talk) -> None:
    _, bob, room = talk
    bob.put(f"/v3/profile/{bob.user_id}/displayname", {"displayname": "Robert"})

    entry = bob.syncs().room(room)

    assert [event["content"]["displayname"] for event in entry["timeline"]["events"]] == ["Robert"]
    assert entry["state"]["events"] == []


def test_redacted_events_are_shown_without_their_content(talk: Talk) -> None:
    alice, bob, room = talk
    sent = alice.sends(room, "secret")
    redaction = alice.redacts(room, sent)

    events = bob.syncs().events(room)

    assert ids(events) == [sent, redaction]
    assert events[0]["content"] == {}
    assert events[0]["unsigned"]["redacted_because"]["event_id"] == redaction


def test_the_federation_format_of_a_redacted_event_hides_its_content_too(talk: Talk) -> None:
    alice, bob, room = talk
    alice.redacts(room, alice.sends(room, "secret"))

    sync = bob.ask("GET", "/v3/sync", since=bob.since, filter={"event_format": "federation"})

    _, _, body = sync.raw()
    assert b"secret" not in body
    assert b'"auth_events"' in body


def test_an_edit_comes_with_the_event_it_edits(talk: Talk) -> None:
    alice, bob, room = talk
    sent = alice.sends(room, "helo")
    replacement: JsonObject = {
        "m.new_content": {"msgtype": "m.text", "body": "hello"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": sent},
    }
    edit = alice.sends(room, "* hello", **replacement)

    original, edited = bob.syncs().events(room)

    assert original["unsigned"]["m.relations"]["m.replace"]["event_id"] == edit
    assert edited["event_id"] == edit


def test_only_the_device_that_sent_an_event_finds_its_transaction_id(talk: Talk) -> None:
    alice, bob, room = talk
    phone = alice.logs_in()
    alice.syncs()
    phone.syncs()
    alice.sends(room, "hello", txn="mine")

    (told,) = alice.syncs().events(room)
    assert told["unsigned"]["transaction_id"] == "mine"
    for other in (phone, bob):
        (told,) = other.syncs().events(room)
        assert "transaction_id" not in told["unsigned"]


def test_fields_of_events_are_picked(talk: Talk) -> None:
    alice, bob, room = talk
    alice.sends(room, "hello")

    exchange = bob.ask(
        "GET", "/v3/sync", since=bob.since, filter={"event_fields": ["type", "content.body"]}
    )

    _, _, body = exchange.raw()
    (event,) = json.loads(body)["rooms"]["join"][room]["timeline"]["events"]
    assert event["content"] == {"body": "hello"}
    assert "unsigned" not in event


def test_a_new_device_of_who_comes_back_finds_the_way_to_what_was_before(talk: Talk) -> None:
    alice, bob, room = talk
    before = alice.sends(room, "before")
    bob.leaves(room)
    phone = bob.logs_in()
    assert phone.syncs().room(room) == {}
    bob.joins(room)

    timeline = phone.syncs().room(room)["timeline"]

    assert timeline["limited"]
    page = phone.get(
        f"/v3/rooms/{room}/messages", dir="b", limit=2, **{"from": timeline["prev_batch"]}
    )
    assert ids(page["chunk"])[1] == before
