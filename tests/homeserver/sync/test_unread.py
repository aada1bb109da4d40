"""How much somebody has not read, and what of it is for them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.people import JsonObject, Person, Server

Talk = tuple[Person, Person, str]
BY_THREAD = {"room": {"timeline": {"unread_thread_notifications": True}}}


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    return alice, bob, room


def counts(person: Person, room: str) -> tuple[int, int]:
    """Notifications and highlights, in the room with its threads."""
    return pair(person.syncs(full_state=True).room(room)["unread_notifications"])


def by_thread(person: Person, room: str) -> dict[str, tuple[int, int]]:
    """The same for the main timeline and each thread."""
    entry = person.syncs(full_state=True, filter=BY_THREAD).room(room)
    threads = entry["unread_thread_notifications"]
    return {
        "main": pair(entry["unread_notifications"]),
        **{root: pair(thread) for root, thread in threads.items()},
    }


def pair(counts: JsonObject) -> tuple[int, int]:
    return counts["notification_count"], counts["highlight_count"]


def reads(person: Person, room: str, event_id: str, kind: str = "m.read", **body: Any) -> None:
    person.post(f"/v3/rooms/{room}/receipt/{kind}/{event_id}", body)


def replies(person: Person, room: str, root: str, **content: Any) -> str:
    relates_to = {"rel_type": "m.thread", "event_id": root}
    return person.sends(room, "reply", **{"m.relates_to": relates_to, **content})


def mentioning(*people: Person) -> JsonObject:
    return {"m.mentions": {"user_ids": [person.user_id for person in people]}}


def set_rule(person: Person, kind: str, rule: str, **body: Any) -> None:
    person.put(f"/v3/pushrules/global/{kind}/{rule}", body)


def keeps_the_default_rules(person: Person) -> None:
    """So that counts come from running numbers."""


def has_own_rules(person: Person) -> None:
    """So that each event is evaluated."""
    set_rule(person, "content", "cake", pattern="cake", actions=["notify"])


rules = pytest.mark.parametrize("rules", [keeps_the_default_rules, has_own_rules])


@rules
def test_messages_of_others_count_until_read(talk: Talk, rules: Callable[[Person], None]) -> None:
    alice, bob, room = talk
    rules(bob)
    first, second = (alice.sends(room, str(n)) for n in range(2))
    assert counts(bob, room) == (2, 0)

    reads(bob, room, first)
    assert counts(bob, room) == (1, 0)
    reads(bob, room, second, "m.read.private")
    assert counts(bob, room) == (0, 0)


@rules
def test_counts_go_on_from_sync_to_sync(talk: Talk, rules: Callable[[Person], None]) -> None:
    alice, bob, room = talk
    rules(bob)
    for n in range(1, 4):
        alice.sends(room, str(n))
        assert pair(bob.syncs().room(room)["unread_notifications"]) == (n, 0)
    alice.sends_event(room, "org.example.quiet", {})
    assert pair(bob.syncs().room(room)["unread_notifications"]) == (3, 0)


@rules
def test_who_sends_has_read(talk: Talk, rules: Callable[[Person], None]) -> None:
    alice, bob, room = talk
    rules(bob)
    alice.sends(room, "one")
    assert counts(bob, room) == (1, 0)
    bob.sends(room, "two")
    assert counts(bob, room) == (0, 0)
    alice.sends(room, "three")
    assert counts(bob, room) == (1, 0)


@rules
def test_what_does_not_notify_does_not_count(talk: Talk, rules: Callable[[Person], None]) -> None:
    alice, bob, room = talk
    rules(bob)
    sent = alice.sends(room, "one")
    alice.sends(room, "beep", msgtype="m.notice")
    relates_to = {"rel_type": "m.annotation", "event_id": sent, "key": "+"}
    alice.sends_event(room, "m.reaction", {"m.relates_to": relates_to})
    alice.sets(room, "m.room.topic", {"topic": "quiet"})

    assert counts(bob, room) == (1, 0)


@rules
def test_mentions_are_highlights(talk: Talk, rules: Callable[[Person], None]) -> None:
    alice, bob, room = talk
    rules(bob)
    alice.sends(room, "all of you")
    alice.sends(room, "bob!", **mentioning(bob))

    assert counts(bob, room) == (2, 1)
    alice.sends(room, "bob?", **mentioning(bob))
    assert counts(bob, room) == (3, 2)


@rules
def test_only_who_may_can_highlight_everybody(talk: Talk, rules: Callable[[Person], None]) -> None:
    alice, bob, room = talk
    rules(alice)
    rules(bob)
    everybody: JsonObject = {"m.mentions": {"room": True}}

    bob.sends(room, "@room", **everybody)
    assert counts(alice, room) == (1, 0)
    alice.sends(room, "@room", **everybody)
    assert counts(bob, room) == (1, 1)


@rules
def test_redacted_messages_count_no_more(talk: Talk, rules: Callable[[Person], None]) -> None:
    alice, bob, room = talk
    rules(bob)
    alice.sends(room, "one")
    mention = alice.sends(room, "bob!", **mentioning(bob))
    assert counts(bob, room) == (2, 1)

    alice.redacts(room, mention)

    assert counts(bob, room) == (1, 0)
    reads(bob, room, mention)
    alice.sends(room, "three")
    assert counts(bob, room) == (1, 0)


def test_messages_of_ignored_people_do_not_count(talk: Talk) -> None:
    alice, bob, room = talk
    path = f"/v3/user/{bob.user_id}/account_data/m.ignored_user_list"
    alice.sends(room, "noise", **mentioning(bob))
    bob.put(path, {"ignored_users": {alice.user_id: {}}})
    assert counts(bob, room) == (0, 0)
    alice.sends(room, "noise", **mentioning(bob))
    assert counts(bob, room) == (0, 0)

    bob.put(path, {"ignored_users": {}})
    assert counts(bob, room) == (2, 2)


def test_a_muted_room_does_not_count(talk: Talk) -> None:
    alice, bob, room = talk
    other = alice.creates_room(preset="public_chat")
    bob.joins(other)
    set_rule(bob, "room", room, actions=[])
    for place in (room, other):
        alice.sends(place, "hello")

    assert counts(bob, room) == (0, 0)
    assert counts(bob, other) == (1, 0)


def test_keywords_highlight(talk: Talk) -> None:
    alice, bob, room = talk
    alice.sends(room, "there is cake")
    actions = ["notify", {"set_tweak": "highlight"}]
    set_rule(bob, "content", "cake", pattern="cake", actions=actions)
    assert counts(bob, room) == (1, 1)

    alice.sends(room, "more cake")
    assert counts(bob, room) == (2, 2)
    bob.delete("/v3/pushrules/global/content/cake")
    assert counts(bob, room) == (2, 0)


def test_what_came_before_one_joined_does_not_count(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    alice.sends(room, "before")
    bob.joins(room)
    alice.sends(room, "after")
    bob.put(f"/v3/profile/{bob.user_id}/displayname", {"displayname": "Robert"})

    assert counts(bob, room) == (1, 0)


@rules
def test_threads_are_counted_apart_if_asked_for(
    talk: Talk, rules: Callable[[Person], None]
) -> None:
    alice, bob, room = talk
    rules(bob)
    root = alice.sends(room, "root")
    reads(bob, room, root, thread_id="main")
    replies(alice, room, root)
    alice.sends(room, "not in the thread")
    replies(alice, room, root, **mentioning(bob))

    assert by_thread(bob, room) == {"main": (1, 0), root: (2, 1)}
    assert counts(bob, room) == (3, 1)


@rules
def test_threads_are_read_apart(talk: Talk, rules: Callable[[Person], None]) -> None:
    alice, bob, room = talk
    rules(bob)
    one, two = (alice.sends(room, name) for name in ("one", "two"))
    in_one = replies(alice, room, one)
    in_two = replies(alice, room, two)
    last = alice.sends(room, "last")
    assert by_thread(bob, room) == {"main": (3, 0), one: (1, 0), two: (1, 0)}

    reads(bob, room, in_one, thread_id=one)
    assert by_thread(bob, room) == {"main": (3, 0), two: (1, 0)}
    reads(bob, room, last, thread_id="main")
    assert by_thread(bob, room) == {"main": (0, 0), two: (1, 0)}
    assert counts(bob, room) == (1, 0)
    reads(bob, room, in_two)
    reads(bob, room, last)
    assert by_thread(bob, room) == {"main": (0, 0)}
    replies(alice, room, one)
    assert by_thread(bob, room) == {"main": (0, 0), one: (1, 0)}


@rules
def test_who_sends_into_a_thread_has_read_that_thread(
    talk: Talk, rules: Callable[[Person], None]
) -> None:
    alice, bob, room = talk
    rules(bob)
    root = alice.sends(room, "root")
    replies(alice, room, root)
    assert by_thread(bob, room) == {"main": (1, 0), root: (1, 0)}

    replies(bob, room, root)
    assert by_thread(bob, room) == {"main": (1, 0)}
    bob.sends(room, "read all the rest, too")
    replies(alice, room, root)
    assert by_thread(bob, room) == {"main": (0, 0), root: (1, 0)}


@rules
def test_redacted_replies_count_no_more(talk: Talk, rules: Callable[[Person], None]) -> None:
    alice, bob, room = talk
    rules(bob)
    root = alice.sends(room, "root")
    reply = replies(alice, room, root, **mentioning(bob))
    assert by_thread(bob, room) == {"main": (1, 0), root: (1, 1)}

    alice.redacts(room, reply)

    assert by_thread(bob, room) == {"main": (1, 0)}


@rules
def test_counts_are_the_same_after_a_restart(
    start_server: Callable[..., Server], rules: Callable[[Person], None]
) -> None:
    server = start_server()
    alice, bob = server.people("alice", "bob")
    rules(bob)
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    root = alice.sends(room, "root", **mentioning(bob))
    reply = replies(alice, room, root)
    bob.sends(room, "read")
    alice.redacts(room, alice.sends(room, "gone"))
    replies(alice, room, root, **mentioning(bob))
    alice.sends(room, "news")
    reads(bob, room, reply, thread_id=root)
    before = by_thread(bob, room)
    assert before == {"main": (1, 0), root: (1, 1)}

    server = start_server()
    bob = Person(server, "bob", bob.token, bob.device_id)

    assert by_thread(bob, room) == before
