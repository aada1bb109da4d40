"""Devices of an application service, fed by its transactions."""

from typing import Any

from e2ee.appservice import AppserviceMachines
from e2ee.happenings import RoomKeyArrived
from e2ee.machine import Me
from tests.e2ee.simulation import ROOM, Person, SimulatedServer, encrypted_room, until_quiet


def test_ghosts_and_bot_get_what_is_theirs_and_read_and_write() -> None:
    server = SimulatedServer()
    bot, ghost = Person(server, "@bot:test", "BRIDGE"), Person(server, "@ghost:test", "GHOST")
    alice = Person(server, "@alice:test", "ALICE").settles()
    machines = AppserviceMachines()
    for one in (bot, ghost):
        one.settles()
        machines.add(one.machine)
    encrypted_room(server, "@alice:test", "@bot:test", "@ghost:test")
    events = [event | {"room_id": ROOM} for _, _, event in server.timeline]
    machines.receive_transaction({"events": events}, server.now_ms)
    for one in (bot, ghost):
        one.machine.receive_members(ROOM, server.members(ROOM))
    until_quiet(alice)

    ghost.says("from the other network")
    until_quiet(alice)
    assert alice.read() == ["from the other network"]
    alice.says("to the other network")

    messages = [
        message | {"to_user_id": one.me.user_id, "to_device_id": one.me.device_id}
        for one in (bot, ghost)
        for _, message in server.devices[one.me.user_id][one.me.device_id].inbox
    ]
    transaction: dict[str, Any] = {
        "events": [],
        "de.sorunome.msc2409.to_device": messages,
        "org.matrix.msc3202.device_lists": {"changed": ["@alice:test"], "left": []},
        "org.matrix.msc3202.device_one_time_key_counts": {
            "@ghost:test": {"GHOST": {"signed_curve25519": 10}}
        },
        "org.matrix.msc3202.device_unused_fallback_key_types": {"@ghost:test": {"GHOST": []}},
    }
    heard = machines.receive_transaction(transaction, server.now_ms)
    assert {one.me for one in heard if isinstance(one.happening, RoomKeyArrived)} == {
        Me("@bot:test", "BRIDGE"),
        Me("@ghost:test", "GHOST"),
    }
    uploads = [one for one in ghost.machine.requests(server.now_ms) if one.id.startswith("upload")]
    assert uploads[0].body is not None
    assert len(uploads[0].body["one_time_keys"]) == 40
    assert len(uploads[0].body["fallback_keys"]) == 1
    _, _, event = server.timeline[-1]
    for one in (bot, ghost):
        one.heard += one.machine.receive_event(ROOM, event, server.now_ms)
        assert one.read()[-1] == "to the other network"


def test_a_transaction_of_rubbish_is_survived() -> None:
    server = SimulatedServer()
    machines = AppserviceMachines()
    machines.add(Person(server, "@bot:test", "BRIDGE").machine)
    many: list[Any] = [None, 5, [None], {"@bot:test": []}, {"changed": [1]}]
    for rubbish in many:
        names = ("events", "to_device", "device_lists", "device_one_time_keys_count")
        machines.receive_transaction(dict.fromkeys(names, rubbish), 0)
