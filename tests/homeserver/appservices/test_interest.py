"""Which events a service gets."""

import pytest

from homeserver.events.event import Event
from homeserver.events.room_versions import room_version
from homeserver.rooms.out_of_band import note_membership
from tests.homeserver.appservices.bridge import Bridge, World
from tests.outcomes import outcome
from tests.people import Person

pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)


def members(bridge: Bridge) -> list[tuple[str, str]]:
    events = (event for event in bridge.events() if event["type"] == "m.room.member")
    return [(event["state_key"], event["content"]["membership"]) for event in events]


def test_an_invite_of_its_user_reaches_a_service(world: World, bridge: Bridge) -> None:
    alice = world.server.person("alice")
    ghost = world.ghost(bridge, "_irc_bob")
    room = alice.creates_room(name="The harbour")

    alice.invites(room, ghost)
    world.settles()

    events = bridge.events()
    assert [(it["state_key"], it["content"]["membership"]) for it in events] == [
        (ghost.user_id, "invite")
    ]
    known = {it["type"]: it["content"] for it in events[0]["unsigned"]["invite_room_state"]}
    assert known["m.room.name"] == {"name": "The harbour"}
    assert {"m.room.create", "m.room.join_rules", "m.room.member"} <= known.keys()


def test_a_service_hears_that_its_user_was_put_out_and_then_nothing(
    world: World, bridge: Bridge
) -> None:
    alice = world.server.person("alice")
    ghost = world.ghost(bridge, "_irc_bob")
    room = alice.creates_room(preset="public_chat")
    ghost.joins(room)
    alice.post(f"/v3/rooms/{room}/kick", {"user_id": ghost.user_id})
    alice.sends(room, "good riddance")
    world.settles()

    assert members(bridge) == [(ghost.user_id, "join"), (ghost.user_id, "leave")]
    assert bridge.texts() == []


def test_one_of_two_ghosts_that_stays_is_enough(world: World, bridge: Bridge) -> None:
    alice = world.server.person("alice")
    bob, carol = world.ghost(bridge, "_irc_bob"), world.ghost(bridge, "_irc_carol")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    carol.joins(room)
    bob.leaves(room)

    alice.sends(room, "hello")
    world.settles()
    carol.leaves(room)
    alice.sends(room, "nobody?")
    world.settles()

    assert bridge.texts() == ["hello"]


def test_the_own_user_of_a_service_counts(world: World, bridge: Bridge) -> None:
    alice, bot = world.server.person("alice"), world.bot(bridge)
    room = alice.creates_room(preset="public_chat")

    bot.joins(room)
    alice.sends(room, "hello")
    world.settles()

    assert bridge.texts() == ["hello"]


def test_a_room_is_of_interest_for_its_alias(world: World, bridge: Bridge) -> None:
    alice, bot = world.server.person("alice"), world.bot(bridge)
    room = alice.creates_room(preset="public_chat")
    alice.sends(room, "before")
    bot.joins(room)
    bot.put("/v3/directory/room/%23_irc_room:test", {"room_id": room})
    bot.leaves(room)

    alice.sends(room, "with a name")
    world.settles()
    bot.delete("/v3/directory/room/%23_irc_room:test")
    alice.sends(room, "without")
    world.settles()

    assert bridge.texts() == ["with a name"]


def test_a_room_is_of_interest_for_its_id(world: World) -> None:
    archive = world.adds(namespaces={"rooms": [{"regex": "!.*", "exclusive": False}]})
    alice = world.starts().person("alice")
    room = alice.creates_room()

    alice.sends(room, "hello")
    world.settles()

    assert [event["type"] for event in archive.events()][:2] == ["m.room.create", "m.room.member"]
    assert archive.texts() == ["hello"]


def test_each_service_gets_what_is_its(world: World) -> None:
    irc = world.adds()
    other = world.adds(namespaces={"users": [{"regex": "@_other_.*", "exclusive": True}]})
    server = world.starts()
    alice = server.person("alice")
    for bridge, name in ((irc, "_irc_bob"), (other, "_other_bob")):
        room = alice.creates_room(preset="public_chat")
        world.ghost(bridge, name).joins(room)
        alice.sends(room, f"for {name}")
    world.settles()

    assert irc.texts() == ["for _irc_bob"]
    assert other.texts() == ["for _other_bob"]


def test_after_an_outage_a_service_gets_what_it_would_have_got(
    world: World, bridge: Bridge
) -> None:
    alice = world.server.person("alice")
    bob = world.ghost(bridge, "_irc_bob")
    room = alice.creates_room(preset="public_chat")
    quiet = alice.creates_room(preset="public_chat")
    bridge.status = 500
    alice.sends(room, "too early")
    bob.joins(room)
    alice.sends(room, "heard")
    alice.sends(quiet, "elsewhere")
    bob.leaves(room)
    alice.sends(room, "too late")
    world.settles()

    world.dies()
    bridge.status = 200
    world.starts()
    for _ in range(5):
        world.settles(1)

    assert members(bridge) == [(bob.user_id, "join"), (bob.user_id, "leave")]
    assert bridge.texts() == ["heard"]


def invite_from_elsewhere(user_id: str) -> Event:
    pdu = {
        "type": "m.room.member",
        "sender": "@eve:elsewhere",
        "state_key": user_id,
        "room_id": "!room:elsewhere",
        "content": {"membership": "invite"},
        "origin_server_ts": 1,
        "depth": 5,
        "prev_events": [],
        "auth_events": [],
    }
    return Event.from_pdu(pdu, room_version("10"), f"$invite-of-{user_id[1:].partition(':')[0]}")


def test_invites_by_other_servers_reach_a_service_even_after_an_outage(
    world: World, bridge: Bridge
) -> None:
    bob, carol = world.ghost(bridge, "_irc_bob"), world.ghost(bridge, "_irc_carol")

    def is_invited(user_id: str) -> None:
        event = invite_from_elsewhere(user_id)
        told = [{"type": "m.room.name", "state_key": "", "sender": "@eve:elsewhere", "content": {}}]
        outcome(world.server.app.database.write(note_membership, event, "elsewhere", told))

    is_invited(bob.user_id)
    world.settles()
    bridge.status = 500
    is_invited(carol.user_id)
    world.server.person("alice")
    world.dies()
    bridge.status = 200
    world.starts()
    for _ in range(5):
        world.settles(1)

    invites = bridge.events()
    assert [it["state_key"] for it in invites] == [bob.user_id, carol.user_id]
    for it in invites:
        assert [state["type"] for state in it["unsigned"]["invite_room_state"]] == ["m.room.name"]


def test_a_new_service_begins_with_the_present(world: World) -> None:
    everything = world.adds(namespaces={"rooms": [{"regex": "!.*"}]})
    server = world.starts()
    alice = server.person("alice")
    room = alice.creates_room()
    world.settles(2)
    world.dies()
    late = world.adds(namespaces={"rooms": [{"regex": "!.*"}]})
    world.starts()

    Person(world.server, "alice", alice.token).sends(room, "hello", "a new txn")
    for _ in range(3):
        world.settles(1)

    assert everything.texts() == late.texts() == ["hello"]
    assert len(late.events()) == 1
