"""Users tell the administrators what should not be."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from homeserver.config.limits import RateLimits
from homeserver.rooms.reports import MAX_REASON
from homeserver.storage import reports
from homeserver.storage.reports import Report
from tests.people import START_MS, Person, Refused, Server


def kept(server: Server) -> list[Report]:
    found: list[Any] = []
    server.app.database.read(reports.newest, 100).addCallback(found.extend)
    return [report for _, report in found]


def refusal(person: Person, path: str, body: Any) -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        person.post(path, body)
    return refused.value.status, str(refused.value.errcode)


def test_rooms_users_and_events_are_reported(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    event = alice.sends(room, "spam")

    bob.post(f"/v3/rooms/{room}/report", {"reason": "a bad room"})
    bob.post(f"/v3/users/{alice.user_id}/report", {"reason": ""})
    bob.post(f"/v3/rooms/{room}/report/{event}", {"reason": "spam", "score": -100})
    bob.post(f"/v3/rooms/{room}/report/{event}", {})

    by = bob.user_id
    assert kept(server) == [
        Report("event", by, "", START_MS, room_id=room, event_id=event),
        Report("user", by, "", START_MS, user_id=alice.user_id),
        Report("room", by, "a bad room", START_MS, room_id=room),
    ]


def test_older_paths_are_served(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room()
    bob.post(f"/unstable/org.matrix.msc4151/rooms/{room}/report", {"reason": "x"})
    bob.post(f"/unstable/org.matrix.msc4260/users/{alice.user_id}/report", {"reason": "x"})

    assert {report.kind for report in kept(server)} == {"room", "user"}


def test_nobody_learns_by_reports_who_and_what_is_here(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room()
    for target in ("rooms/!nowhere:test", "rooms/x", "users/@nobody:test", "users/x"):
        assert bob.post(f"/v3/{target}/report", {"reason": "x"}) == {}
    assert kept(server) == []

    hidden = alice.sends(room, "unseen")
    paths = [f"rooms/{room}/report/{hidden}", f"rooms/{room}/report/$none", "rooms/!no/report/$x"]
    answers = {refusal(bob, f"/v3/{path}", {"reason": "x"}) for path in paths}
    assert answers == {(404, "M_NOT_FOUND")}


def test_events_of_a_room_that_one_has_left_cannot_be_reported(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    event = alice.sends(room, "spam")
    bob.leaves(room)

    assert refusal(bob, f"/v3/rooms/{room}/report/{event}", {}) == (404, "M_NOT_FOUND")
    bob.post(f"/v3/rooms/{room}/report", {"reason": "from outside"})


def test_reasons_are_needed_and_bounded(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    path = f"/v3/rooms/{room}/report"
    assert refusal(alice, path, {}) == (400, "M_MISSING_PARAM")
    assert refusal(alice, path, {"reason": 5}) == (400, "M_BAD_JSON")
    assert refusal(alice, path, {"reason": "x" * (MAX_REASON + 1)}) == (400, "M_INVALID_PARAM")
    alice.post(path, {"reason": "a\0b"})
    assert [report.reason for report in kept(server)] == ["ab"]


def test_reports_have_a_limit(start_server: Callable[..., Server]) -> None:
    limits = RateLimits(enabled=True)
    server = start_server(rate_limits=evolve(limits, report=evolve(limits.report, burst=3)))
    alice = server.person("alice")
    for _ in range(3):
        alice.post("/v3/users/@bob:test/report", {"reason": "x"})

    answer = refusal(alice, "/v3/users/@bob:test/report", {"reason": "x"})
    assert answer == (429, "M_LIMIT_EXCEEDED")
