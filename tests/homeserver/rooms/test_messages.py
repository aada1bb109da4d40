from typing import Any

import pytest

from tests.people import Person, Refused, Server

Talk = tuple[Server, Person, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    return server, alice, bob, room


def page(person: Person, room: str, **query: Any) -> dict[str, Any]:
    if "start" in query:
        query["from"] = query.pop("start")
    return person.get(f"/v3/rooms/{room}/messages", **{"dir": "b", **query})


def ids(events: list[dict[str, Any]]) -> list[str]:
    return [event["event_id"] for event in events]


def texts(events: list[dict[str, Any]]) -> list[str]:
    return [e["content"]["body"] for e in events if e["type"] == "m.room.message"]


def all_pages(person: Person, room: str, **query: Any) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while True:
        answer = page(person, room, **query)
        events += answer["chunk"]
        if "end" not in answer:
            return events
        query["start"] = answer["end"]


def refused(person: Person, path: str, **query: Any) -> tuple[int, str | None]:
    with pytest.raises(Refused) as found:
        person.get(path, **query)
    return found.value.status, found.value.errcode


def test_pages_back_to_the_beginning_leave_nothing_out(talk: Talk) -> None:
    _, alice, bob, room = talk
    sent = [alice.sends(room, str(n)) for n in range(25)]

    found = all_pages(bob, room, limit=4)

    assert ids(found)[:25] == sent[::-1]
    assert found[-1]["type"] == "m.room.create"
    assert len(set(ids(found))) == len(found)


def test_pages_forward_are_the_same_in_order(talk: Talk) -> None:
    _, alice, bob, room = talk
    for n in range(9):
        alice.sends(room, str(n))

    forward = all_pages(bob, room, dir="f", limit=4)

    assert ids(forward) == ids(all_pages(bob, room, limit=100))[::-1]


def test_a_page_goes_on_where_a_sync_began(talk: Talk) -> None:
    _, alice, bob, room = talk
    sent = [alice.sends(room, str(n)) for n in range(15)]
    bob.filter = '{"room":{"timeline":{"limit":5}}}'
    sync = bob.syncs()
    assert sync.timeline(room) == sent[10:]

    start = sync.room(room)["timeline"]["prev_batch"]

    assert ids(page(bob, room, start=start, limit=5)["chunk"]) == sent[9:4:-1]
    assert ids(page(bob, room, start=start, dir="f", limit=3)["chunk"]) == sent[10:13]


def test_a_page_ends_at_the_token_it_was_given(talk: Talk) -> None:
    _, alice, bob, room = talk
    alice.sends(room, "old")
    bob.syncs()
    stop = bob.since
    new = [alice.sends(room, "new"), alice.sends(room, "newer")]

    answer = page(bob, room, to=stop)

    assert ids(answer["chunk"]) == new[::-1]
    assert "end" not in answer


def test_a_filter_is_obeyed_over_many_pages(talk: Talk) -> None:
    _, alice, bob, room = talk
    rare = alice.sends_event(room, "org.rare", {})
    for n in range(30):
        alice.sends(room, str(n))

    found = all_pages(bob, room, limit=3, filter={"types": ["org.rare"]})

    assert ids(found) == [rare]


def test_only_events_that_others_relate_to_are_found(talk: Talk) -> None:
    _, alice, bob, room = talk
    root = alice.sends(room, "lunch?")
    relation = {"rel_type": "m.thread", "event_id": root}
    bob.sends_event(room, "m.room.message", {"body": "yes", "m.relates_to": relation})

    for wanted in ({"related_by_rel_types": ["m.thread"]}, {"related_by_senders": [bob.user_id]}):
        assert ids(page(alice, room, filter=wanted)["chunk"]) == [root]
    assert page(alice, room, filter={"related_by_senders": [alice.user_id]})["chunk"] == []


def test_relations_that_cannot_be_find_nothing(talk: Talk) -> None:
    _, alice, _, room = talk

    for wanted in ({"related_by_rel_types": ["\0"]}, {"related_by_senders": ["@\0"]}):
        assert page(alice, room, filter=wanted)["chunk"] == []


def test_lazy_loading_brings_those_who_speak(talk: Talk) -> None:
    _, alice, bob, room = talk
    bob.sends(room, "hello")

    answer = page(alice, room, limit=1, filter={"lazy_load_members": True})

    assert [e["state_key"] for e in answer["state"]] == [bob.user_id]


def test_only_the_sending_device_gets_its_transaction_id(talk: Talk) -> None:
    _, alice, bob, room = talk
    alice.sends(room, "hello", txn="mine")

    for person, known in ((alice, "mine"), (alice.logs_in(), None), (bob, None)):
        (event,) = page(person, room, limit=1)["chunk"]
        assert event["unsigned"].get("transaction_id") == known


def test_who_has_left_reads_up_to_the_leaving(talk: Talk) -> None:
    _, alice, bob, room = talk
    alice.sends(room, "before")
    bob.leaves(room)
    after = alice.sends(room, "after")

    assert texts(all_pages(bob, room)) == ["before"]
    assert refused(bob, f"/v3/rooms/{room}/event/{after}") == (404, "M_NOT_FOUND")


def test_who_has_forgotten_a_room_reads_it_no_more(talk: Talk) -> None:
    _, _, bob, room = talk
    bob.leaves(room)
    bob.post(f"/v3/rooms/{room}/forget")

    assert refused(bob, f"/v3/rooms/{room}/messages", dir="b") == (403, "M_FORBIDDEN")


def test_strangers_and_the_invited_read_nothing(talk: Talk) -> None:
    server, alice, _, room = talk
    mallory, carol = server.people("mallory", "carol")
    alice.invites(room, carol)

    for person in (mallory, carol):
        assert refused(person, f"/v3/rooms/{room}/messages", dir="b") == (403, "M_FORBIDDEN")


def test_a_room_open_to_the_world_is_read_by_anybody(talk: Talk) -> None:
    server, alice, _, room = talk
    alice.sends(room, "hidden")
    alice.sets(room, "m.room.history_visibility", {"history_visibility": "world_readable"})
    alice.sends(room, "hello, world")
    stranger = server.person("stranger")

    found = all_pages(stranger, room)

    assert texts(found) == ["hello, world"]
    assert {event["unsigned"]["membership"] for event in found} == {"leave"}


def test_what_was_said_before_a_join_is_hidden_if_the_room_says_so(talk: Talk) -> None:
    server, alice, _, room = talk
    alice.sets(room, "m.room.history_visibility", {"history_visibility": "joined"})
    hidden = alice.sends(room, "hidden")
    carol = server.person("carol")
    carol.joins(room)
    alice.sends(room, "shown")

    assert texts(all_pages(carol, room)) == ["shown"]
    assert refused(carol, f"/v3/rooms/{room}/context/{hidden}") == (404, "M_NOT_FOUND")


def test_ignored_people_are_not_heard(talk: Talk) -> None:
    _, alice, bob, room = talk
    bob.sends(room, "buy my shoes")
    path = f"/v3/user/{alice.user_id}/account_data/m.ignored_user_list"
    alice.put(path, {"ignored_users": {bob.user_id: {}}})

    found = all_pages(alice, room)

    assert texts(found) == []
    assert bob.user_id in {event["sender"] for event in found}


def test_the_context_of_an_event_is_what_stands_around_it(talk: Talk) -> None:
    _, alice, bob, room = talk
    sent = [alice.sends(room, str(n)) for n in range(9)]

    answer = bob.get(f"/v3/rooms/{room}/context/{sent[4]}", limit=4)

    assert answer["event"]["event_id"] == sent[4]
    assert ids(answer["events_before"]) == [sent[3], sent[2]]
    assert ids(answer["events_after"]) == [sent[5], sent[6]]
    assert ids(page(bob, room, start=answer["start"], limit=1)["chunk"]) == [sent[1]]
    assert ids(page(bob, room, start=answer["end"], dir="f", limit=1)["chunk"]) == [sent[7]]
    assert "m.room.create" in {event["type"] for event in answer["state"]}


def test_a_context_of_nothing_is_the_event_alone(talk: Talk) -> None:
    _, alice, bob, room = talk
    said = alice.sends(room, "hello")
    filter = {"lazy_load_members": True}

    answer = alice.get(f"/v3/rooms/{room}/context/{said}", limit=0, filter=filter)

    assert (answer["events_before"], answer["events_after"]) == ([], [])
    members = {e["state_key"] for e in answer["state"] if e["type"] == "m.room.member"}
    assert members == {alice.user_id} != {bob.user_id}


def test_a_context_shows_the_state_of_its_time(talk: Talk) -> None:
    _, alice, bob, room = talk
    alice.sets(room, "m.room.name", {"name": "then"})
    said = alice.sends(room, "hello")
    alice.sets(room, "m.room.name", {"name": "now"})

    state = bob.get(f"/v3/rooms/{room}/context/{said}", limit=0)["state"]

    assert [e["content"]["name"] for e in state if e["type"] == "m.room.name"] == ["then"]


def test_a_redacted_event_keeps_its_place_without_its_words(talk: Talk) -> None:
    _, alice, bob, room = talk
    said = alice.sends(room, "oops")
    redaction = alice.redacts(room, said)

    for path in (f"/v3/rooms/{room}/event/{said}", f"/v3/events/{said}"):
        event = bob.get(path)
        assert event["content"] == {}
        assert event["unsigned"]["redacted_because"]["event_id"] == redaction


@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ({}, "M_MISSING_PARAM"),
        ({"dir": "x"}, "M_INVALID_PARAM"),
        ({"dir": "b", "limit": "many"}, "M_INVALID_PARAM"),
        ({"dir": "b", "from": "yesterday"}, "M_INVALID_PARAM"),
        ({"dir": "b", "filter": "{"}, "M_INVALID_PARAM"),
        ({"dir": "b", "filter": "[]"}, "M_INVALID_PARAM"),
        ({"dir": "b", "filter": {"types": 1}}, "M_INVALID_PARAM"),
    ],
)
def test_wrong_queries_are_refused(talk: Talk, query: dict[str, Any], errcode: str) -> None:
    _, alice, _, room = talk

    assert refused(alice, f"/v3/rooms/{room}/messages", **query) == (400, errcode)
