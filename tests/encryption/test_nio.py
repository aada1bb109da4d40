"""Our machine and matrix-nio, in encrypted rooms."""

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from nio import (
    ForwardedRoomKeyEvent,
    KeysQueryResponse,
    RoomEncryptedFile,
    RoomKeyRequestResponse,
    RoomMessageText,
    ToDeviceResponse,
)
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment

from e2ee.attachments import Encryption, decrypt_whole
from e2ee.driver import now_ms, random
from e2ee.happenings import RoomKeyArrived, Trust
from e2ee.verification.flow import Phase
from tests.clients.nio.people import People, Person, expect
from tests.clients.nio.test_encryption import whispers, with_keys
from tests.clients.started_server import Homeserver
from tests.encryption.people import Bot, Crew, crew

Script = Callable[[Crew, People, str], Awaitable[None]]
Hold = Callable[[Script], None]


@pytest.fixture
def hold(homeserver: Homeserver, tmp_path: Path) -> Hold:
    """Holds a conversation between our people and those with nio, who keep keys in a folder."""

    def hold(script: Script) -> None:
        async def held() -> None:
            people = People(homeserver)
            try:
                async with crew(homeserver, tmp_path) as ours:
                    await script(ours, people, str(tmp_path))
            finally:
                await people.close()

        asyncio.run(held())

    return hold


async def with_nio(people: People, name: str, folder: str) -> Person:
    return await with_keys(people, (await people.register(name))[0], folder)


async def a_room(alice: Bot, bob: Person) -> str:
    """That both know to be encrypted, and whose members nio knows."""
    room_id = await alice.creates_room(bob.user_id)
    await bob.joins(room_id)
    await alice.syncs()
    await bob.syncs_until(lambda: bob.room(room_id) and len(bob.room(room_id).users) == 2)
    return room_id


async def knows(person: Person, user_id: str, device_id: str) -> Any:
    """Somebody's device as nio knows it, which it asks for only before it speaks."""
    if person.client.should_query_keys:
        await expect(KeysQueryResponse, person.client.keys_query())
    return person.client.device_store[user_id][device_id]


def test_messages_go_both_ways(hold: Hold) -> None:
    async def script(ours: Crew, people: People, folder: str) -> None:
        alice, bob = await ours.bot("alice"), await with_nio(people, "bob", folder)
        room_id = await a_room(alice, bob)
        heard = await bob.hears(room_id, await alice.says(room_id, "hello bob"))
        assert isinstance(heard, RoomMessageText)
        assert heard.body == "hello bob"
        assert await alice.reads(await whispers(bob, room_id, "hello alice")) == "hello alice"

    hold(script)


def test_what_nio_starts_ends_without_harm(hold: Hold) -> None:
    """nio 0.26 awaits the commitment in hexadecimal, where the specification wants Base64."""

    async def script(ours: Crew, people: People, folder: str) -> None:
        alice, bob = await ours.bot("alice"), await with_nio(people, "bob", folder)
        room_id = await a_room(alice, bob)
        await bob.hears(room_id, await alice.says(room_id, "hello"))
        await alice.reads(await whispers(bob, room_id, "hello"))
        device = await knows(bob, alice.user_id, alice.device_id)
        await expect(ToDeviceResponse, bob.client.start_key_verification(device))
        one = await alice.until(lambda: next(iter(alice.machine.verifications()), None))
        for _ in range(4):
            await bob.syncs(timeout_ms=200)
            await bob.client.send_to_device_messages()
            await alice.syncs()
        assert (one.phase, one.cancel_code) == (Phase.CANCELLED, "m.mismatched_commitment")
        assert alice.machine.trust(bob.user_id, str(bob.client.device_id)) is Trust.UNSIGNED
        assert not device.verified

    hold(script)


async def compare(alice: Bot, bob: Person, one: Any) -> None:
    sas = bob.client.key_verifications[one.id]
    for _ in range(10):
        await bob.syncs(timeout_ms=200)
        await bob.client.send_to_device_messages()
        await alice.syncs()
        if one.phase is Phase.COMPARING and sas.established_sas:
            break
    assert one.cancel_code is None, one.cancel_reason
    assert one.decimals == tuple(sas.get_decimals())
    await expect(ToDeviceResponse, bob.client.confirm_short_auth_string(one.id))
    one.confirm()
    alice.machine.said(one)
    await alice.driver.settle()
    await alice.until(lambda: one.phase is Phase.DONE)
    await bob.syncs_until(lambda: sas.verified)


def test_devices_are_verified_when_we_start(hold: Hold) -> None:
    async def script(ours: Crew, people: People, folder: str) -> None:
        alice, bob = await ours.bot("alice"), await with_nio(people, "bob", folder)
        room_id = await a_room(alice, bob)
        await bob.hears(room_id, await alice.says(room_id, "hello"))
        await alice.reads(await whispers(bob, room_id, "hello"))
        device = await knows(bob, alice.user_id, alice.device_id)
        one = alice.machine.start_bare_sas(bob.user_id, str(bob.client.device_id), now_ms())
        await alice.driver.settle()
        await bob.syncs_until(lambda: one.id in bob.client.key_verifications)
        await expect(ToDeviceResponse, bob.client.accept_key_verification(one.id))
        await compare(alice, bob, one)
        assert alice.machine.trust(bob.user_id, str(bob.client.device_id)) is Trust.VERIFIED
        assert device.verified

    hold(script)


def test_attachments_go_both_ways(hold: Hold) -> None:
    async def script(ours: Crew, people: People, folder: str) -> None:
        alice, bob = await ours.bot("alice"), await with_nio(people, "bob", folder)
        room_id = await a_room(alice, bob)
        picture = b"not really a picture" * 5000
        sealed = Encryption.begin(random)
        data = b"".join(sealed.update(picture[at : at + 1000]) for at in range(0, 100_000, 1000))
        file = sealed.file(await alice.driver.server.upload(data))
        content = {"msgtype": "m.file", "body": "a.bin", "file": file}
        heard = await bob.hears(
            room_id, await alice.driver.send(room_id, "m.room.message", content)
        )
        assert isinstance(heard, RoomEncryptedFile)
        downloaded = await bob.client.download(heard.url)
        key, iv = heard.key["k"], heard.iv
        assert decrypt_attachment(downloaded.body, key, heard.hashes["sha256"], iv) == picture

        data, theirs = encrypt_attachment(picture)
        uploaded, _ = await bob.client.upload(BytesIO(data), filesize=len(data))
        content = {
            "msgtype": "m.file",
            "body": "b.bin",
            "file": theirs | {"url": uploaded.content_uri},
        }
        sent = await bob.client.room_send(
            room_id, "m.room.message", content, ignore_unverified_devices=True
        )
        read = (await alice.reads_event(sent.event_id)).event["content"]
        downloaded_here = await alice.driver.server.download(read["file"]["url"])
        assert decrypt_whole(downloaded_here, read["file"]) == picture

    hold(script)


def test_our_new_device_asks_theirs_for_a_key(hold: Hold) -> None:
    async def script(ours: Crew, people: People, folder: str) -> None:
        bob, alice = await ours.bot("bob"), await with_nio(people, "alice", folder)
        room_id = await a_room(bob, alice)
        sent = await bob.says(room_id, "remember this")
        await alice.hears(room_id, sent)
        laptop = await ours.another_device(alice.user_id, alice.password)
        await alice.syncs_until(lambda: alice.client.should_query_keys)
        alice.client.verify_device(await knows(alice, laptop.user_id, laptop.device_id))
        laptop.machine.follow([alice.user_id])
        await laptop.driver.settle()
        laptop.machine.set_device_mark(alice.user_id, str(alice.client.device_id), "verified")

        await alice.hears(room_id, await laptop.says(room_id, "I am new here"))
        encrypted = await laptop.ask("GET", f"/rooms/{room_id}/event/{sent}")
        laptop.heard += laptop.machine.receive_event(room_id, encrypted, now_ms())
        await laptop.driver.settle()
        for _ in range(5):
            await alice.syncs(timeout_ms=200)
            await alice.client.send_to_device_messages()
            await laptop.syncs()
        assert await laptop.reads(sent) == "remember this"

    hold(script)


def test_their_new_device_asks_ours_for_a_key(hold: Hold) -> None:
    async def script(ours: Crew, people: People, folder: str) -> None:
        bob, alice = await ours.bot("bob"), await ours.bot("alice")
        room_id = await bob.creates_room(alice.user_id)
        await alice.joins(room_id)
        await bob.syncs()
        sent = await bob.says(room_id, "remember this")
        assert await alice.reads(sent) == "remember this"

        plain = Person(people.stranger(alice.user_id), alice.password)
        await plain.client.login(alice.password)
        laptop = await with_keys(people, plain, folder)
        laptop.client.olm.users_for_key_query.add(alice.user_id)
        laptop.client.verify_device(await knows(laptop, alice.user_id, alice.device_id))
        device_id = str(laptop.client.device_id)
        await alice.until(lambda: device_id in alice.machine.device_ids(alice.user_id))
        alice.machine.set_device_mark(alice.user_id, device_id, "verified")

        event = (await laptop.client.room_get_event(room_id, sent)).event
        event.room_id = room_id
        await expect(RoomKeyRequestResponse, laptop.client.request_room_key(event))
        await alice.syncs()
        await laptop.syncs_until(
            lambda: [one for one in laptop.to_device if isinstance(one, ForwardedRoomKeyEvent)]
        )
        assert laptop.client.decrypt_event(event).body == "remember this"

    hold(script)


def test_files_of_keys_are_read_by_the_other(hold: Hold) -> None:
    async def script(ours: Crew, people: People, folder: str) -> None:
        alice, bob = await ours.bot("alice"), await with_nio(people, "bob", folder)
        room_id = await a_room(alice, bob)
        sent = await alice.says(room_id, "in a file")
        await bob.hears(room_id, sent)
        theirs = Path(folder) / "theirs.txt"
        await bob.client.export_keys(str(theirs), "passphrase", 1000)
        carol = await ours.bot("carol")
        arrived = carol.machine.import_keys(theirs.read_text(), "passphrase")
        assert [one.room_id for one in arrived if isinstance(one, RoomKeyArrived)] == [room_id]

        mine = Path(folder) / "mine.txt"
        mine.write_text(alice.machine.export_keys("passphrase", 1000))
        dave = await with_nio(people, "dave", folder)
        await dave.client.import_keys(str(mine), "passphrase")
        event = await alice.ask("GET", f"/rooms/{room_id}/event/{sent}")
        session = dave.client.olm.inbound_group_store.get(
            room_id, alice.machine._parts.own.curve25519, event["content"]["session_id"]
        )
        assert session is not None

    hold(script)


def test_whoever_leaves_cannot_read_on(hold: Hold) -> None:
    async def script(ours: Crew, people: People, folder: str) -> None:
        alice, bob = await ours.bot("alice"), await ours.bot("bob")
        carol = await with_nio(people, "carol", folder)
        room_id = await alice.creates_room(bob.user_id, carol.user_id)
        await bob.joins(room_id)
        await carol.joins(room_id)
        await alice.syncs()
        first = await alice.says(room_id, "all of us")
        assert (await carol.hears(room_id, first)).body == "all of us"
        await carol.client.room_leave(room_id)
        await alice.syncs()
        second = await alice.says(room_id, "without carol")
        assert await bob.reads(second) == "without carol"
        await carol.syncs()
        content = (await alice.ask("GET", f"/rooms/{room_id}/event/{second}"))["content"]
        known = carol.client.olm.inbound_group_store
        assert content["session_id"] not in {one.id for one in known}

    hold(script)
