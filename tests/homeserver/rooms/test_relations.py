"""Bundled aggregations."""

from typing import Any

import pytest

from tests.people import Person, Server

Talk = tuple[Server, Person, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    return server, alice, bob, room


def bundled(person: Person, room: str, event_id: str) -> dict[str, Any]:
    event = person.get(f"/v3/rooms/{room}/event/{event_id}")
    relations: dict[str, Any] = event["unsigned"].get("m.relations", {})
    return relations


def edits(person: Person, room: str, event_id: str, text: str) -> str:
    content = {
        "msgtype": "m.text",
        "body": f"* {text}",
        "m.new_content": {"msgtype": "m.text", "body": text},
        "m.relates_to": {"rel_type": "m.replace", "event_id": event_id},
    }
    return person.sends_event(room, "m.room.message", content)


def relates(person: Person, room: str, event_id: str, kind: str, text: str = "x") -> str:
    return person.sends_event(
        room,
        "m.room.message",
        {
            "msgtype": "m.text",
            "body": text,
            "m.relates_to": {"rel_type": kind, "event_id": event_id},
        },
    )


def ignores(person: Person, other: Person) -> None:
    path = f"/v3/user/{person.user_id}/account_data/m.ignored_user_list"
    person.put(path, {"ignored_users": {other.user_id: {}}})


def test_an_event_tells_of_its_newest_edit(talk: Talk) -> None:
    _, alice, bob, room = talk
    said = alice.sends(room, "helo")
    edits(alice, room, said, "hallo")
    last = edits(alice, room, said, "hello")

    edit = bundled(bob, room, said)["m.replace"]

    assert edit["event_id"] == last
    assert edit["content"]["m.new_content"]["body"] == "hello"
    assert edit["sender"] == alice.user_id


def test_nobody_edits_what_others_say(talk: Talk) -> None:
    _, alice, bob, room = talk
    said = alice.sends(room, "hello")
    edits(bob, room, said, "goodbye")

    assert bundled(alice, room, said) == {}


def test_an_edit_of_another_type_or_without_new_content_is_none(talk: Talk) -> None:
    _, alice, _, room = talk
    said = alice.sends(room, "hello")
    relation = {"m.relates_to": {"rel_type": "m.replace", "event_id": said}}
    wrong: tuple[tuple[str, dict[str, Any]], ...]
    wrong = (("m.sticker", {"m.new_content": {}}), ("m.room.message", {}))
    for type, content in wrong:
        alice.sends_event(room, type, {"msgtype": "m.text", "body": "x", **content, **relation})

    assert bundled(alice, room, said) == {}


def test_an_edit_is_not_edited(talk: Talk) -> None:
    _, alice, _, room = talk
    said = alice.sends(room, "hello")
    edit = edits(alice, room, said, "hello there")
    edits(alice, room, edit, "hello again")

    assert bundled(alice, room, edit) == {}


def test_a_redacted_edit_gives_way_to_the_one_before(talk: Talk) -> None:
    _, alice, _, room = talk
    said = alice.sends(room, "a")
    first = edits(alice, room, said, "b")
    second = edits(alice, room, said, "c")

    alice.redacts(room, second)

    assert bundled(alice, room, said)["m.replace"]["event_id"] == first


def test_a_redacted_event_has_no_edits(talk: Talk) -> None:
    _, alice, _, room = talk
    said = alice.sends(room, "a")
    edits(alice, room, said, "b")

    alice.redacts(room, said)

    assert bundled(alice, room, said) == {}


def test_a_thread_tells_how_long_it_is_and_what_was_said_last(talk: Talk) -> None:
    _, alice, bob, room = talk
    root = alice.sends(room, "lunch?")
    relates(alice, room, root, "m.thread", "noon")
    last = relates(alice, room, root, "m.thread", "or one")
    edits(alice, room, last, "or two")

    thread = bundled(bob, room, root)["m.thread"]

    assert thread["count"] == 2
    assert thread["current_user_participated"] is False
    assert thread["latest_event"]["event_id"] == last
    edit = thread["latest_event"]["unsigned"]["m.relations"]["m.replace"]
    assert edit["content"]["m.new_content"]["body"] == "or two"


def test_what_was_told_of_an_event_changes_with_what_relates_to_it(talk: Talk) -> None:
    _, alice, bob, room = talk
    root = alice.sends(room, "lunch?")
    assert bundled(bob, room, root) == {}
    first = relates(alice, room, root, "m.thread", "noon")
    assert bundled(bob, room, root)["m.thread"]["count"] == 1

    second = relates(bob, room, root, "m.thread", "or one")
    edits(alice, room, root, "lunch today?")

    told = bundled(bob, room, root)
    assert told["m.thread"]["count"] == 2
    assert told["m.thread"]["latest_event"]["event_id"] == second
    assert told["m.replace"]["content"]["m.new_content"]["body"] == "lunch today?"

    bob.redacts(room, second)

    thread = bundled(bob, room, root)["m.thread"]
    assert (thread["count"], thread["latest_event"]["event_id"]) == (1, first)


def test_who_began_a_thread_or_spoke_in_it_took_part(talk: Talk) -> None:
    _, alice, bob, room = talk
    root = alice.sends(room, "lunch?")
    relates(bob, room, root, "m.thread", "yes")

    for person in (alice, bob):
        assert bundled(person, room, root)["m.thread"]["current_user_participated"] is True


def test_ignored_people_do_not_count(talk: Talk) -> None:
    server, alice, bob, room = talk
    mallory = server.person("mallory")
    mallory.joins(room)
    root = alice.sends(room, "lunch?")
    answer = relates(bob, room, root, "m.thread", "yes")
    relates(mallory, room, root, "m.thread", "buy my shoes")
    relates(mallory, room, root, "m.reference")

    ignores(alice, mallory)

    relations = bundled(alice, room, root)
    assert relations["m.thread"]["count"] == 1
    assert relations["m.thread"]["latest_event"]["event_id"] == answer
    assert "m.reference" not in relations


def test_references_are_listed_in_order_and_reactions_are_not_bundled(talk: Talk) -> None:
    _, alice, bob, room = talk
    said = alice.sends(room, "poll")
    one = relates(bob, room, said, "m.reference")
    two = relates(alice, room, said, "m.reference")
    relation = {"rel_type": "m.annotation", "event_id": said, "key": "+1"}
    bob.sends_event(room, "m.reaction", {"m.relates_to": relation})

    assert bundled(alice, room, said) == {
        "m.reference": {"chunk": [{"event_id": one}, {"event_id": two}]}
    }


def test_who_has_left_learns_of_no_later_edit(talk: Talk) -> None:
    _, alice, bob, room = talk
    said = alice.sends(room, "a")
    bob.leaves(room)
    edits(alice, room, said, "b")

    assert bundled(bob, room, said) == {}
    assert "m.replace" in bundled(alice, room, said)


def test_relations_across_rooms_are_none(talk: Talk) -> None:
    _, alice, _, room = talk
    said = alice.sends(room, "a")
    elsewhere = alice.creates_room()
    edits(alice, elsewhere, said, "b")

    assert bundled(alice, room, said) == {}


def test_a_first_sync_shows_what_relates(talk: Talk) -> None:
    _, alice, bob, room = talk
    said = alice.sends(room, "helo")
    last = edits(alice, room, said, "hello")

    (event,) = [e for e in bob.syncs().events(room) if e["event_id"] == said]

    assert event["unsigned"]["m.relations"]["m.replace"]["event_id"] == last
