"""Rooms that bridges delete."""

import pytest

from tests.homeserver.appservices.bridge import Bridge, World
from tests.people import Refused

DELETE = "/unstable/com.beeper.yeet/rooms/{}/delete"


def test_everybody_is_out_of_a_deleted_room(world: World, bridge: Bridge) -> None:
    alice, bot = world.server.person("alice"), world.bot(bridge)
    ghosts = [world.ghost(bridge, f"_irc_{number}") for number in range(60)]
    room = bot.creates_room(
        preset="public_chat",
        visibility="public",
        room_alias_name="_irc_room",
        **{"com.beeper.initial_members": [ghost.user_id for ghost in ghosts]},
    )
    alice.joins(room)
    said = [bot.sends(room, str(number)) for number in range(120)]

    bot.post(DELETE.format(room))

    assert alice.get("/v3/joined_rooms") == {"joined_rooms": []}
    assert bot.get("/v3/joined_rooms") == {"joined_rooms": []}
    for path in (f"/v3/rooms/{room}/event/{said[0]}", f"/v3/rooms/{room}/state"):
        with pytest.raises(Refused):
            alice.get(path)
    assert alice.get("/v3/publicRooms")["chunk"] == []
    look_up = bot.ask("GET", "/v3/directory/room/%23_irc_room:test")
    world.settles()
    assert look_up.raw()[0] == 404


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_only_a_service_with_power_may_delete(world: World, bridge: Bridge) -> None:
    alice, bot = world.server.person("alice"), world.bot(bridge)
    room = alice.creates_room(preset="public_chat")
    bot.joins(room)

    for who in (alice, bot):
        with pytest.raises(Refused) as refused:
            who.post(DELETE.format(room))
        assert refused.value.errcode == "M_FORBIDDEN"
    assert alice.get("/v3/joined_rooms") == {"joined_rooms": [room]}
