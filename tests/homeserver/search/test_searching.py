"""Searches through the public surface, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.outcomes import outcome
from tests.people import Person, Refused, Server

OPERATORS = """
" * ' \\ () - a|AND NEAR( words:x *** -x a'|'b !a:* r1 ?% NOT\\x a&AND words&:&x -&- !
"""

MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({}, "M_MISSING_PARAM"),
    ({"search_term": 5}, "M_BAD_JSON"),
    ({"search_term": "x", "keys": ["content.other"]}, "M_INVALID_PARAM"),
    ({"search_term": "x", "order_by": "age"}, "M_INVALID_PARAM"),
    ({"search_term": "x", "groupings": {"group_by": [{"key": "day"}]}}, "M_INVALID_PARAM"),
    ({"search_term": "x", "groupings": {"group_by": [[]]}}, "M_INVALID_PARAM"),
    ({"search_term": "x", "event_context": {"before_limit": -1}}, "M_INVALID_PARAM"),
    ({"search_term": "x", "filter": {"rooms": "all"}}, "M_BAD_JSON"),
]


def search(person: Person, term: str, next_batch: str = "", **criteria: Any) -> dict[str, Any]:
    body = {"search_categories": {"room_events": {"search_term": term, **criteria}}}
    query = {"next_batch": next_batch} if next_batch else {}
    answer = person.post("/v3/search", body, **query)
    found: dict[str, Any] = answer["search_categories"]["room_events"]
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [it["result"]["event_id"] for it in found["results"]]


def bodies(found: dict[str, Any]) -> list[str]:
    return [it["result"]["content"].get("body") for it in found["results"]]


def edits(person: Person, room: str, event_id: str, text: str) -> str:
    content = {
        "msgtype": "m.text",
        "body": f"* {text}",
        "m.new_content": {"msgtype": "m.text", "body": text},
        "m.relates_to": {"rel_type": "m.replace", "event_id": event_id},
    }
    return person.sends_event(room, "m.room.message", content)


def test_words_are_found_whatever_their_case_and_accents(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    hit = alice.sends(room, "The Café is open")
    alice.sends(room, "Nothing here")

    assert ids(search(alice, "cafe OPEN")) == [hit]
    found = search(alice, "CAFÉ")
    assert (ids(found), found["count"], found["highlights"]) == ([hit], 1, ["cafe"])
    assert found["results"][0]["result"]["room_id"] == room
    assert isinstance(found["results"][0]["rank"], float)


def test_a_word_finds_longer_ones_that_begin_with_it(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    hit = alice.sends(room, "two houses")
    alice.sends(room, "a penthouse")

    for term in ("hous", "house", "HOUSES"):
        assert ids(search(alice, term)) == [hit], term


def test_parts_of_texts_without_spaces_are_found(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    hit = alice.sends(room, "昨日、東京都へ行きました")
    other = alice.sends(room, "京は東の都")

    for term in ("東京", "京都", "東京都"):
        assert ids(search(alice, term)) == [hit], term
    assert set(ids(search(alice, "東"))) == {hit, other}


def test_operators_are_words_like_any_other(server: Server) -> None:
    alice = server.person("alice")
    alice.sends(alice.creates_room(), "something else")

    for operator in OPERATORS.split():
        term = operator.replace("&", " ")
        assert search(alice, term)["results"] == [], term


def test_the_newest_text_of_an_edited_message_is_found(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    message = alice.sends(room, "first thought")
    assert ids(search(alice, "thought")) == [message]
    edit = edits(alice, room, message, "second opinion")
    edits(bob, room, message, "forged")

    assert ids(search(alice, "opinion")) == [message]
    assert ids(search(alice, "thought")) == ids(search(alice, "forged")) == []
    alice.redacts(room, edit)
    assert ids(search(alice, "thought")) == [message]
    assert ids(search(alice, "opinion")) == []


def test_a_redacted_message_is_gone_at_once_and_for_good(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    message = alice.sends(room, "regrettable")
    assert ids(search(alice, "regrettable")) == [message]
    alice.redacts(room, message)

    assert ids(search(alice, "regrettable")) == []
    server.clock.advance(1)
    database = server.app.database
    rows: list[Any] = []
    database.read(lambda txn: txn.query("SELECT * FROM search_index")).addCallback(rows.extend)
    assert "regrettable" not in str(rows)


def test_names_and_topics_are_found_by_their_keys(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    name = alice.sets(room, "m.room.name", {"name": "Gardening"})
    topic = alice.sets(
        room,
        "m.room.topic",
        {"topic": "All about gardening", "m.topic": {"m.text": [{"body": "tulips"}]}},
    )
    message = alice.sends(room, "gardening is fun")

    assert set(ids(search(alice, "gardening"))) == {name, topic, message}
    assert ids(search(alice, "gardening", keys=["content.name"])) == [name]
    assert ids(search(alice, "tulips", keys=["content.topic"])) == [topic]
    assert ids(search(alice, "gardening", keys=["content.body"])) == [message]


def test_attachments_are_found_by_name_and_caption_and_replies_not_by_their_quote(
    server: Server,
) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    picture = alice.sends(room, "our holiday", msgtype="m.image", filename="beach.png")
    reply = {"m.in_reply_to": {"event_id": picture}}
    content = {"msgtype": "m.text", "body": "> <@a:b> quoted\n\nlovely", "m.relates_to": reply}
    answer = alice.sends_event(room, "m.room.message", content)

    assert ids(search(alice, "beach")) == ids(search(alice, "holiday")) == [picture]
    assert ids(search(alice, "lovely")) == [answer]
    assert ids(search(alice, "quoted")) == []


def test_nobody_finds_what_they_may_not_see(server: Server) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    room = alice.creates_room(
        preset="public_chat",
        initial_state=[
            {"type": "m.room.history_visibility", "content": {"history_visibility": "joined"}}
        ],
    )
    alice.sends(room, "secret before")
    bob.joins(room)
    during = alice.sends(room, "secret during")
    bob.leaves(room)
    alice.sends(room, "secret after")

    found = search(bob, "secret")
    assert (ids(found), found["count"]) == ([during], 1)
    assert search(mallory, "secret")["count"] == 0
    bob.post(f"/v3/rooms/{room}/forget")
    assert search(bob, "secret")["count"] == 0


def test_encrypted_rooms_are_left_out(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    alice.sends(room, "plain words")
    assert search(alice, "plain")["count"] == 1
    alice.sets(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    alice.sends(room, "plain again")

    assert search(alice, "plain")["count"] == 0


def test_ignored_people_are_not_found(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.sends(room, "buy now")
    content: dict[str, Any] = {"ignored_users": {bob.user_id: {}}}
    alice.put(f"/v3/user/{alice.user_id}/account_data/m.ignored_user_list", content)

    assert search(alice, "buy")["count"] == 0
    assert search(bob, "buy")["count"] == 1


def test_filters_choose_rooms_senders_types_and_urls(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    one, two = (alice.creates_room(preset="public_chat") for _ in range(2))
    bob.joins(one)
    a, b = alice.sends(one, "tea"), bob.sends(one, "tea", url="mxc://test/tea")
    c = alice.sends(two, "tea")
    d = alice.sets(two, "m.room.name", {"name": "tea"})

    def found(**filter: Any) -> set[str]:
        return set(ids(search(alice, "tea", filter=filter)))

    assert found() == {a, b, c, d}
    assert found(rooms=[one]) == {a, b}
    assert found(not_rooms=[one]) == {c, d}
    assert found(senders=[bob.user_id]) == {b}
    assert found(not_senders=[bob.user_id]) == {a, c, d}
    assert found(types=["m.room.name"]) == {d}
    assert found(contains_url=True) == {b}
    assert found(rooms=[]) == found(senders=["@nobody:test"]) == found(rooms=["!x:test"]) == set()


def test_results_come_by_rank_or_newest_first(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    best = alice.sends(room, "tea tea tea")
    weak = alice.sends(room, "some tea, with very many other words around the one that counts")
    alice.sends(room, "coffee")

    assert ids(search(alice, "tea")) == ids(search(alice, "tea", order_by="rank")) == [best, weak]
    assert ids(search(alice, "tea", order_by="recent")) == [weak, best]
    ranks = [it["rank"] for it in search(alice, "tea")["results"]]
    assert ranks == sorted(ranks, reverse=True)


def test_pages_join_without_gap_or_repetition_while_people_talk(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    sent = [alice.sends(room, f"tea {n}") for n in range(7)]

    pages, token = [], ""
    while True:
        found = search(alice, "tea", token, order_by="recent", filter={"limit": 3})
        pages.append(ids(found))
        assert found["count"] == 7
        alice.sends(room, "more tea")
        if "next_batch" not in found:
            break
        token = found["next_batch"]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [it for page in pages for it in page] == sent[::-1]


def test_groups_by_room_and_sender_have_pages_of_their_own(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    one, two = (alice.creates_room(preset="public_chat") for _ in range(2))
    bob.joins(one)
    first = [alice.sends(one, "tea") for _ in range(3)]
    other = bob.sends(one, "tea")
    last = alice.sends(two, "tea")
    options: dict[str, Any] = {
        "order_by": "recent",
        "filter": {"limit": 3},
        "groupings": {"group_by": [{"key": "room_id"}, {"key": "sender"}]},
    }

    groups = search(alice, "tea", **options)["groups"]
    assert groups["room_id"][two] == {"order": 1, "results": [last]}
    assert groups["room_id"][one]["results"] == [other, first[2]]
    assert set(groups["sender"]) == {alice.user_id, bob.user_id}
    assert groups["sender"][bob.user_id] == {"order": 2, "results": [other]}

    rest = search(alice, "tea", groups["room_id"][one]["next_batch"], **options)
    assert ids(rest) == [first[1], first[0]]
    more = search(alice, "tea", groups["sender"][alice.user_id]["next_batch"], **options)
    assert ids(more) == [first[1], first[0]]


def test_context_shows_what_was_said_around_and_by_whom(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    before = [bob.sends(room, f"before {n}") for n in range(3)]
    hit = alice.sends(room, "needle")
    after = [alice.sends(room, f"after {n}") for n in range(3)]
    alice.put(f"/v3/profile/{alice.user_id}/displayname", {"displayname": "Renamed"})

    wanted = {"before_limit": 2, "after_limit": 1, "include_profile": True}
    context = search(alice, "needle", event_context=wanted)["results"][0]["context"]
    assert [it["event_id"] for it in context["events_before"]] == [before[2], before[1]]
    assert [it["event_id"] for it in context["events_after"]] == [after[0]]
    names = {user: it["displayname"] for user, it in context["profile_info"].items()}
    assert names == {alice.user_id: "alice", bob.user_id: "bob"}
    older = alice.get(f"/v3/rooms/{room}/messages", dir="b", **{"from": context["start"]})
    assert older["chunk"][0]["event_id"] == before[0]
    assert search(alice, "needle", event_context={})["results"][0]["context"]["events_after"]
    plain = search(alice, "needle")
    assert ids(plain) == [hit]
    assert "context" not in plain["results"][0]


def test_the_state_of_rooms_comes_along_when_asked_for(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(name="The pub")
    alice.sends(room, "cheers")

    state = search(alice, "cheers", include_state=True)["state"]
    assert list(state) == [room]
    assert {"m.room.create", "m.room.name"} <= {event["type"] for event in state[room]}
    assert "state" not in search(alice, "cheers")


def test_malformed_searches_are_refused(server: Server) -> None:
    alice = server.person("alice")
    for criteria, errcode in MALFORMED:
        with pytest.raises(Refused) as refused:
            alice.post("/v3/search", {"search_categories": {"room_events": criteria}})
        assert (refused.value.status, refused.value.errcode) == (400, errcode), criteria


def test_tokens_that_nobody_gave_out_are_refused(server: Server) -> None:
    alice = server.person("alice")
    for token in ("x", "s1", "s1_x", "s1_2_day_x", "s1_2_3", "s²_1"):
        with pytest.raises(Refused) as refused:
            search(alice, "x", token)
        assert refused.value.errcode == "M_INVALID_PARAM", token


def test_other_categories_find_nothing(server: Server) -> None:
    answer = server.person("alice").post("/v3/search", {"search_categories": {}})
    assert answer == {"search_categories": {}}


def test_after_a_restart_the_index_goes_on_where_it_was(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    alice = server.person("alice")
    room = alice.creates_room()
    sent = [alice.sends(room, "tea") for _ in range(120)]
    search(alice, "tea")
    sent.append(alice.sends(room, "tea"))

    again = start_server()
    outcome(again.app.finding.start())
    again.clock.advance(0.6)
    for _ in range(5):
        again.clock.advance(0.1)
    person = Person(again, "alice", alice.token, alice.device_id)
    assert search(person, "tea")["count"] == len(sent)
