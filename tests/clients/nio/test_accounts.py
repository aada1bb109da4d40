"""Accounts, sessions and devices, seen through matrix-nio."""

import hashlib
import hmac
import json

from aiohttp import ClientSession
from nio import (
    DeleteDevicesAuthResponse,
    DeleteDevicesResponse,
    DevicesResponse,
    LoginInfoResponse,
    LoginResponse,
    LogoutResponse,
    ProfileGetResponse,
    ProfileSetDisplayNameResponse,
    RegisterResponse,
    UpdateDeviceResponse,
    WhoamiResponse,
)

from tests.clients.nio.conversation import conversation
from tests.clients.nio.people import People, Person, expect, fresh, refused


@conversation
async def test_a_new_account_can_act_at_once(people: People) -> None:
    [alice] = await people.register("alice")

    me = await expect(WhoamiResponse, alice.client.whoami())

    assert me.user_id == alice.user_id
    assert me.device_id == alice.client.device_id


@conversation
async def test_registration_asks_for_a_stage_and_takes_the_dummy_one(people: People) -> None:
    stranger, username = people.stranger(), fresh("carol")
    account = {"username": username, "password": "correct horse"}

    asked = await stranger.send("POST", "/_matrix/client/v3/register", json.dumps(account))
    stages = await asked.json()
    done = await expect(
        RegisterResponse,
        stranger.register(username, "correct horse", session_token=stages["session"]),
    )

    assert asked.status == 401
    assert {"stages": ["m.login.dummy"]} in stages["flows"]
    assert done.user_id.startswith(f"@{username}:")


@conversation
async def test_a_taken_name_is_refused(people: People) -> None:
    [alice] = await people.register("alice")
    localpart = alice.user_id[1:].partition(":")[0]

    errcode = await refused(people.stranger().register(localpart, "another password"))

    assert errcode == "M_USER_IN_USE"


@conversation
async def test_a_wrong_password_is_refused(people: People) -> None:
    [alice] = await people.register("alice")

    errcode = await refused(people.stranger(alice.user_id).login("not the password"))

    assert errcode == "M_FORBIDDEN"


@conversation
async def test_passwords_are_among_the_ways_to_log_in(people: People) -> None:
    flows = await expect(LoginInfoResponse, people.stranger().login_info())

    assert "m.login.password" in flows.flows


@conversation
async def test_a_localpart_suffices_to_log_in(people: People) -> None:
    [alice] = await people.register("alice")
    localpart = alice.user_id[1:].partition(":")[0]

    session = await expect(LoginResponse, people.stranger(localpart).login(alice.password))

    assert session.user_id == alice.user_id


@conversation
async def test_logout_ends_one_device_and_no_other(people: People) -> None:
    [phone] = await people.register("alice")
    laptop = await people.another_device(phone)

    await expect(LogoutResponse, laptop.client.logout())
    laptop.client.access_token = laptop.client.access_token or "forgotten"

    assert await device_names(phone) == ["phone"]
    assert await refused(laptop.client.whoami()) == "M_UNKNOWN_TOKEN"


@conversation
async def test_logout_of_all_devices_leaves_none(people: People) -> None:
    [phone] = await people.register("alice")
    laptop = await people.another_device(phone)

    await expect(LogoutResponse, phone.client.logout(all_devices=True))

    assert await refused(laptop.client.whoami()) == "M_UNKNOWN_TOKEN"


@conversation
async def test_a_device_can_be_renamed(people: People) -> None:
    [alice] = await people.register("alice")
    device_id = alice.client.device_id

    renaming = alice.client.update_device(device_id, {"display_name": "old phone"})
    await expect(UpdateDeviceResponse, renaming)

    assert await device_names(alice) == ["old phone"]


@conversation
async def test_a_device_is_deleted_only_with_the_password(people: People) -> None:
    [phone] = await people.register("alice")
    laptop = await people.another_device(phone)
    doomed = [laptop.client.device_id]

    asked = await expect(DeleteDevicesAuthResponse, phone.client.delete_devices(doomed))
    assert await device_names(phone) == ["laptop", "phone"]
    await expect(
        DeleteDevicesResponse,
        phone.client.delete_devices(doomed, auth=password_stage(phone, asked.session)),
    )

    assert await device_names(phone) == ["phone"]
    assert await refused(laptop.client.whoami()) == "M_UNKNOWN_TOKEN"


@conversation
async def test_a_profile_is_shown_to_others(people: People) -> None:
    alice, bob = await people.register("alice", "bob")

    await expect(ProfileSetDisplayNameResponse, alice.client.set_displayname("Alice ☃"))
    profile = await expect(ProfileGetResponse, bob.client.get_profile(alice.user_id))

    assert profile.displayname == "Alice ☃"


@conversation
async def test_a_new_name_reaches_the_rooms_of_its_owner(people: People) -> None:
    alice, bob = await people.register("alice", "bob")
    room = await alice.creates_room(bob)
    await bob.joins(room)
    await bob.syncs_until(lambda: bob.room(room))

    await expect(ProfileSetDisplayNameResponse, alice.client.set_displayname("Alice B."))

    await bob.syncs_until(lambda: bob.room(room).user_name(alice.user_id) == "Alice B.")


@conversation
async def test_the_shared_secret_makes_an_account_that_can_log_in(people: People) -> None:
    username, password = fresh("dora"), "correct horse"
    url = f"{people.server.base_url}/_synapse/admin/v1/register"
    async with ClientSession() as http:
        nonce = (await (await http.get(url)).json())["nonce"]
        signed = "\0".join([nonce, username, password, "notadmin"]).encode()
        mac = hmac.new(people.server.shared_secret.encode(), signed, hashlib.sha1).hexdigest()
        account = {"nonce": nonce, "username": username, "password": password, "mac": mac}
        made = await http.post(url, json=account | {"admin": False})
        assert made.status == 200, await made.text()

    await expect(LoginResponse, people.stranger(username).login(password))


async def device_names(person: Person) -> list[str]:
    devices = await expect(DevicesResponse, person.client.devices())
    return sorted(device.display_name for device in devices.devices)


def password_stage(person: Person, session: str) -> dict[str, object]:
    return {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": person.user_id},
        "password": person.password,
        "session": session,
    }
