"""What memory knows of news, and how much of it is kept."""

import pytest

from homeserver.sync import moves
from homeserver.sync.latest import Latest
from homeserver.sync.lazy_members import SentMembers
from tests.people import Server


def test_who_changed_is_known_as_far_back_as_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeserver.sync.latest.KEPT", 2)
    latest = Latest(10)
    assert latest.since(9) is None
    assert latest.since(10) == []

    latest.note("alice", 11)
    latest.note("bob", 12)
    latest.note("alice", 13)
    assert latest.since(10) == ["alice", "bob"]
    assert latest.since(12) == ["alice"]

    latest.note("mallory", 14)
    assert latest.since(11) is None
    assert latest.since(12) == ["mallory", "alice"]


def test_a_member_counts_as_sent_when_the_answer_has_arrived() -> None:
    sent = SentMembers()
    member = ("!room:test", "@alice:test")
    sent.note("device", member, 5, upto=20)

    assert not sent.has("device", member, 5, since=19)
    assert sent.has("device", member, 5, since=20)
    assert not sent.has("device", member, 6, since=20)
    assert not sent.has("other", member, 5, since=20)

    sent.note("device", member, 5, upto=30)
    assert sent.has("device", member, 5, since=20)
    sent.forget("device")
    assert not sent.has("device", member, 5, since=30)


def test_only_so_many_sent_members_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeserver.sync.lazy_members.MAX_SENT", 4)
    monkeypatch.setattr("homeserver.sync.lazy_members.MAX_SENT_TO_ONE", 3)
    sent = SentMembers()

    def known(device: str) -> list[int]:
        return [n for n in range(4) if sent.has(device, ("!room:test", f"@{n}:test"), n, 9)]

    for n in range(4):
        sent.note("one", ("!room:test", f"@{n}:test"), n, 9)
    assert known("one") == [1, 2, 3]
    for n in range(2):
        sent.note("two", ("!room:test", f"@{n}:test"), n, 9)
    assert (known("one"), known("two")) == ([], [0, 1])


def test_syncs_are_right_though_memory_forgets_quiet_rooms(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "MAX_EVENTS", 12)
    monkeypatch.setattr(moves, "EVENTS_KEPT", 5)
    alice, bob = server.people("alice", "bob")
    rooms = [alice.creates_room(preset="public_chat") for _ in range(4)]
    for room in rooms:
        bob.joins(room)
    bob.syncs()
    since = bob.since
    sent = {room: [alice.sends(room, str(n)) for n in range(4)] for room in rooms}

    sync = bob.syncs()

    assert {room: sync.timeline(room) for room in rooms} == sent
    assert all(sync.room(r)["unread_notifications"]["notification_count"] == 4 for r in rooms)
    assert {r: bob.syncs(since=since).timeline(r) for r in rooms[:1]} == {rooms[0]: sent[rooms[0]]}
