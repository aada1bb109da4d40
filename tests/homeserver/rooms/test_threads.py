from typing import Any

import pytest

from homeserver.storage import thread_roots
from tests.people import Person, Refused, Server

Talk = tuple[Server, Person, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    return server, alice, bob, room


def answers(person: Person, room: str, root: str) -> str:
    relation = {"rel_type": "m.thread", "event_id": root}
    return person.sends_event(room, "m.room.message", {"body": "x", "m.relates_to": relation})


def threads(person: Person, room: str, **query: Any) -> list[str]:
    """All roots, page by page."""
    found: list[str] = []
    while True:
        page = person.get(f"/v1/rooms/{room}/threads", **query)
        found += [event["event_id"] for event in page["chunk"]]
        if "next_batch" not in page:
            return found
        query["from"] = page["next_batch"]


def test_the_thread_that_went_on_last_comes_first(talk: Talk) -> None:
    _, alice, bob, room = talk
    roots = [alice.sends(room, str(n)) for n in range(5)]
    for root in (*roots, roots[1]):
        answers(bob, room, root)

    expected = [roots[1], roots[4], roots[3], roots[2], roots[0]]
    assert threads(alice, room) == expected
    assert threads(alice, room, limit=2) == expected


def test_more_threads_than_memory_holds_are_all_found(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_roots, "KEPT", 3)
    _, alice, bob, room = talk
    roots = [alice.sends(room, str(n)) for n in range(5)]
    for root in roots:
        answers(bob, room, root)

    assert threads(alice, room, limit=2) == roots[::-1]
    answers(bob, room, roots[0])
    assert threads(alice, room, limit=2) == [roots[0], *roots[:0:-1]]


def test_roots_come_with_what_was_said_last(talk: Talk) -> None:
    _, alice, bob, room = talk
    root = alice.sends(room, "lunch?")
    last = answers(bob, room, root)

    (event,) = alice.get(f"/v1/rooms/{room}/threads")["chunk"]

    thread = event["unsigned"]["m.relations"]["m.thread"]
    assert (thread["count"], thread["latest_event"]["event_id"]) == (1, last)


def test_threads_that_one_took_part_in_can_be_had_alone(talk: Talk) -> None:
    _, alice, bob, room = talk
    by_alice, by_bob, with_bob = (p.sends(room, "root") for p in (alice, bob, alice))
    answers(alice, room, by_alice)
    answers(alice, room, by_bob)
    answers(bob, room, with_bob)

    assert threads(bob, room, include="participated") == [with_bob, by_bob]


def test_a_redacted_answer_takes_its_thread_back(talk: Talk) -> None:
    _, alice, bob, room = talk
    old, new = alice.sends(room, "old"), alice.sends(room, "new")
    answers(bob, room, old)
    only = answers(bob, room, new)
    later = answers(bob, room, old)
    assert threads(alice, room) == [old, new]

    bob.redacts(room, later)
    assert threads(alice, room) == [new, old]
    bob.redacts(room, only)

    assert threads(alice, room) == [old]


def test_a_root_by_somebody_ignored_is_shown_without_words(talk: Talk) -> None:
    server, alice, bob, room = talk
    mallory = server.person("mallory")
    mallory.joins(room)
    root, own = mallory.sends(room, "shoes"), mallory.sends(room, "more shoes")
    answers(bob, room, root)
    answers(mallory, room, own)
    path = f"/v3/user/{alice.user_id}/account_data/m.ignored_user_list"
    alice.put(path, {"ignored_users": {mallory.user_id: {}}})

    (event,) = alice.get(f"/v1/rooms/{room}/threads")["chunk"]

    assert (event["event_id"], event["content"]) == (root, {})


def test_strangers_see_no_threads(talk: Talk) -> None:
    server, _, _, room = talk

    with pytest.raises(Refused) as refused:
        threads(server.person("mallory"), room)

    assert refused.value.errcode == "M_FORBIDDEN"


@pytest.mark.parametrize("query", [{"from": "x"}, {"include": "some"}, {"limit": "few"}])
def test_wrong_queries_are_refused(talk: Talk, query: dict[str, str]) -> None:
    _, alice, _, room = talk

    with pytest.raises(Refused) as refused:
        threads(alice, room, **query)

    assert refused.value.errcode == "M_INVALID_PARAM"
