"""Rooms that the server cannot read, through matrix-nio with Olm."""

from collections.abc import Awaitable, Callable
from tempfile import TemporaryDirectory

import pytest
from nio import (
    AsyncClient,
    AsyncClientConfig,
    KeysQueryResponse,
    KeysUploadResponse,
    LogoutResponse,
    RoomMessageText,
)

from tests.clients.nio.conversation import conversation
from tests.clients.nio.people import PATIENCE_S, People, Person, expect
from tests.clients.started_server import Homeserver

pytest.importorskip("olm", reason="matrix-nio[e2e] is not installed")

ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2"}

Script = Callable[[People, str], Awaitable[None]]


def encrypted_conversation(script: Script) -> Callable[[Homeserver], None]:
    """The script gets a folder for the keys of its people."""

    async def with_folder(people: People) -> None:
        with TemporaryDirectory() as folder:
            await script(people, folder)

    with_folder.__name__ = getattr(script, "__name__", "test")
    return conversation(with_folder)


async def with_keys(people: People, person: Person, folder: str) -> Person:
    """The same device, by a client that encrypts; its keys are on the server."""
    config = AsyncClientConfig(
        max_limit_exceeded=0,
        max_timeouts=0,
        request_timeout=PATIENCE_S,
        encryption_enabled=True,
        store_sync_tokens=False,
    )
    plain = person.client
    user_id, device_id = str(plain.user_id), str(plain.device_id)
    client = AsyncClient(people.server.base_url, user_id, device_id, folder, config)
    people.adopt(client)
    client.restore_login(user_id, device_id, plain.access_token)
    secret = Person(client, person.password)
    await uploads(secret)
    return secret


async def uploads(person: Person) -> None:
    await person.syncs()
    if person.client.should_upload_keys:
        await expect(KeysUploadResponse, person.client.keys_upload())


async def encrypted_room(owner: Person, *others: Person) -> str:
    state = [{"type": "m.room.encryption", "state_key": "", "content": ENCRYPTION}]
    room = await owner.creates_room(*others, initial_state=state)
    for other in others:
        await other.joins(room)

    def everybody_is_known() -> bool:
        known = owner.room(room)
        return bool(known and known.encrypted and len(known.users) == len(others) + 1)

    await owner.syncs_until(everybody_is_known)
    return room


async def whispers(person: Person, room: str, body: str) -> str:
    if person.client.should_query_keys:
        await expect(KeysQueryResponse, person.client.keys_query())
    sending = person.client.room_send(
        room, "m.room.message", {"msgtype": "m.text", "body": body}, ignore_unverified_devices=True
    )
    return str((await sending).event_id)


@encrypted_conversation
async def test_what_is_said_in_an_encrypted_room_is_read_by_its_members(
    people: People, folder: str
) -> None:
    alice, bob = [
        await with_keys(people, person, folder) for person in await people.register("alice", "bob")
    ]
    room = await encrypted_room(alice, bob)
    await bob.syncs()

    for speaker, hearer, body in ((alice, bob, "a secret"), (bob, alice, "a secret of mine")):
        sent = await whispers(speaker, room, body)
        heard = await hearer.hears(room, sent)
        assert isinstance(heard, RoomMessageText)
        assert (heard.decrypted, heard.body) == (True, body)

    status, event = await alice.asks("GET", f"/rooms/{room}/event/{sent}")
    assert (status, event["type"]) == (200, "m.room.encrypted")
    assert "secret" not in str(event)


@encrypted_conversation
async def test_a_new_device_is_noticed_and_gets_the_next_keys(people: People, folder: str) -> None:
    plain_alice, plain_bob = await people.register("alice", "bob")
    alice = await with_keys(people, plain_alice, folder)
    bob = await with_keys(people, plain_bob, folder)
    room = await encrypted_room(alice, bob)
    await bob.hears(room, await whispers(alice, room, "one device"))

    laptop = await with_keys(people, await people.another_device(plain_bob), folder)

    def is_noticed() -> bool:
        return bool(alice.client.should_query_keys)

    await alice.syncs_until(is_noticed)
    heard = await laptop.hears(room, await whispers(alice, room, "two devices"))
    assert (heard.decrypted, heard.body) == (True, "two devices")

    await expect(LogoutResponse, laptop.client.logout())
    await alice.syncs_until(is_noticed)
    await expect(KeysQueryResponse, alice.client.keys_query())
    active = alice.client.device_store.active_user_devices(bob.user_id)
    assert [device.id for device in active] == [bob.client.device_id]


@encrypted_conversation
async def test_one_time_keys_are_refilled_as_they_are_claimed(people: People, folder: str) -> None:
    alice, bob, carol = [
        await with_keys(people, person, folder)
        for person in await people.register("alice", "bob", "carol")
    ]
    full = bob.client.olm.uploaded_key_count
    for other in (alice, carol):
        room = await encrypted_room(other, bob)
        await bob.hears(room, await whispers(other, room, "hello"))

    assert bob.client.olm.uploaded_key_count == full - 2
    assert bob.client.should_upload_keys
    await uploads(bob)
    await bob.syncs()
    assert bob.client.olm.uploaded_key_count == full
