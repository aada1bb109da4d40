"""What there is beside events: typing, receipts, presence, messages to devices, keys."""

from typing import Any

import pytest

from tests.homeserver.appservices.bridge import Bridge, Ghost, World
from tests.homeserver.devices.crypto import Crypto
from tests.people import Exchange, JsonObject, Person

pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)


class Device(Ghost):
    """A device that a service made for one of its users."""

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Exchange:
        return super().ask(method, path, body, device_id=self.device_id, **query)


def chat(world: World, bridge: Bridge) -> tuple[Person, Ghost, str]:
    alice = world.server.person("alice")
    ghost = world.ghost(bridge, "_irc_bob")
    room = alice.creates_room(preset="public_chat")
    ghost.joins(room)
    world.settles()
    bridge.taken.clear()
    return alice, ghost, room


def device_of(ghost: Ghost, device_id: str) -> Device:
    ghost.put(f"/v3/devices/{device_id}", {})
    return Device(ghost.server, ghost.name, ghost.token, device_id)


def test_who_types_is_told(world: World, bridge: Bridge) -> None:
    alice, _, room = chat(world, bridge)

    alice.put(f"/v3/rooms/{room}/typing/{alice.user_id}", {"typing": True, "timeout": 10_000})
    world.settles()
    world.settles(11)

    began, ended = bridge.ephemeral("m.typing")
    assert began == {"type": "m.typing", "room_id": room, "content": {"user_ids": [alice.user_id]}}
    assert ended["content"] == {"user_ids": []}
    assert bridge.taken[0].body["de.sorunome.msc2409.ephemeral"] == [began]
    assert bridge.taken[0].events == []


def test_receipts_are_told_private_ones_only_of_own_users(world: World, bridge: Bridge) -> None:
    alice, ghost, room = chat(world, bridge)
    event_id = alice.sends(room, "hello")

    alice.post(f"/v3/rooms/{room}/receipt/m.read/{event_id}")
    alice.post(f"/v3/rooms/{room}/receipt/m.read.private/{event_id}")
    ghost.post(f"/v3/rooms/{room}/receipt/m.read.private/{event_id}")
    world.settles()

    found: dict[str, list[str]] = {}
    for receipt in bridge.ephemeral("m.receipt"):
        assert receipt["room_id"] == room
        for type, users in receipt["content"][event_id].items():
            found.setdefault(type, []).extend(users)
    assert found == {"m.read": [alice.user_id], "m.read.private": [ghost.user_id]}


def test_presence_is_told_of_those_around(world: World, bridge: Bridge) -> None:
    alice, _, _ = chat(world, bridge)
    stranger = world.server.person("stranger")

    for person in (alice, stranger):
        body = {"presence": "online", "status_msg": "here"}
        person.put(f"/v3/presence/{person.user_id}/status", body)
    world.settles()

    told = bridge.ephemeral("m.presence")
    assert {event["sender"] for event in told} == {alice.user_id}
    assert told[-1]["content"]["status_msg"] == "here"


def test_a_service_that_did_not_ask_gets_nothing_that_passes(world: World) -> None:
    plain = world.adds(receive_ephemeral=False)
    world.starts()
    alice, _, room = chat(world, plain)

    alice.put(f"/v3/rooms/{room}/typing/{alice.user_id}", {"typing": True})
    event_id = alice.sends(room, "hello")
    alice.post(f"/v3/rooms/{room}/receipt/m.read/{event_id}")
    world.settles()

    assert [set(it.body) for it in plain.taken] == [{"events"}]


def test_receipts_outlive_an_outage_and_typing_does_not(world: World, bridge: Bridge) -> None:
    alice, _, room = chat(world, bridge)
    event_id = alice.sends(room, "hello")
    world.settles()
    bridge.status = 500
    alice.sends(room, "more")
    world.settles()
    alice.put(f"/v3/rooms/{room}/typing/{alice.user_id}", {"typing": True})
    alice.post(f"/v3/rooms/{room}/receipt/m.read/{event_id}")
    world.settles()

    world.dies()
    bridge.status = 200
    world.starts()
    for _ in range(5):
        world.settles(1)

    (receipt,) = bridge.ephemeral("m.receipt")
    assert receipt["content"][event_id]["m.read"][alice.user_id]["ts"]
    assert bridge.ephemeral("m.typing") == []


def send_to(sender: Person, device: Person, number: int) -> None:
    content = {"number": number}
    body = {"messages": {device.user_id: {device.device_id: content}}}
    sender.put(f"/v3/sendToDevice/m.test/{number}", body)


def to_device(bridge: Bridge) -> list[JsonObject]:
    return [message for it in bridge.taken for message in it.body.get("to_device", [])]


def test_messages_to_its_devices_come_once_and_in_order(world: World, bridge: Bridge) -> None:
    alice, ghost, _ = chat(world, bridge)
    device = device_of(ghost, "BRIDGE")

    for number in range(250):
        send_to(alice, device, number)
    world.settles()

    got = to_device(bridge)
    assert [message["content"]["number"] for message in got] == list(range(250))
    assert got[0] == {
        "to_user_id": ghost.user_id,
        "to_device_id": "BRIDGE",
        "type": "m.test",
        "sender": alice.user_id,
        "content": {"number": 0},
    }
    assert bridge.taken[0].body["de.sorunome.msc2409.to_device"]
    assert device.syncs().body.get("to_device", {}).get("events", []) == []


def test_messages_outlive_a_kill(world: World, bridge: Bridge) -> None:
    alice, ghost, _ = chat(world, bridge)
    device = device_of(ghost, "BRIDGE")
    bridge.status = 500
    for number in range(150):
        send_to(alice, device, number)
    world.settles()

    world.dies()
    bridge.status = 200
    world.starts()
    for _ in range(5):
        world.settles(1)

    numbers = [message["content"]["number"] for message in to_device(bridge)]
    assert numbers == list(range(150))


def test_a_device_that_syncs_fetches_its_messages_itself(world: World, bridge: Bridge) -> None:
    alice, ghost, _ = chat(world, bridge)
    device = device_of(ghost, "SYNCS")
    device.syncs()
    device.syncs()

    send_to(alice, device, 1)
    world.settles()

    assert to_device(bridge) == []
    (message,) = device.syncs().body["to_device"]["events"]
    assert message["content"] == {"number": 1}


def test_messages_of_people_stay_theirs(world: World) -> None:
    puppets = world.adds(namespaces={"users": [{"regex": "@.*:test", "exclusive": False}]})
    server = world.starts()
    alice, bob = server.people("alice", "bob")

    send_to(alice, bob, 1)
    world.settles()

    assert to_device(puppets) == []
    assert len(bob.syncs().body["to_device"]["events"]) == 1


def test_an_encrypted_bridge_hears_of_devices_and_keys(world: World) -> None:
    bridge = world.adds(**{"org.matrix.msc3202": True})
    world.starts()
    alice, ghost, room = chat(world, bridge)
    device = device_of(ghost, "BRIDGE")
    keys = {"device_keys": Crypto(device).device_keys()}
    device.post("/v3/keys/upload", {**keys, "one_time_keys": {"curve25519:AAAA": "C" * 42 + "A"}})
    alice.sets(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    send_to(alice, device, 1)
    alice.put(f"/v3/devices/{alice.device_id}", {"display_name": "phone"})
    world.settles()

    lists = [it.body[name] for it in bridge.taken for name in LISTS if name in it.body]
    assert {user for it in lists for user in it["changed"]} == {alice.user_id, ghost.user_id}
    (told,) = [it for it in bridge.taken if "to_device" in it.body]
    for name in COUNTS:
        counts = told.body[name][ghost.user_id]["BRIDGE"]
        assert counts == {"curve25519": 1, "signed_curve25519": 0}
    assert told.body["org.matrix.msc3202.device_unused_fallback_key_types"] == {
        ghost.user_id: {"BRIDGE": []}
    }
    bridge.taken.clear()
    alice.leaves(room)
    world.settles()
    assert bridge.taken[-1].body["org.matrix.msc3202.device_lists"]["left"] == [alice.user_id]


LISTS = ("org.matrix.msc3202.device_lists",)
COUNTS = (
    "org.matrix.msc3202.device_one_time_keys_count",
    "org.matrix.msc3202.device_one_time_key_counts",
)
