"""Device lists of others' users, on both databases."""

from typing import Any

from homeserver.storage import devices, remote_devices
from homeserver.storage.published_keys import KnownDevice
from homeserver.storage.remote_devices import MAX_SEEN, HeldList
from homeserver.storage.transaction import Transaction
from tests.outcomes import outcome
from tests.people import Server

ANNE, BERT = "@anne:a", "@bert:b"


def test_lists_and_devices_are_remembered_and_forgotten(server: Server) -> None:
    phone, slab = KnownDevice("P", "{}", None), KnownDevice("S", '{"x":1}', "Slab")

    def keep(txn: Transaction) -> None:
        remote_devices.save(txn, ANNE, HeldList(7, (8, 9)))
        remote_devices.save(txn, BERT, HeldList(None))
        for device in (phone, slab):
            remote_devices.save_device(txn, ANNE, device)
        remote_devices.lose(txn, BERT)

    _write(server, keep)

    assert _read(server, remote_devices.find, ANNE) == HeldList(7, (8, 9))
    assert _read(server, remote_devices.true_ones, [ANNE, BERT]) == {ANNE}
    assert _read(server, remote_devices.stale_ones, "", 5) == [BERT]
    assert _read(server, remote_devices.stale_of_server, "b", 5) == [BERT]
    found = _read(server, remote_devices.devices_of, [ANNE, BERT])
    assert sorted(found[ANNE], key=lambda device: device.device_id) == [phone, slab]
    assert found[BERT] == []
    _write(server, remote_devices.forget, ANNE)
    assert _read(server, remote_devices.find, ANNE) is None
    assert _read(server, remote_devices.devices_of, [ANNE]) == {ANNE: []}
    assert _read(server, devices.list_position, ANNE) == 0


def test_those_in_a_room_are_found(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    _write(server, remote_devices.save, alice.user_id, HeldList(1))
    _write(server, remote_devices.save, BERT, HeldList(1))

    assert _read(server, remote_devices.in_room, room) == [alice.user_id]
    assert _read(server, remote_devices.in_room, "!elsewhere:a") == []


def test_an_update_continues_a_list_whose_updates_are_all_known() -> None:
    held = HeldList(10).after(12)

    assert held.continues([10]) and held.continues([12]) and held.continues([9, 12])
    assert not held.continues([11, 12])
    assert not held.continues([])
    assert not HeldList(None).continues([1])
    assert held.holds(10) and held.holds(12) and not held.holds(11)


def test_only_so_many_updates_are_remembered() -> None:
    held = HeldList(0)
    for number in range(1, MAX_SEEN + 10):
        held = held.after(number)

    assert len(held.seen) == MAX_SEEN
    assert held.continues([MAX_SEEN + 9])


def _write(server: Server, work: Any, *arguments: Any) -> Any:
    return outcome(server.app.database.write(work, *arguments))


def _read(server: Server, work: Any, *arguments: Any) -> Any:
    return outcome(server.app.database.read(work, *arguments))
