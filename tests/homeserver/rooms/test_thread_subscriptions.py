"""Threads that people follow, and what of them notifies."""

from typing import Any

import pytest

from tests.people import Person, Refused, Server

UNSTABLE = "/unstable/io.element.msc4306"
SYNC = {"room": {"timeline": {"unread_thread_notifications": True}}}


@pytest.fixture
def talk(server: Server) -> tuple[Person, Person, str, str]:
    """Alice, Bob, a room, and the root of a thread in it."""
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    return alice, bob, room, alice.sends(room, "a thread begins")


Talk = tuple[Person, Person, str, str]


def path(room: str, root: str) -> str:
    return f"{UNSTABLE}/rooms/{room}/thread/{root}/subscription"


def answers(person: Person, room: str, root: str, text: str = "an answer") -> str:
    relation = {"rel_type": "m.thread", "event_id": root}
    content = {"msgtype": "m.text", "body": text, "m.relates_to": relation}
    return person.sends_event(room, "m.room.message", content)


def refused(ask: Any, *arguments: Any) -> tuple[int, Any]:
    with pytest.raises(Refused) as error:
        ask(*arguments)
    return error.value.status, error.value.errcode


def test_a_thread_is_followed_and_let_go(talk: Talk) -> None:
    alice, _, room, root = talk
    assert refused(alice.get, path(room, root)) == (404, "M_NOT_FOUND")

    alice.put(path(room, root), {})
    assert alice.get(path(room, root)) == {"automatic": False}
    alice.delete(path(room, root))
    alice.delete(path(room, root))

    assert refused(alice.get, path(room, root)) == (404, "M_NOT_FOUND")


def test_a_choice_of_ones_own_stays_one(talk: Talk) -> None:
    alice, bob, room, root = talk
    mention = answers(bob, room, root)

    alice.put(path(room, root), {"automatic": mention})
    assert alice.get(path(room, root)) == {"automatic": True}
    alice.put(path(room, root), {})
    alice.put(path(room, root), {"automatic": mention})

    assert alice.get(path(room, root)) == {"automatic": False}


def test_who_let_go_is_brought_back_only_by_something_new(talk: Talk) -> None:
    alice, bob, room, root = talk
    before = answers(bob, room, root)
    alice.put(path(room, root), {})
    alice.delete(path(room, root))

    conflict = refused(alice.put, path(room, root), {"automatic": before})
    assert conflict == (409, "IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION")
    alice.put(path(room, root), {"automatic": answers(bob, room, root)})

    assert alice.get(path(room, root)) == {"automatic": True}


def test_only_the_thread_itself_is_a_reason(talk: Talk) -> None:
    alice, bob, room, root = talk
    elsewhere = bob.sends(room, "beside it")

    for event_id in (elsewhere, root, "$nothing"):
        assert refused(alice.put, path(room, root), {"automatic": event_id}) == (
            400,
            "IO.ELEMENT.MSC4306.M_NOT_IN_THREAD",
        )
    assert refused(alice.put, path(room, root), {"automatic": 5})[0] == 400


def test_strangers_find_no_thread(server: Server, talk: Talk) -> None:
    alice, _, room, root = talk
    mallory = server.person("mallory")

    for method in (mallory.get, mallory.put, mallory.delete):
        assert refused(method, path(room, root)) == (404, "M_NOT_FOUND")
    assert refused(alice.put, path(room, "$nothing")) == (404, "M_NOT_FOUND")


def thread_count(person: Person, room: str, root: str) -> int:
    person.since = ""
    counts = person.syncs(filter=SYNC).room(room).get("unread_thread_notifications", {})
    return int(counts.get(root, {}).get("notification_count", 0))


def test_from_the_first_subscription_only_followed_threads_notify(talk: Talk) -> None:
    alice, bob, room, root = talk
    other = bob.sends(room, "another thread begins")
    answers(alice, room, other)
    answers(bob, room, root), answers(bob, room, other)
    assert (thread_count(alice, room, root), thread_count(alice, room, other)) == (1, 1)

    alice.put(path(room, root), {})
    answers(bob, room, root), answers(bob, room, other)

    assert (thread_count(alice, room, root), thread_count(alice, room, other)) == (2, 0)
    rules = alice.get("/v3/pushrules/")["global"]["postcontent"]
    assert [(rule["rule_id"], rule["enabled"]) for rule in rules] == [
        (".io.element.msc4306.rule.unsubscribed_thread", True),
        (".io.element.msc4306.rule.subscribed_thread", True),
    ]
    assert not any(r["enabled"] for r in bob.get("/v3/pushrules/")["global"]["postcontent"])


def test_nobody_adds_rules_of_that_kind(talk: Talk) -> None:
    alice, *_ = talk

    status, _ = refused(
        alice.put, "/v3/pushrules/global/postcontent/mine", {"actions": [], "conditions": []}
    )

    assert status == 400


def test_changes_are_told_newest_first_in_pages(talk: Talk) -> None:
    alice, bob, room, root = talk
    roots = [root, *(bob.sends(room, str(number)) for number in range(4))]
    for it in roots:
        alice.put(path(room, it), {})
    alice.delete(path(room, root))

    page = alice.get("/unstable/io.element.msc4308/thread_subscriptions", dir="b", limit=3)
    assert list(page["unsubscribed"][room]) == [root]
    assert list(page["subscribed"][room]) == [roots[4], roots[3]]
    rest = alice.get(
        "/unstable/io.element.msc4308/thread_subscriptions", limit=3, **{"from": page["end"]}
    )

    assert list(rest["subscribed"][room]) == [roots[2], roots[1]]
    assert "end" not in rest and rest["unsubscribed"] == {}
