"""Requests about membership that are not what they should be."""

from typing import Any

import pytest

from tests.homeserver.appservices.bridge import Bridge, World
from tests.homeserver.rooms.test_joining import refusal
from tests.people import Refused, Server

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


def test_services_set_the_time_of_comings_and_goings(world: World, bridge: Bridge) -> None:
    alice, bot = world.server.person("alice"), world.bot(bridge)
    ghost = world.ghost(bridge, "_irc_bob")
    room = bot.creates_room()
    who = {"user_id": ghost.user_id}

    def then(membership: str) -> int:
        events = bot.get(f"/v3/rooms/{room}/messages", dir="b", limit=1)["chunk"]
        assert events[0]["content"]["membership"] == membership
        return int(events[0]["origin_server_ts"])

    bot.post(f"/v3/rooms/{room}/invite", who, ts=1000)
    assert then("invite") == 1000
    ghost.post(f"/v3/rooms/{room}/join", {}, ts=2000)
    assert then("join") == 2000
    bot.post(f"/v3/rooms/{room}/kick", who, ts=3000)
    assert then("leave") == 3000
    bot.post(f"/v3/rooms/{room}/ban", who, ts=4000)
    assert then("ban") == 4000
    bot.post(f"/v3/rooms/{room}/unban", who, ts=5000)
    assert then("leave") == 5000
    bot.post(f"/v3/rooms/{room}/invite", {"user_id": alice.user_id})
    with pytest.raises(Refused) as refused:
        alice.post(f"/v3/join/{room}", {}, ts=1000)
    assert refused.value.errcode == "M_FORBIDDEN"


def test_a_service_says_that_it_accepts_an_invite_itself(world: World, bridge: Bridge) -> None:
    bot, ghost = world.bot(bridge), world.ghost(bridge, "_irc_bob")
    room = bot.creates_room()

    body = {"user_id": ghost.user_id, "fi.mau.will_auto_accept": True}
    bot.post(f"/v3/rooms/{room}/invite", body)

    member = bot.state(room, "m.room.member", ghost.user_id)
    assert member["membership"] == "invite"
    assert member["fi.mau.will_auto_accept"] is True
