"""Events for later: they come when they are due, once and in order, or as somebody decides."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from homeserver.config.rooms import DelayedEvents
from homeserver.config.settings import Settings
from homeserver.storage import delayed_events
from tests.people import Person, Refused, Server

Talk = tuple[Person, Person, str]
OLD = "/unstable/org.matrix.msc4140"


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.syncs()
    return alice, bob, room


def schedules(person: Person, room: str, text: str, seconds: float, **query: Any) -> str:
    body = {"delay_ms": round(seconds * 1000), "content": {"msgtype": "m.text", "body": text}}
    path = f"/v3/rooms/{room}/delayed_event/m.room.message/t{person.server.number()}"
    return str(person.put(path, body, **query)["delay_id"])


def sets_later(person: Person, room: str, type: str, key: str, content: Any, seconds: int) -> str:
    """In the form of before the proposal was accepted."""
    path = f"/v3/rooms/{room}/state/{type}/{key}"
    sent = person.ask("PUT", path, content, **{"org.matrix.msc4140.delay": seconds * 1000})
    status, _, body = sent.raw()
    assert status == 200, body
    return str(json.loads(body)["delay_id"])


def test_an_event_is_sent_when_it_is_due(server: Server, talk: Talk) -> None:
    alice, bob, room = talk
    schedules(alice, room, "later", 10)

    server.clock.advance(9.9)
    assert not bob.syncs()
    server.clock.advance(0.2)

    assert bob.syncs().texts(room) == ["later"]


def test_events_come_in_the_order_they_are_due(server: Server, talk: Talk) -> None:
    alice, bob, room = talk
    schedules(alice, room, "third", 12)
    for number in range(60):
        schedules(alice, room, f"second {number}", 11)
    schedules(alice, room, "first", 10)

    server.clock.advance(20)

    page = bob.get(f"/v3/rooms/{room}/messages", dir="b", limit=62)["chunk"]
    texts = [event["content"]["body"] for event in reversed(page)]
    assert texts == ["first", *(f"second {number}" for number in range(60)), "third"]


def test_what_was_scheduled_survives_a_restart(start_server: Callable[..., Server]) -> None:
    alice = start_server().person("alice")
    room = alice.creates_room()
    schedules(alice, room, "while you were away", 10)
    schedules(alice, room, "afterwards", 30)
    alice.syncs()

    alice.server = server = start_server()
    server.clock.advance(15)
    from_start = server.app.sending.start()
    with pytest.raises(StopIteration):
        from_start.send(None)

    assert alice.syncs().texts(room) == ["while you were away"]
    server.clock.advance(16)
    assert alice.syncs().texts(room) == ["afterwards"]


def test_a_heartbeat_puts_the_event_off(server: Server, talk: Talk) -> None:
    alice, bob, room = talk
    delay_id = schedules(alice, room, "gone", 10)

    for _ in range(5):
        server.clock.advance(8)
        server.anonymous.post(f"/v1/delayed_events/{delay_id}/restart")
        assert not bob.syncs()

    server.clock.advance(10.1)
    assert bob.syncs().texts(room) == ["gone"]


@pytest.mark.parametrize("old_form", [False, True])
def test_who_knows_the_id_can_send_or_cancel_it(server: Server, talk: Talk, old_form: bool) -> None:
    alice, bob, room = talk

    def act(delay_id: str, action: str) -> None:
        if old_form:
            server.anonymous.post(f"{OLD}/delayed_events/{delay_id}", {"action": action})
        else:
            server.anonymous.post(f"{OLD}/delayed_events/{delay_id}/{action}")

    sent, cancelled = schedules(alice, room, "now", 10), schedules(alice, room, "never", 10)
    for _ in range(2):
        act(sent, "send")
        act(cancelled, "cancel")

    assert bob.syncs().texts(room) == ["now"]
    server.clock.advance(20)
    assert not bob.syncs()
    for delay_id, action in ((sent, "cancel"), (cancelled, "send"), (cancelled, "restart")):
        with pytest.raises(Refused) as refused:
            act(delay_id, action)
        assert refused.value.status == 409


def test_ids_cannot_be_guessed(server: Server, talk: Talk) -> None:
    alice, bob, room = talk
    delay_id = schedules(alice, room, "hello", 10)

    assert len(delay_id) == 32
    for guess in (delay_id[:-1], delay_id[:-1] + "!", "1", delay_id + "x"):
        with pytest.raises(Refused) as refused:
            bob.post(f"/v1/delayed_events/{guess}/cancel")
        assert (refused.value.status, refused.value.errcode) == (404, "M_NOT_FOUND")
    with pytest.raises(Refused) as refused:
        bob.get(f"/v1/delayed_events/{delay_id}")
    assert refused.value.status == 404


def test_an_action_that_there_is_not_is_refused(server: Server, talk: Talk) -> None:
    alice, _, room = talk
    delay_id = schedules(alice, room, "hello", 10)

    with pytest.raises(Refused) as refused:
        server.anonymous.post(f"/v1/delayed_events/{delay_id}/refresh")

    assert refused.value.status == 400


def test_a_repeated_request_schedules_once(server: Server, talk: Talk) -> None:
    alice, bob, room = talk
    body = {"delay_ms": 1000, "content": {"msgtype": "m.text", "body": "once"}}
    path = f"{OLD}/rooms/{room}/delayed_event/m.room.message/one"

    assert alice.put(path, body) == alice.put(path, body)
    server.clock.advance(2)

    assert bob.syncs().texts(room) == ["once"]


def test_the_sender_learns_which_event_it_became(server: Server, talk: Talk) -> None:
    alice, bob, room = talk
    phone = alice.logs_in()
    delay_id = schedules(alice, room, "hello", 1)
    server.clock.advance(2)

    (seen,) = bob.syncs().events(room)
    assert "delay_id" not in seen["unsigned"]
    for client in (alice, phone):
        own = client.get(f"/v3/rooms/{room}/event/{seen['event_id']}")["unsigned"]
        assert own["delay_id"] == own["org.matrix.msc4140.delay_id"] == delay_id
        assert "transaction_id" not in own
    found = alice.get(f"/v1/delayed_events/{delay_id}")
    assert found["finalised"]["event_id"] == seen["event_id"]


def test_clients_list_what_waits_and_what_became_of_the_rest(server: Server, talk: Talk) -> None:
    alice, bob, room = talk
    sent = schedules(alice, room, "sent", 1)
    server.clock.advance(2)
    cancelled = schedules(alice, room, "cancelled", 10)
    alice.post(f"/v1/delayed_events/{cancelled}/cancel")
    alice.put(
        f"/v3/rooms/{room}/delayed_event/m.room.redaction/x",
        {"delay_ms": 1, "content": {"redacts": bob.sends(room, "stays")}},
    )
    bob_fails = bob.put(
        f"/v3/rooms/{room}/delayed_event/m.room.topic/y",
        {"delay_ms": 1, "content": {"topic": "mine"}, "state_key": ""},
    )["delay_id"]
    server.clock.advance(1)
    waiting = schedules(alice, room, "waiting", 100)

    lists = alice.get(f"{OLD}/delayed_events")
    assert [it["delay_id"] for it in lists["scheduled"]] == [waiting]
    assert lists["delayed_events"][0]["delay"] == 100_000
    outcomes = {it["delayed_event"]["delay_id"]: it for it in lists["finalised"]}
    assert (outcomes[sent]["outcome"], outcomes[sent]["reason"]) == ("send", "delay")
    assert (outcomes[cancelled]["outcome"], outcomes[cancelled]["reason"]) == ("cancel", "action")
    only = alice.get(f"{OLD}/delayed_events", status="finalised", delay_id=sent)
    assert [it["delayed_event"]["delay_id"] for it in only["finalised"]] == [sent]
    assert "scheduled" not in only
    page = alice.get("/v1/delayed_events", status="cancelled")
    assert [it["delay_id"] for it in page["delayed_events"]] == [cancelled]
    (failed,) = bob.get("/v1/delayed_events", status="failed")["delayed_events"]
    assert failed["delay_id"] == bob_fails
    assert failed["finalised"]["error"]["errcode"] == "M_FORBIDDEN"


def test_long_lists_come_in_pages(server: Server, talk: Talk) -> None:
    alice, _, room = talk
    for number in range(100):
        schedules(alice, room, str(number), 10)
    server.clock.advance(11)
    for number in range(100, 120):
        schedules(alice, room, str(number), 10)

    first = alice.get("/v1/delayed_events")
    second = alice.get("/v1/delayed_events", **{"from": first["next_batch"]})

    found = [*first["delayed_events"], *second["delayed_events"]]
    assert [it["content"]["body"] for it in found] == [str(number) for number in range(120)]
    assert "next_batch" not in second
    newest = alice.get("/v1/delayed_events", dir="b", room_id=room, type="m.room.message")
    assert newest["delayed_events"][0]["content"]["body"] == "119"


def test_power_counts_when_the_event_is_sent(server: Server, talk: Talk) -> None:
    alice, bob, room = talk
    sets_later(bob, room, "m.room.topic", "", {"topic": "by then"}, 10)
    levels = alice.state(room, "m.room.power_levels")
    alice.sets(room, "m.room.power_levels", {**levels, "state_default": 0})

    server.clock.advance(11)

    assert alice.state(room, "m.room.topic") == {"topic": "by then"}


def test_sending_early_fails_and_the_event_waits_on(server: Server, talk: Talk) -> None:
    alice, bob, room = talk
    delay_id = schedules(bob, room, "hello", 10)
    alice.post(f"/v3/rooms/{room}/kick", {"user_id": bob.user_id})

    with pytest.raises(Refused) as refused:
        bob.post(f"/v1/delayed_events/{delay_id}/send")
    assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")

    bob.joins(room)
    server.clock.advance(11)
    assert "hello" in alice.syncs().texts(room)


def test_state_that_another_has_set_since_is_left_alone(server: Server, talk: Talk) -> None:
    alice, bob, room = talk
    levels = alice.state(room, "m.room.power_levels")
    alice.sets(room, "m.room.power_levels", {**levels, "state_default": 0})
    key = "_@bob:test_PHONE"
    sets_later(bob, room, "org.example.call", key, {}, 10)
    bob.sets(room, "org.example.call", {"is": "in the call"}, key)
    assert bob.get(f"{OLD}/delayed_events")["scheduled"]

    alice.sets(room, "org.example.call", {"is": "thrown out"}, key)

    (over,) = bob.get(f"{OLD}/delayed_events")["finalised"]
    assert over["error"]["org.matrix.msc4140.errcode"] == "M_CANCELLED_BY_STATE_UPDATE"
    server.clock.advance(11)
    assert alice.state(room, "org.example.call", key) == {"is": "thrown out"}


def test_delays_and_numbers_are_bounded(
    settings: Settings, start_server: Callable[..., Server]
) -> None:
    bounds = DelayedEvents(max_delay=60_000, max_scheduled=2)
    server = start_server(rooms=evolve(settings.rooms, delayed_events=bounds))
    alice = server.person("alice")
    room = alice.creates_room()

    with pytest.raises(Refused) as refused:
        schedules(alice, room, "too late", 61)
    assert (refused.value.status, refused.value.errcode) == (400, "M_MAX_DELAY_EXCEEDED")
    assert refused.value.body["max_delay"] == 60_000
    with pytest.raises(Refused) as refused:
        sets_refused(alice, room)
    assert refused.value.body["org.matrix.msc4140.errcode"] == "M_MAX_DELAY_EXCEEDED"
    assert refused.value.body["org.matrix.msc4140.max_delay"] == 60_000
    schedules(alice, room, "one", 20)
    schedules(alice, room, "two", 30)
    with pytest.raises(Refused) as refused:
        schedules(alice, room, "three", 40)
    assert (refused.value.status, refused.value.errcode) == (429, "M_LIMIT_EXCEEDED")
    assert refused.value.body["retry_after_ms"] == 20_000
    server.clock.advance(21)
    schedules(alice, room, "three", 40)
    capability = alice.get("/v3/capabilities")["capabilities"]["m.delayed_events"]
    assert capability == {"max_delay_ms": 60_000, "max_scheduled": 2}


def sets_refused(person: Person, room: str) -> None:
    path = f"/v3/rooms/{room}/send/m.room.message/z"
    person.put(path, {"body": "x"}, **{"org.matrix.msc4140.delay": 100_000})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": {}},
        {"delay_ms": 0, "content": {}},
        {"delay_ms": -5, "content": {}},
        {"delay_ms": "5", "content": {}},
        {"delay_ms": 5, "content": []},
        {"delay_ms": 5, "content": {"x": 1.5}},
        {"delay_ms": 5, "content": {}, "state_key": 7},
        {"delay_ms": 5, "content": {}, "state_key": "\0"},
        {"delay_ms": 5, "content": {"x": "y" * 70_000}},
    ],
)
def test_nonsense_is_not_scheduled(talk: Talk, body: Any) -> None:
    alice, _, room = talk

    with pytest.raises(Refused) as refused:
        alice.put(f"/v3/rooms/{room}/delayed_event/org.example/t", body)

    assert refused.value.status in (400, 413)
    assert alice.get("/v1/delayed_events")["delayed_events"] == []


def test_a_deactivated_account_sends_nothing_more(server: Server, talk: Talk) -> None:
    alice, bob, room = talk
    schedules(alice, room, "from the grave", 10)
    auth = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": "alice"},
        "password": "correct horse battery",
    }
    alice.post("/v3/account/deactivate", {"auth": auth})
    bob.syncs()

    server.clock.advance(11)

    assert bob.syncs().texts(room) == []


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/delayed_events/", b"", 404, "M_NOT_FOUND"),
        ("/delayed_events/{id}", b"", 400, "M_NOT_JSON"),
        ("/delayed_events/{id}", b"{}", 400, "M_MISSING_PARAM"),
        ("/delayed_events/{id}", b'{"action": "oops"}', 400, "M_INVALID_PARAM"),
        ("/delayed_events/1234", b'{"action": "send"}', 404, "M_NOT_FOUND"),
    ],
)
def test_the_older_way_to_act_says_what_is_wrong(
    talk: Talk, path: str, body: bytes, status: int, code: str
) -> None:
    alice, _, room = talk
    delay_id = schedules(alice, room, "hello", 10)

    with pytest.raises(Refused) as refused:
        alice.ask("POST", OLD + path.format(id=delay_id), body).json()

    assert (refused.value.status, refused.value.errcode) == (status, code)


def test_what_is_scheduled_while_others_are_sent_is_not_forgotten(
    server: Server, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look for what is due next may have been before it was written down."""
    alice, bob, room = talk
    due = server.app.sending.delayed
    look = delayed_events.next_due
    asked: list[int] = []

    def looks_too_early(txn: Any) -> int | None:
        found = look(txn)
        if not asked:
            asked.append(1)
            due._look_at(server.clock.now_ms() + 1000)
            return None
        return found

    monkeypatch.setattr(delayed_events, "next_due", looks_too_early)
    schedules(alice, room, "second", 20)
    schedules(alice, room, "first", 10)

    server.clock.advance(11)
    server.clock.advance(10)

    assert bob.syncs().texts(room) == ["first", "second"]
