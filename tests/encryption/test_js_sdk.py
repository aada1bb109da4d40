"""Our machine and matrix-js-sdk with its Rust crypto, in encrypted rooms."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from e2ee.dehydration import SECRET
from e2ee.driver import now_ms, random
from e2ee.happenings import Trust, Undecryptable
from e2ee.identity import BACKUP_SECRET, USAGES, secret_name
from e2ee.secret_storage import (
    DEFAULT_KEY,
    StorageKey,
    account_data_type,
    checked,
    create_key,
    open_secret,
    seal_secret,
)
from e2ee.verification.flow import Phase, Verification
from tests.clients.started_server import Homeserver
from tests.encryption.people import Agent, Bot, Crew, agent, crew

Script = Callable[[Crew, Agent], Awaitable[None]]

pytestmark = pytest.mark.usefixtures("sdk")


@pytest.fixture
def hold(node: str, homeserver: Homeserver, tmp_path: Path) -> Callable[[Script], None]:
    """Holds a conversation between our people and somebody with the SDK."""

    def hold(script: Script) -> None:
        async def held() -> None:
            async with crew(homeserver, tmp_path) as ours, agent(node, homeserver) as theirs:
                await script(ours, theirs)

        asyncio.run(held())

    return hold


async def a_room(alice: Bot, bob: Agent, bob_id: str) -> str:
    room_id = await alice.creates_room(bob_id)
    await bob("joins", room_id)
    await alice.syncs()
    return room_id


def verification(bot: Bot) -> Verification | None:
    return next(iter(bot.machine.verifications()), None)


async def compare_and_confirm(ours: Bot, one: Verification, theirs: Agent) -> None:
    comparing = asyncio.create_task(theirs("comparesEmoji"))
    await ours.until(lambda: one.phase is Phase.COMPARING)
    seen = await comparing
    assert one.emoji is not None
    assert seen["emoji"] == [picture for picture, _ in one.emoji]
    assert tuple(seen["decimal"]) == one.decimals
    one.confirm()
    ours.machine.said(one)
    await ours.driver.settle()
    confirming = asyncio.create_task(theirs("confirms"))
    await ours.until(lambda: one.phase is Phase.DONE)
    await confirming


def test_messages_go_both_ways(hold: Callable[[Script], None]) -> None:
    async def script(ours: Crew, bob: Agent) -> None:
        alice, bob_id = await ours.bot("alice"), (await bob("begins", "bob"))["userId"]
        room_id = await a_room(alice, bob, bob_id)
        sent = await alice.says(room_id, "hello bob")
        assert await bob("reads", roomId=room_id, eventId=sent) == "hello bob"
        answered = await bob("says", roomId=room_id, body="hello alice")
        assert await alice.reads(answered) == "hello alice"

    hold(script)


def test_the_author_of_a_lost_key_gives_it_again(hold: Callable[[Script], None]) -> None:
    """Clients of today answer who was given the key before."""

    async def script(ours: Crew, bob: Agent) -> None:
        alice, bob_id = await ours.bot("alice"), (await bob("begins", "bob"))["userId"]
        room_id = await a_room(alice, bob, bob_id)
        assert await alice.reads(await bob("says", roomId=room_id, body="hello")) == "hello"
        records = alice.machine._records
        (at,) = records.find("inbound", f"{room_id} ")
        with records.step():
            records.remove("inbound", at)

        lost = await bob("says", roomId=room_id, body="do you read me")
        await alice.until(lambda: any(isinstance(it, Undecryptable) for it in alice.heard))
        alice.machine.ask_author_for_key(bob_id, room_id, at.partition(" ")[2])
        assert await alice.reads(lost) == "do you read me"

    hold(script)


def test_a_user_is_verified_by_emoji_when_they_ask(hold: Callable[[Script], None]) -> None:
    async def script(ours: Crew, bob: Agent) -> None:
        alice, bob_id = await ours.bot("alice"), (await bob("begins", "bob"))["userId"]
        await alice.sets_up_identity()
        await bob("setsUpIdentity")
        room_id = await a_room(alice, bob, bob_id)
        await bob("reads", roomId=room_id, eventId=await alice.says(room_id, "hello"))

        await bob("asksToVerifyIn", roomId=room_id, userId=alice.user_id)
        one = await alice.until(lambda: verification(alice))
        one.accept()
        alice.machine.said(one)
        await alice.driver.settle()
        await bob("startsSas")
        await compare_and_confirm(alice, one, bob)

        assert await bob("trustsUser", alice.user_id)
        await alice.until(lambda: alice.machine.is_verified(bob_id))
        heard = await alice.reads_event(await bob("says", roomId=room_id, body="it is me"))
        assert heard.trust is Trust.VERIFIED

    hold(script)


def test_a_user_is_verified_by_emoji_when_we_ask(hold: Callable[[Script], None]) -> None:
    async def script(ours: Crew, bob: Agent) -> None:
        alice, bob_id = await ours.bot("alice"), (await bob("begins", "bob"))["userId"]
        await alice.sets_up_identity()
        await bob("setsUpIdentity")
        room_id = await a_room(alice, bob, bob_id)
        await bob("reads", roomId=room_id, eventId=await alice.says(room_id, "hello"))

        one = alice.machine.verify_user(room_id, bob_id, now_ms())
        await alice.driver.settle()
        await bob("acceptsVerification")
        await alice.until(lambda: one.phase is Phase.READY)
        one.start_sas()
        alice.machine.said(one)
        await alice.driver.settle()
        await compare_and_confirm(alice, one, bob)

        assert await bob("trustsUser", alice.user_id)
        await alice.until(lambda: alice.machine.is_verified(bob_id))

    hold(script)


def test_strings_that_differ_end_the_verification(hold: Callable[[Script], None]) -> None:
    async def script(ours: Crew, bob: Agent) -> None:
        alice, bob_id = await ours.bot("alice"), (await bob("begins", "bob"))["userId"]
        await alice.sets_up_identity()
        await bob("setsUpIdentity")
        room_id = await a_room(alice, bob, bob_id)
        await bob("reads", roomId=room_id, eventId=await alice.says(room_id, "hello"))
        one = alice.machine.verify_user(room_id, bob_id, now_ms())
        await alice.driver.settle()
        await bob("acceptsVerification")
        await alice.until(lambda: one.phase is Phase.READY)
        one.start_sas()
        alice.machine.said(one)
        await alice.driver.settle()
        comparing = asyncio.create_task(bob("comparesEmoji"))
        await alice.until(lambda: one.phase is Phase.COMPARING)
        await comparing
        await bob("mismatches")
        await alice.until(lambda: one.phase is Phase.CANCELLED)
        assert one.cancel_code == "m.mismatched_sas"
        assert not alice.machine.is_verified(bob_id)

    hold(script)


async def share_secrets(bot: Bot, *more: str) -> list[int]:
    """Puts our secrets into secret storage, as js-sdk looks for them; the storage key."""
    key, description = create_key(random)
    me = f"/user/{bot.user_id}/account_data"
    await bot.ask("PUT", f"{me}/{account_data_type(key.id)}", description)
    await bot.ask("PUT", f"{me}/{DEFAULT_KEY}", {"key": key.id})
    for name in (*map(secret_name, USAGES), BACKUP_SECRET, *more):
        secret = bot.machine.secret(name)
        if secret is not None:
            sealed = {"encrypted": {key.id: seal_secret(name, secret, key, random)}}
            await bot.ask("PUT", f"{me}/{name}", sealed)
    return list(key.secret)


async def take_secrets(bot: Bot, recovery: list[int], *more: str) -> None:
    me = f"/user/{bot.user_id}/account_data"
    key_id = (await bot.ask("GET", f"{me}/{DEFAULT_KEY}"))["key"]
    description = await bot.ask("GET", f"{me}/{account_data_type(key_id)}")
    key = checked(StorageKey(key_id, bytes(recovery)), description)
    for name in (*map(secret_name, USAGES), BACKUP_SECRET, *more):
        bot.machine.take_secret(name, open_secret(name, await bot.ask("GET", f"{me}/{name}"), key))
    await bot.driver.settle()


def test_a_backup_that_they_made_is_restored_by_us(hold: Callable[[Script], None]) -> None:
    async def script(ours: Crew, theirs: Agent) -> None:
        bob = await ours.bot("bob")
        account = await theirs("begins", "alice")
        await theirs("setsUpIdentity")
        room_id = await a_room(bob, theirs, account["userId"])
        sent = await bob.says(room_id, "remember this")
        assert await theirs("reads", roomId=room_id, eventId=sent) == "remember this"
        await theirs("backedUp", 1)

        alice = await ours.another_device(account["userId"], account["password"])
        await take_secrets(alice, await theirs("recovery"))
        assert alice.machine.trust(alice.user_id, account["deviceId"]) is Trust.VERIFIED
        alice.machine.use_backup()
        await alice.driver.settle()
        assert alice.machine.backup_version() is not None
        alice.machine.restore_backup()
        await alice.driver.settle()
        assert await alice.reads(sent) == "remember this"
        trusted = await theirs("trustsDevice", userId=alice.user_id, deviceId=alice.device_id)
        assert trusted == {"signedByOwner": True, "verified": True}

    hold(script)


def test_a_backup_that_we_made_is_restored_by_them(hold: Callable[[Script], None]) -> None:
    async def script(ours: Crew, theirs: Agent) -> None:
        alice, bob = await ours.bot("alice"), await ours.bot("bob")
        await alice.sets_up_identity()
        alice.machine.create_backup()
        await alice.driver.settle()
        room_id = await bob.creates_room(alice.user_id)
        await alice.joins(room_id)
        await bob.syncs()
        sent = await bob.says(room_id, "remember this")
        assert await alice.reads(sent) == "remember this"
        await alice.driver.settle()
        recovery = await share_secrets(alice)

        login = {"userId": alice.user_id, "password": alice.password, "recovery": recovery}
        device = await theirs("logsIn", login)
        await theirs("takesIdentity")
        assert await theirs("restoresBackup") == {"imported": 1, "total": 1}
        assert await theirs("reads", roomId=room_id, eventId=sent) == "remember this"
        await alice.until(
            lambda: alice.machine.trust(alice.user_id, device["deviceId"]) is Trust.VERIFIED
        )

    hold(script)


def test_our_new_device_is_verified_by_theirs_and_gets_the_secrets(
    hold: Callable[[Script], None],
) -> None:
    async def script(ours: Crew, theirs: Agent) -> None:
        account = await theirs("begins", "alice")
        await theirs("setsUpIdentity")
        alice = await ours.another_device(account["userId"], account["password"])
        await alice.until(lambda: account["deviceId"] in alice.machine.device_ids(alice.user_id))
        await theirs("knowsDevice", userId=alice.user_id, deviceId=alice.device_id)

        one = alice.machine.verify_devices(alice.user_id, [account["deviceId"]], now_ms())
        await alice.driver.settle()
        await theirs("acceptsVerification")
        await alice.until(lambda: one.phase is Phase.READY)
        one.start_sas()
        alice.machine.said(one)
        await alice.driver.settle()
        await compare_and_confirm(alice, one, theirs)
        await alice.until(lambda: alice.machine.is_verified(alice.user_id))

        for usage in USAGES:
            alice.machine.ask_for_secret(secret_name(usage))
        await alice.driver.settle()
        await alice.until(alice.machine.has_identity)
        trusted = await theirs("trustsDevice", userId=alice.user_id, deviceId=alice.device_id)
        assert trusted["verified"]

    hold(script)


def test_our_code_is_scanned_by_them(hold: Callable[[Script], None]) -> None:
    async def script(ours: Crew, bob: Agent) -> None:
        alice, bob_id = await ours.bot("alice"), (await bob("begins", "bob"))["userId"]
        await alice.sets_up_identity()
        await bob("setsUpIdentity")
        room_id = await a_room(alice, bob, bob_id)
        await bob("reads", roomId=room_id, eventId=await alice.says(room_id, "hello"))
        one = alice.machine.verify_user(room_id, bob_id, now_ms())
        await alice.driver.settle()
        await bob("acceptsVerification")
        await alice.until(lambda: one.phase is Phase.READY)
        scanning = asyncio.create_task(bob("scans", list(one.show_qr_code())))
        await alice.until(lambda: one.was_scanned)
        one.confirm()
        alice.machine.said(one)
        await alice.driver.settle()
        await scanning
        assert await bob("trustsUser", alice.user_id)
        await alice.until(lambda: alice.machine.is_verified(bob_id))

    hold(script)


def test_whoever_leaves_cannot_read_on(hold: Callable[[Script], None]) -> None:
    async def script(ours: Crew, carol: Agent) -> None:
        alice, bob = await ours.bot("alice"), await ours.bot("bob")
        carol_id = (await carol("begins", "carol"))["userId"]
        room_id = await alice.creates_room(bob.user_id, carol_id)
        await bob.joins(room_id)
        await carol("joins", room_id)
        await alice.syncs()
        first = await alice.says(room_id, "all of us")
        assert await carol("reads", roomId=room_id, eventId=first) == "all of us"
        await carol("leaves", room_id)
        await alice.syncs()
        second = await alice.says(room_id, "without carol")
        assert await bob.reads(second) == "without carol"

        content = (await alice.ask("GET", f"/rooms/{room_id}/event/{second}"))["content"]
        theirs = {one["session_id"] for one in await carol("exportsKeys")}
        assert content["session_id"] not in theirs

    hold(script)


def test_history_is_shared_with_whom_we_invite(hold: Callable[[Script], None]) -> None:
    async def script(ours: Crew, bob: Agent) -> None:
        alice, bob_id = await ours.bot("alice"), (await bob("begins", "bob"))["userId"]
        await alice.sets_up_identity()
        await bob("setsUpIdentity")
        room_id = await alice.creates_room()
        sent = await alice.says(room_id, "before you came")
        await alice.driver.share_history(room_id, bob_id)
        await alice.ask("POST", f"/rooms/{room_id}/invite", {"user_id": bob_id})
        await bob("acceptsInvite", room_id)
        assert await bob("reads", roomId=room_id, eventId=sent) == "before you came"

    hold(script)


def test_history_is_shared_with_us_when_they_invite(hold: Callable[[Script], None]) -> None:
    async def script(ours: Crew, bob: Agent) -> None:
        alice = await ours.bot("alice")
        await alice.sets_up_identity()
        await bob("begins", "bob")
        await bob("setsUpIdentity")
        room_id = await bob("createsRoom", [])
        sent = await bob("says", roomId=room_id, body="before you came")
        await bob("invites", roomId=room_id, userId=alice.user_id, shareHistory=True)
        await alice.syncs()
        await alice.joins(room_id)
        read = await alice.reads_event(sent)
        assert read.event["content"]["body"] == "before you came"
        assert read.shared_by is not None and read.shared_by.startswith("@bob")

    hold(script)


def test_a_device_that_they_laid_down_is_woken_by_us(hold: Callable[[Script], None]) -> None:
    async def script(ours: Crew, theirs: Agent) -> None:
        bob = await ours.bot("bob")
        account = await theirs("begins", "alice")
        await theirs("setsUpIdentity")
        room_id = await a_room(bob, theirs, account["userId"])
        await theirs("startsDehydration")
        recovery = await theirs("recovery")
        await theirs("logsOut")
        await bob.until(lambda: len(bob.machine.device_ids(account["userId"])) != 1)
        sent = await bob.says(room_id, "while you were away")

        alice = await ours.another_device(account["userId"], account["password"])
        await take_secrets(alice, recovery, SECRET)
        alice.heard += await alice.driver.wake_sleeping_device()
        assert await alice.reads(sent) == "while you were away"

    hold(script)


def test_a_device_that_we_laid_down_is_woken_by_them(hold: Callable[[Script], None]) -> None:
    async def script(ours: Crew, theirs: Agent) -> None:
        alice, bob = await ours.bot("alice"), await ours.bot("bob")
        await alice.sets_up_identity()
        assert await alice.driver.wake_sleeping_device() == []
        recovery = await share_secrets(alice, SECRET)
        room_id = await bob.creates_room(alice.user_id)
        await alice.joins(room_id)
        await alice.ask("POST", "/logout", {})
        await bob.until(lambda: len(bob.machine._parts.rooms.audience(room_id)) == 2)
        bob.machine.follow([alice.user_id])
        await bob.driver.settle()
        sent = await bob.says(room_id, "while you were away")

        login = {"userId": alice.user_id, "password": alice.password, "recovery": recovery}
        await theirs("logsIn", login)
        await theirs("takesIdentity")
        await theirs("rehydrates")
        assert await theirs("reads", roomId=room_id, eventId=sent) == "while you were away"

    hold(script)
