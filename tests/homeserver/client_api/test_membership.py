"""Requests about membership that are not what they should be."""

from typing import Any

import pytest

from tests.homeserver.rooms.test_joining import refusal
from tests.people import Server

pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)


@pytest.mark.parametrize("verb", ["invite", "kick", "ban", "unban"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "M_MISSING_PARAM"),
        ({"user_id": 7}, "M_BAD_JSON"),
        ({"user_id": "@bob:test", "reason": 7}, "M_BAD_JSON"),
        (b"{", "M_NOT_JSON"),
        (b"[]", "M_BAD_JSON"),
    ],
)
def test_a_body_must_name_a_user(server: Server, verb: str, body: Any, code: str) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    assert refusal(alice, "POST", f"/v3/rooms/{room}/{verb}", body) == (400, code)


def test_a_body_may_be_left_out_where_nothing_must_be_said(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    assert bob.ask("POST", f"/v3/join/{room}", b"").json() == {"room_id": room}
    assert bob.ask("POST", f"/v3/rooms/{room}/leave", b"").json() == {}
    assert bob.ask("POST", f"/v3/rooms/{room}/forget", b"").json() == {}


def test_old_paths_and_the_old_name_of_via_still_work(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    joined = bob.ask("POST", f"/r0/join/{room}?server_name=a.example&server_name=test", {}).json()
    assert joined == {"room_id": room}
    assert bob.get("/r0/joined_rooms") == {"joined_rooms": [room]}
