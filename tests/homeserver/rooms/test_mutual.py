"""Rooms that two users share."""

import pytest

from homeserver.rooms import mutual
from tests.people import Refused, Server


def test_only_rooms_that_both_have_joined_are_shared(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    both, left, invited, _ = (alice.creates_room(preset="public_chat") for _ in range(4))
    bob.joins(both)
    bob.joins(left)
    bob.leaves(left)
    alice.invites(invited, bob)

    answer = {"joined": [both], "count": 1}
    assert alice.get("/v1/mutual_rooms", user_id=bob.user_id) == answer
    assert bob.get("/v1/mutual_rooms", user_id=alice.user_id) == answer
    assert alice.get("/v1/mutual_rooms", user_id="@nobody:test") == {"joined": [], "count": 0}


def test_many_rooms_come_in_pages(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutual, "MAX_ROOMS", 2)
    alice, bob = server.people("alice", "bob")
    rooms = [alice.creates_room(preset="public_chat") for _ in range(5)]
    for room in rooms:
        bob.joins(room)

    for path, start, next in (
        ("/v1/mutual_rooms", "from", "next_batch"),
        ("/unstable/uk.half-shot.msc2666/user/mutual_rooms", "batch_token", "next_batch_token"),
    ):
        found: list[str] = []
        query = {"user_id": bob.user_id}
        while True:
            page = alice.get(path, **query)
            assert page["count"] == 5
            found += page["joined"]
            if next not in page:
                break
            query[start] = page[next]
        assert found == sorted(rooms), path


def test_what_makes_no_sense_is_refused(server: Server) -> None:
    alice = server.person("alice")
    for query, errcode in (
        ({}, "M_MISSING_PARAM"),
        ({"user_id": alice.user_id}, "M_INVALID_PARAM"),
        ({"user_id": "bob"}, "M_INVALID_PARAM"),
        ({"user_id": "@b\u00f6b:test"}, "M_INVALID_PARAM"),
        ({"user_id": "@bob:test", "from": "x"}, "M_INVALID_PARAM"),
    ):
        with pytest.raises(Refused) as refused:
            alice.get("/v1/mutual_rooms", **query)
        assert (refused.value.status, refused.value.errcode) == (400, errcode), query
