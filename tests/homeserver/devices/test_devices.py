"""The devices of our users."""

import pytest

from homeserver.changes import DeviceListChanged
from homeserver.devices import devices as devices_module
from tests.people import JsonObject, Person, Refused, Server

PASSWORD = "correct horse battery"


def proof(person: Person) -> JsonObject:
    return {"type": "m.login.password", "user": person.user_id, "password": PASSWORD}


def test_every_login_is_a_device(server: Server) -> None:
    phone = server.person("alice")
    laptop = phone.logs_in(initial_device_display_name="Laptop")

    devices = phone.get("/v3/devices")["devices"]

    names = {device["device_id"]: device.get("display_name") for device in devices}
    assert names == {phone.device_id: None, laptop.device_id: "Laptop"}


def test_a_login_is_a_use(server: Server) -> None:
    alice = server.person("alice")
    laptop = alice.logs_in()

    device = alice.get(f"/v3/devices/{laptop.device_id}")

    assert device["last_seen_ts"] == server.clock.now_ms()
    assert device["last_seen_ip"] == "203.0.113.7"


def test_devices_tell_when_and_where_they_were_used(server: Server) -> None:
    alice = server.person("alice")
    server.clock.advance(1000)

    device = alice.get(f"/v3/devices/{alice.device_id}")

    assert device["last_seen_ts"] == server.clock.now_ms()
    assert device["last_seen_ip"] == "203.0.113.7"


def test_a_device_gets_another_name(server: Server) -> None:
    alice = server.person("alice")

    alice.put(f"/v3/devices/{alice.device_id}", {"display_name": "Kitchen"})

    assert alice.get(f"/v3/devices/{alice.device_id}")["display_name"] == "Kitchen"


def test_a_device_keeps_its_name_when_none_is_given(server: Server) -> None:
    alice = server.person("alice", initial_device_display_name="Kitchen")

    alice.put(f"/v3/devices/{alice.device_id}", {})

    assert alice.get(f"/v3/devices/{alice.device_id}")["display_name"] == "Kitchen"


def test_names_have_an_end(server: Server) -> None:
    alice = server.person("alice", initial_device_display_name="x" * 500)

    with pytest.raises(Refused) as refused:
        alice.put(f"/v3/devices/{alice.device_id}", {"display_name": "x" * 500})

    assert refused.value.errcode == "M_INVALID_PARAM"
    assert alice.get(f"/v3/devices/{alice.device_id}")["display_name"] == "x" * 100


def test_the_devices_of_others_are_not_there(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    path = f"/v3/devices/{bob.device_id}"

    for method, body in (("GET", None), ("PUT", {"display_name": "mine"})):
        with pytest.raises(Refused) as refused:
            alice.ask(method, path, body).json()
        assert (refused.value.status, refused.value.errcode) == (404, "M_NOT_FOUND")
    alice.delete(path, {"auth": proof(alice)})
    assert bob.get("/v3/account/whoami")


def test_impossible_ids_are_of_no_device(server: Server) -> None:
    alice = server.person("alice")

    for device_id in ("x" * 300, "a%0Ab"):
        path = f"/v3/devices/{device_id}"
        for method, body in (("GET", None), ("PUT", {"display_name": "x"})):
            with pytest.raises(Refused) as refused:
                alice.ask(method, path, body).json()
            assert refused.value.status == 404
        alice.delete(path, {"auth": proof(alice)})


def test_deleting_what_is_gone_succeeds(server: Server) -> None:
    alice = server.person("alice")

    alice.post("/v3/delete_devices", {"devices": ["GONE", "GONE"], "auth": proof(alice)})

    assert len(alice.get("/v3/devices")["devices"]) == 1


def test_a_list_of_devices_must_be_one(server: Server) -> None:
    alice = server.person("alice")

    bad: list[object] = ["X", [1], {}, None]
    for devices in bad:
        with pytest.raises(Refused) as refused:
            alice.post("/v3/delete_devices", {"devices": devices, "auth": proof(alice)})
        assert refused.value.errcode == "M_BAD_JSON"


def test_the_least_used_device_makes_room_for_a_new_one(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices_module, "MAX_DEVICES", 2)
    first = server.person("alice")
    server.clock.advance(10)
    second = first.logs_in()
    server.clock.advance(10)

    third = first.logs_in()

    kept = {device["device_id"] for device in third.get("/v3/devices")["devices"]}
    assert kept == {second.device_id, third.device_id}
    with pytest.raises(Refused):
        first.get("/v3/account/whoami")


def test_others_hear_of_devices_that_come_change_and_go(server: Server) -> None:
    heard: list[str] = []
    server.app.notifier.listen(DeviceListChanged, lambda change: heard.append(change.user_id))

    alice = server.person("alice")
    alice.put(f"/v3/devices/{alice.device_id}", {"display_name": "Kitchen"})
    alice.post("/v3/logout")

    assert heard == ["@alice:test"] * 3
