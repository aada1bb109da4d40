"""Waiting for news, and going on from tokens of any age."""

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from homeserver.sync.room_sections import Overtaken
from tests.people import Person, Refused, Server

Talk = tuple[Server, Person, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    for person in (alice, bob, alice):
        person.syncs()
    return server, alice, bob, room


def sends(alice: Person, bob: Person, room: str) -> object:
    return bob.sends(room, "hello")


def types(alice: Person, bob: Person, room: str) -> object:
    return bob.put(f"/v3/rooms/{room}/typing/{bob.user_id}", {"typing": True})


def reads(alice: Person, bob: Person, room: str) -> object:
    newest = bob.get(f"/v3/rooms/{room}/messages", dir="b", limit=1)["chunk"][0]
    return bob.post(f"/v3/rooms/{room}/receipt/m.read/{newest['event_id']}")


def invites(alice: Person, bob: Person, room: str) -> object:
    return bob.creates_room(invite=[alice.user_id])


def kicks(alice: Person, bob: Person, room: str) -> object:
    return alice.post(f"/v3/rooms/{room}/kick", {"user_id": bob.user_id})


def sets_account_data(alice: Person, bob: Person, room: str) -> object:
    return alice.put(f"/v3/user/{alice.user_id}/account_data/org.example", {"a": 1})


def tags(alice: Person, bob: Person, room: str) -> object:
    return alice.put(f"/v3/user/{alice.user_id}/rooms/{room}/tags/u.work", {"order": 0.5})


def changes_rules(alice: Person, bob: Person, room: str) -> object:
    body = {"actions": ["notify"], "pattern": "cake"}
    return alice.put("/v3/pushrules/global/content/cake", body)


def sends_to_device(alice: Person, bob: Person, room: str) -> object:
    messages = {alice.user_id: {alice.device_id: {"x": 1}}}
    return bob.put("/v3/sendToDevice/org.example/1", {"messages": messages})


def goes_away(alice: Person, bob: Person, room: str) -> object:
    return bob.put(f"/v3/presence/{bob.user_id}/status", {"presence": "unavailable"})


@pytest.mark.parametrize(
    "happens",
    [
        sends,
        types,
        reads,
        invites,
        kicks,
        sets_account_data,
        tags,
        changes_rules,
        sends_to_device,
        goes_away,
    ],
)
def test_news_ends_the_wait(talk: Talk, happens: Callable[[Person, Person, str], object]) -> None:
    _, alice, bob, room = talk
    waiting = alice.starts_sync()
    assert not waiting.is_answered

    happens(alice, bob, room)

    assert waiting.answer()
    assert not alice.syncs()


def test_a_new_device_list_ends_the_wait_of_those_in_an_encrypted_room(talk: Talk) -> None:
    _, alice, bob, room = talk
    alice.sets(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    alice.syncs()
    waiting = alice.starts_sync()

    bob.logs_in()

    assert waiting.answer().body["device_lists"] == {"changed": [bob.user_id], "left": []}


def test_without_news_a_sync_is_answered_when_the_time_is_over(talk: Talk) -> None:
    server, alice, _, _ = talk
    alice.put(f"/v3/presence/{alice.user_id}/status", {"presence": "online"})
    alice.syncs()
    waiting = alice.starts_sync(timeout=5_000, set_presence="offline")

    server.clock.advance(4.9)
    assert not waiting.is_answered
    server.clock.advance(0.2)

    assert not waiting.answer()


def test_news_of_others_wakes_nobody(talk: Talk) -> None:
    server, alice, bob, _ = talk
    mallory = server.person("mallory")
    elsewhere = bob.creates_room()
    waiting = alice.starts_sync()

    bob.sends(elsewhere, "secret")
    mallory.put(f"/v3/user/{mallory.user_id}/account_data/org.example", {})

    assert not waiting.is_answered


def test_who_hangs_up_waits_no_longer(talk: Talk) -> None:
    _, alice, bob, room = talk
    waiting = alice.starts_sync()
    since = alice.since

    waiting.exchange.hang_up()
    bob.sends(room, "hello")

    assert not waiting.is_answered
    assert alice.syncs(since=since).texts(room) == ["hello"]


def test_the_same_token_gives_the_same_news_again(talk: Talk) -> None:
    _, alice, bob, room = talk
    since = alice.since
    sent = bob.sends(room, "hello")

    assert alice.syncs(since=since).timeline(room) == [sent]
    assert alice.syncs(since=since).timeline(room) == [sent]
    assert not alice.syncs()


def test_two_devices_of_one_user_follow_on_their_own(talk: Talk) -> None:
    _, alice, bob, room = talk
    phone = alice.logs_in()
    phone.syncs()
    sent = bob.sends(room, "hello")

    assert alice.syncs().timeline(room) == [sent]
    assert phone.syncs().timeline(room) == [sent]


@pytest.mark.parametrize("after_restart", ["before", "while away"])
def test_a_token_outlives_a_restart(
    start_server: Callable[..., Server], after_restart: str
) -> None:
    server = start_server()
    alice, bob = server.people("alice", "bob")
    rooms = [alice.creates_room(preset="public_chat") for _ in range(3)]
    for room in rooms:
        bob.joins(room)
    old = bob.syncs().body["next_batch"]
    sent = [alice.sends(rooms[0], str(n)) for n in range(3)]
    if after_restart == "before":
        assert bob.syncs().timeline(rooms[0]) == sent

    server = start_server()
    alice, bob = (
        Person(server, who.name, who.token, who.device_id, who.since) for who in (alice, bob)
    )
    if after_restart == "while away":
        assert bob.syncs(since=old).timeline(rooms[0]) == sent
    later = alice.sends(rooms[1], "later")

    sync = bob.syncs()
    assert list(sync.body["rooms"]["join"]) == [rooms[1]]
    assert sync.timeline(rooms[1]) == [later]
    # The old token still tells all, once.
    sync = bob.syncs(since=old)
    assert (sync.timeline(rooms[0]), sync.timeline(rooms[1])) == (sent, [later])


def test_receipts_and_account_data_are_news_after_a_restart(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    sent = alice.sends(room, "hello")
    alice.syncs()
    bob.post(f"/v3/rooms/{room}/receipt/m.read/{sent}")
    alice.put(f"/v3/user/{alice.user_id}/account_data/org.example", {"a": 1})

    server = start_server()
    alice = Person(server, "alice", alice.token, alice.device_id, alice.since)
    sync = alice.syncs()

    (receipt,) = sync.room(room)["ephemeral"]["events"]
    assert bob.user_id in receipt["content"][sent]["m.read"]
    assert sync.body["account_data"]["events"] == [{"type": "org.example", "content": {"a": 1}}]
    assert not alice.syncs()


@pytest.mark.parametrize("token", ["s", "x1", "1", "s1_x", "s1_", "s-", "s" + "9" * 40, "s١"])
def test_what_is_no_token_is_refused(talk: Talk, token: str) -> None:
    _, alice, _, _ = talk

    with pytest.raises(Refused) as refused:
        alice.syncs(since=token)

    assert (refused.value.status, refused.value.errcode) == (400, "M_INVALID_PARAM")


def test_a_token_from_the_future_brings_everything(talk: Talk) -> None:
    """As after the database has been put back to an older state."""
    _, alice, bob, room = talk
    bob.sends(room, "hello")

    sync = alice.syncs(since="s999999999999")

    assert sync.events(room)[0]["type"] == "m.room.create"
    assert sync.texts(room) == ["hello"]
    assert not alice.syncs()


def test_a_place_before_the_beginning_is_the_beginning(talk: Talk) -> None:
    _, alice, _, room = talk

    assert alice.syncs(since="s-5").events(room)[0]["type"] == "m.room.create"


def test_full_state_is_answered_at_once(talk: Talk) -> None:
    server, alice, _, room = talk

    waiting = alice.starts_sync(full_state=True)

    assert waiting.answer().room(room)["state"]["events"]
    nobody = server.person("nobody")
    nobody.syncs()
    assert nobody.starts_sync(full_state=True).is_answered


def test_news_that_comes_while_an_answer_is_made_is_not_slept_over(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, alice, bob, room = talk
    db = server.app.database
    held: list[Deferred[Any]] = []
    alice.put(f"/v3/user/{alice.user_id}/account_data/org.example", {})
    filter = '{"account_data":{"types":[]},"room":{"account_data":{"types":[]}}}'
    glance = db.glance

    def slow_glance(work: Any, *arguments: Any) -> Deferred[Any]:
        """Answers that take as long as the test likes."""
        answer = glance(work, *arguments)
        if getattr(work, "__name__", "") != "build":
            return answer
        late: Deferred[Any] = Deferred()
        results: list[Any] = []
        answer.addCallback(results.append)
        late.addCallback(lambda _: results[0])
        held.append(late)
        return late

    monkeypatch.setattr(db, "glance", slow_glance)
    waiting = alice.starts_sync(filter=filter)
    assert len(held) == 1
    bob.sends(room, "meanwhile")
    held.pop().callback(None)
    while held:
        held.pop().callback(None)

    assert waiting.answer().texts(room) == ["meanwhile"]


def test_who_is_overtaken_for_ever_is_told_to_come_again(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, alice, _, _ = talk

    def overtaken(*_: object) -> None:
        raise Overtaken

    monkeypatch.setattr("homeserver.sync.answers.room_sections", overtaken)

    with pytest.raises(Refused) as refused:
        alice.syncs(since="")

    assert refused.value.status == 503
