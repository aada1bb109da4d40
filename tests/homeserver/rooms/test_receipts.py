from typing import Any

import pytest

from tests.people import Person, Refused, Server, Sync

Talk = tuple[Server, Person, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    return server, alice, bob, room


def reads(person: Person, room: str, event_id: str, kind: str = "m.read", **body: Any) -> None:
    person.post(f"/v3/rooms/{room}/receipt/{kind}/{event_id}", body)


def receipts(sync: Sync, room: str) -> list[dict[str, Any]]:
    events = sync.room(room).get("ephemeral", {}).get("events", [])
    return [event["content"] for event in events if event["type"] == "m.receipt"]


def unread(sync: Sync, room: str) -> int:
    count: int = sync.room(room)["unread_notifications"]["notification_count"]
    return count


def in_thread(person: Person, room: str, root: str, text: str) -> str:
    return person.sends_event(
        room,
        "m.room.message",
        {
            "msgtype": "m.text",
            "body": text,
            "m.relates_to": {"rel_type": "m.thread", "event_id": root},
        },
    )


def test_a_receipt_reaches_the_others_and_clears_the_count(talk: Talk) -> None:
    server, alice, bob, room = talk
    said = alice.sends(room, "hello")
    assert unread(bob.syncs(), room) == 1
    alice.syncs()
    waiting = alice.starts_sync()

    reads(bob, room, said)

    (content,) = receipts(waiting.answer(), room)
    assert content == {said: {"m.read": {bob.user_id: {"ts": server.clock.now_ms()}}}}
    assert unread(bob.syncs(), room) == 0


def test_a_private_receipt_reaches_only_its_owner_and_counts(talk: Talk) -> None:
    _, alice, bob, room = talk
    said = alice.sends(room, "hello")
    alice.syncs()
    bob.syncs()

    reads(bob, room, said, "m.read.private")

    assert receipts(alice.syncs(), room) == []
    sync = bob.syncs()
    assert list(receipts(sync, room)[0][said]) == ["m.read.private"]
    assert unread(sync, room) == 0


def test_a_first_sync_shows_where_everybody_is(talk: Talk) -> None:
    _, alice, bob, room = talk
    said = alice.sends(room, "hello")
    reads(alice, room, said)
    reads(bob, room, said)

    (content,) = receipts(bob.syncs(), room)

    assert set(content[said]["m.read"]) == {alice.user_id, bob.user_id}


def test_receipts_do_not_move_back(talk: Talk) -> None:
    _, alice, bob, room = talk
    first, second = alice.sends(room, "1"), alice.sends(room, "2")
    reads(bob, room, second)
    alice.syncs()

    reads(bob, room, first)

    assert receipts(alice.syncs(), room) == []


def test_receipts_of_threads_stand_beside_that_of_the_room(talk: Talk) -> None:
    server, alice, bob, room = talk
    root = alice.sends(room, "lunch?")
    answer = in_thread(alice, room, root, "noon")
    reads(bob, room, answer)
    reads(bob, room, answer, thread_id=root)
    reads(bob, room, root, thread_id="main")

    contents = receipts(alice.syncs(), room)

    now = server.clock.now_ms()
    told = [content[e]["m.read"][bob.user_id] for content in contents for e in content]
    assert sorted(told, key=str) == sorted(
        [{"ts": now}, {"ts": now, "thread_id": root}, {"ts": now, "thread_id": "main"}], key=str
    )


def test_an_event_is_in_the_thread_of_what_it_relates_to(talk: Talk) -> None:
    _, alice, bob, room = talk
    root = alice.sends(room, "lunch?")
    answer = in_thread(alice, room, root, "noon")
    relation = {"rel_type": "m.annotation", "event_id": answer, "key": "+1"}
    reaction = alice.sends_event(room, "m.reaction", {"m.relates_to": relation})

    reads(bob, room, reaction, thread_id=root)

    with pytest.raises(Refused) as refused:
        reads(bob, room, reaction, thread_id="main")
    assert (refused.value.status, refused.value.errcode) == (400, "M_INVALID_PARAM")


@pytest.mark.parametrize("thread_id", ["", 3, None, "$other"])
def test_a_wrong_thread_is_refused(talk: Talk, thread_id: object) -> None:
    _, alice, bob, room = talk
    said = alice.sends(room, "hello")

    with pytest.raises(Refused) as refused:
        reads(bob, room, said, thread_id=thread_id)

    assert (refused.value.status, refused.value.errcode) == (400, "M_INVALID_PARAM")


def test_what_is_no_event_of_the_room_is_not_found(talk: Talk) -> None:
    _, alice, bob, room = talk
    elsewhere = alice.sends(alice.creates_room(), "secret")

    for event_id in ("$nothing", elsewhere):
        with pytest.raises(Refused) as refused:
            reads(bob, room, event_id)
        assert (refused.value.status, refused.value.errcode) == (404, "M_NOT_FOUND")


def test_strangers_set_no_receipts(talk: Talk) -> None:
    server, alice, _, room = talk
    said = alice.sends(room, "hello")

    with pytest.raises(Refused) as refused:
        reads(server.person("mallory"), room, said)

    assert refused.value.errcode == "M_FORBIDDEN"


def test_a_type_of_ones_own_is_refused(talk: Talk) -> None:
    _, alice, _, room = talk

    with pytest.raises(Refused) as refused:
        reads(alice, room, alice.sends(room, "x"), "m.seen")

    assert refused.value.errcode == "M_INVALID_PARAM"


def test_who_missed_more_than_memory_holds_still_gets_all(talk: Talk) -> None:
    _, alice, bob, room = talk
    sent = [alice.sends(room, str(n)) for n in range(70)]
    alice.syncs()
    reads(alice, room, sent[0])
    for event_id in sent:
        reads(bob, room, event_id)

    (content,) = receipts(alice.syncs(), room)

    assert content[sent[0]]["m.read"].keys() == {alice.user_id}
    assert content[sent[-1]]["m.read"].keys() == {bob.user_id}
