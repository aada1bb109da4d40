"""Old messages go, state stays, and nobody stumbles over what is gone."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from homeserver.config.storage import Retention
from homeserver.rooms.retention import Lifetimes
from tests.homeserver.rooms.test_joining import refusal
from tests.outcomes import outcome
from tests.people import Person, Refused, Server

DAY = 86_400
DAY_MS = DAY * 1000
Start = Callable[..., Server]


def cleans_up(server: Server) -> int:
    freed: int = outcome(server.app.retention.retention.run()).freed
    return freed


def texts(person: Person, room: str) -> list[str]:
    page = person.get(f"/v3/rooms/{room}/messages", dir="f", limit=500)
    return [it["content"].get("body") for it in page["chunk"] if it["type"] == "m.room.message"]


def test_messages_go_when_they_are_too_old(start_server: Start) -> None:
    server = start_server(retention=Retention(enabled=True, max_lifetime=DAY_MS))
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat", name="stays")
    bob.joins(room)
    old = [alice.sends(room, f"old {number}") for number in range(450)]
    alice.sets(room, "m.room.topic", {"topic": "stays"})
    server.clock.advance(DAY + 10)
    alice.sends(room, "new")

    freed = cleans_up(server)

    assert freed > 450 * 200
    assert texts(bob, room) == ["new"]
    assert bob.state(room, "m.room.topic") == {"topic": "stays"}
    assert refusal(bob, "GET", f"/v3/rooms/{room}/event/{old[0]}") == (404, "M_NOT_FOUND")
    assert bob.syncs().texts(room) == ["new"]
    assert cleans_up(server) == 0


def test_the_newest_message_is_emptied_and_the_room_goes_on(start_server: Start) -> None:
    server = start_server(retention=Retention(enabled=True, max_lifetime=DAY_MS))
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    last = [alice.sends(room, text) for text in ("old", "the last one")][-1]
    server.clock.advance(DAY + 10)

    cleans_up(server)

    assert texts(bob, room) == [None]
    assert bob.get(f"/v3/rooms/{room}/event/{last}")["content"] == {}
    alice.sends(room, "new")
    assert texts(bob, room) == [None, "new"]
    assert len(bob.syncs().events(room)) > 0


def test_a_room_says_how_long_its_messages_live(start_server: Start) -> None:
    server = start_server(retention=Retention(enabled=True))
    alice = server.person("alice")
    room, other = alice.creates_room(), alice.creates_room()
    alice.sets(room, "m.room.retention", {"max_lifetime": 7_200_000})
    for it in (room, other):
        alice.sends(it, "old")
    server.clock.advance(7_300)
    for it in (room, other):
        alice.sends(it, "new")

    cleans_up(server)

    assert texts(alice, room) == ["new"]
    assert texts(alice, other) == ["old", "new"]


def test_without_the_setting_everything_stays(start_server: Start) -> None:
    server = start_server(retention=Retention(max_lifetime=DAY_MS))
    alice = server.person("alice")
    room = alice.creates_room()
    alice.sets(room, "m.room.retention", {"max_lifetime": 7_200_000})
    alice.sends(room, "old")
    server.clock.advance(10 * DAY)
    alice.sends(room, "new")

    assert cleans_up(server) == 0
    assert texts(alice, room) == ["old", "new"]


@pytest.mark.parametrize(
    ("asked", "shortest", "longest", "lifetime"),
    [
        (None, None, None, None),
        (5 * DAY_MS, None, None, 5 * DAY_MS),
        (None, None, 9 * DAY_MS, 9 * DAY_MS),
        (5 * DAY_MS, None, 9 * DAY_MS, 5 * DAY_MS),
        (50 * DAY_MS, None, 9 * DAY_MS, 9 * DAY_MS),
        (1, 2 * DAY_MS, None, 2 * DAY_MS),
        (1, None, None, 3_600_000),
        ("soon", None, None, None),
        (True, None, None, None),
        (-5, None, None, None),
        (1.5, None, None, None),
    ],
)
def test_rooms_ask_within_the_servers_bounds(
    asked: Any, shortest: int | None, longest: int | None, lifetime: int | None
) -> None:
    lifetimes = Lifetimes(Retention(min_lifetime=shortest, max_lifetime=longest))

    assert lifetimes.of({"max_lifetime": asked}) == lifetime


def test_clients_ask_what_holds(start_server: Start) -> None:
    path = "/unstable/org.matrix.msc1763/retention/configuration"
    alice = start_server().person("alice")
    assert alice.get(path) == {"policies": {}, "limits": {}}

    alice.server = start_server(retention=Retention(enabled=True, max_lifetime=DAY_MS))

    bounds = {"min": 3_600_000, "max": DAY_MS}
    assert alice.get(path) == {
        "policies": {"*": {"max_lifetime": DAY_MS}},
        "limits": {"max_lifetime": bounds, "min_lifetime": bounds},
    }


def test_threads_reactions_and_redactions_go_with_what_they_are_about(start_server: Start) -> None:
    server = start_server(retention=Retention(enabled=True, max_lifetime=DAY_MS))
    alice = server.person("alice")
    room = alice.creates_room(name="before")
    root = alice.sends(room, "root")
    relation = {"rel_type": "m.thread", "event_id": root}
    content = {"msgtype": "m.text", "body": "in it", "m.relates_to": relation}
    alice.sends_event(room, "m.room.message", content)
    gone = alice.sends(room, "redacted")
    alice.redacts(room, gone)
    named = alice.sets(room, "m.room.name", {"name": "after"})
    alice.redacts(room, named)
    server.clock.advance(DAY + 10)
    alice.sends(room, "new")

    cleans_up(server)
    cleans_up(server)

    assert alice.get(f"/v1/rooms/{room}/threads")["chunk"] == []
    assert texts(alice, room) == ["new"]
    shown = alice.get(f"/v3/rooms/{room}/event/{named}")
    assert shown["unsigned"]["redacted_because"]["type"] == "m.room.redaction"
    alice.since = ""
    alice.syncs()


def test_unread_counts_know_what_is_gone(start_server: Start) -> None:
    server = start_server(retention=Retention(enabled=True, max_lifetime=DAY_MS))
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    read = [alice.sends(room, f"old {number}") for number in range(20)][-1]
    bob.post(f"/v3/rooms/{room}/receipt/m.read/{read}")
    server.clock.advance(DAY + 10)
    for number in range(3):
        alice.sends(room, f"new {number}")

    cleans_up(server)
    bob.server = alice.server = start_server(retention=server.settings.retention)

    counts = bob.syncs().room(room)["unread_notifications"]
    assert counts["notification_count"] == 3


def test_redacted_words_are_forgotten_after_a_while(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    said = alice.sends(room, "unkind words")
    alice.redacts(room, said)
    path = f"/v3/rooms/{room}/event/{said}?fi.mau.msc2815.include_unredacted_content=true"
    assert cleans_up(server) == 0
    assert alice.get(path)["content"]["body"] == "unkind words"

    server.clock.advance(8 * DAY)

    assert cleans_up(server) > 0
    with pytest.raises(Refused) as refused:
        alice.ask("GET", path).json()
    assert refused.value.status == 404
    assert refused.value.errcode == "FI.MAU.MSC2815_UNREDACTED_CONTENT_DELETED"
    assert refused.value.body["fi.mau.msc2815.content_keep_ms"] == 7 * DAY_MS
    alice.get(f"/v3/rooms/{room}/event/{said}")


def test_rounds_come_by_themselves(start_server: Start) -> None:
    server = start_server(retention=Retention(enabled=True, max_lifetime=DAY_MS))
    alice = server.person("alice")
    room = alice.creates_room()
    alice.sends(room, "old")
    server.app.retention.upkeep.start()
    server.clock.advance(DAY + 10)
    alice.sends(room, "new")

    server.clock.advance(3_700)

    assert texts(alice, room) == ["new"]


def test_a_message_goes_when_its_time_has_come_and_not_at_the_next_round(
    start_server: Start,
) -> None:
    hour, minute = 3600, 60
    settings = Retention(enabled=True, max_lifetime=2 * hour * 1000, interval=24 * hour * 1000)
    server = start_server(retention=settings)
    alice = server.person("alice")
    room = alice.creates_room()
    server.app.retention.upkeep.start()
    server.clock.advance(10 * minute)
    alice.sends(room, "first")
    server.clock.advance(30 * minute)
    alice.sends(room, "second")
    alice.sends(room, "last")

    def after(minutes: int) -> list[str]:
        for _ in range(minutes):
            server.clock.advance(minute)
        return texts(alice, room)

    assert after(89) == ["first", "second", "last"]
    assert after(3) == ["second", "last"]
    assert after(26) == ["second", "last"]
    assert after(4) == [None]


def test_a_round_that_took_long_is_followed_by_a_rest(start_server: Start) -> None:
    """Half an hour for a round: the next one is not before the interval, whatever is too old."""
    server = start_server(retention=Retention(enabled=True, max_lifetime=2 * 3_600_000))
    retention = server.app.retention.retention
    alice = server.person("alice")
    alice.sends(alice.creates_room(), "soon too old")
    began: list[int] = []
    real = type(retention).run

    async def slow(it: Any) -> Any:
        began.append(server.clock.now_ms())
        outcome_of_round = await real(it)
        server.clock.timers.rightNow += 1800
        return outcome_of_round

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(retention), "run", slow)
        server.app.retention.upkeep.start()
        for _ in range(5 * 60):
            server.clock.advance(60)

    rests = [later - earlier for earlier, later in pairwise(began)]
    assert rests and min(rests) >= 3_600_000
