from typing import Any

import pytest

from tests.people import Person, Refused, Server

Talk = tuple[Server, Person, Person, str, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    return server, alice, bob, room, alice.sends(room, "root")


def relates(person: Person, room: str, event_id: str, kind: str = "m.thread") -> str:
    relation = {"rel_type": kind, "event_id": event_id}
    return person.sends_event(room, "m.room.message", {"body": "x", "m.relates_to": relation})


def reacts(person: Person, room: str, event_id: str) -> str:
    relation = {"rel_type": "m.annotation", "event_id": event_id, "key": "+1"}
    return person.sends_event(room, "m.reaction", {"m.relates_to": relation})


def related(person: Person, room: str, event_id: str, **query: Any) -> dict[str, Any]:
    if "start" in query:
        query["from"] = query.pop("start")
    return person.get(f"/v1/rooms/{room}/relations/{event_id}", **query)


def ids(answer: dict[str, Any]) -> list[str]:
    return [event["event_id"] for event in answer["chunk"]]


def test_relations_are_chosen_by_kind_and_type(talk: Talk) -> None:
    _, alice, bob, room, root = talk
    said = relates(bob, room, root)
    reaction = reacts(bob, room, root)

    assert ids(related(alice, room, root)) == [reaction, said]
    assert ids(related(alice, room, root + "/m.thread")) == [said]
    assert ids(related(alice, room, root + "/m.annotation/m.reaction")) == [reaction]
    assert ids(related(alice, room, root + "/m.annotation/m.room.message")) == []


def test_relations_come_in_pages(talk: Talk) -> None:
    _, alice, _, room, root = talk
    sent = [relates(alice, room, root) for _ in range(5)]

    for direction, expected in (("b", sent[::-1]), ("f", sent)):
        found: list[str] = []
        query: dict[str, Any] = {"dir": direction, "limit": 2}
        while True:
            answer = related(alice, room, root, **query)
            found += ids(answer)
            if "next_batch" not in answer:
                break
            query["start"] = answer["next_batch"]
        assert found == expected
        assert "prev_batch" in answer


def test_relations_of_relations_are_found_on_request(talk: Talk) -> None:
    _, alice, bob, room, root = talk
    said = relates(bob, room, root)
    reaction = reacts(alice, room, said)

    answer = related(alice, room, root, recurse=True)

    assert ids(answer) == [reaction, said]
    assert answer["recursion_depth"] >= 3
    assert ids(related(alice, room, root + "/m.annotation", recurse=True)) == [reaction]
    assert "recursion_depth" not in related(alice, room, root)
    assert ids(related(alice, room, reaction, recurse=True)) == []


def test_redacted_and_ignored_relations_are_left_out(talk: Talk) -> None:
    server, alice, bob, room, root = talk
    mallory = server.person("mallory")
    mallory.joins(room)
    kept, gone = relates(bob, room, root), relates(bob, room, root)
    relates(mallory, room, root)
    path = f"/v3/user/{alice.user_id}/account_data/m.ignored_user_list"
    alice.put(path, {"ignored_users": {mallory.user_id: {}}})

    bob.redacts(room, gone)

    assert ids(related(alice, room, root)) == [kept]


def test_relations_of_what_one_may_not_see_are_not_found(talk: Talk) -> None:
    _, alice, bob, room, _ = talk
    bob.leaves(room)
    said = alice.sends(room, "secret")

    for event_id in (said, "$nothing"):
        with pytest.raises(Refused) as refused:
            related(bob, room, event_id)
        assert (refused.value.status, refused.value.errcode) == (404, "M_NOT_FOUND")


def test_older_clients_use_the_unstable_names(talk: Talk) -> None:
    _, alice, _, room, root = talk
    sent = [relates(alice, room, root) for _ in range(2)]
    path = f"/unstable/rooms/{room}/relations/{root}"

    answer = alice.get(
        path, **{"org.matrix.msc3715.dir": "f", "org.matrix.msc3981.recurse": "true"}
    )

    assert ids(answer) == sent
