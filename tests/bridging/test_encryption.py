"""Alice talks with the canyon in encrypted rooms, and nobody between them reads along."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from e2ee.attachments import Encryption, decrypt_whole
from e2ee.driver import random
from e2ee.happenings import Decrypted, Trust
from tests.appservices.people import is_space
from tests.bridging.people import BOT, becomes
from tests.bridging.started_bridge import BridgeProcess
from tests.clients.started_server import free_port, homeserver_settings, started_homeserver
from tests.clients.test_js_sdk import node, sdk
from tests.encryption.people import Bot, Crew, agent, crew

__all__ = ["node", "sdk"]

ECHO = "@net_echo:localhost"
KILLS = 5
Json = dict[str, Any]


@frozen
class Alice:
    """With a client that encrypts."""

    bot: Bot

    async def meets_the_bot(self) -> str:
        room = await self.bot.creates_room(BOT)
        await self.reads(room, "This is the bridge to", BOT)
        return room

    async def reads(self, room: str, text: str, sender: str = ECHO) -> Decrypted:
        """Nothing counts that came in the clear."""

        def found() -> Decrypted | None:
            return next((it for it in self.read(room, sender) if text in body(it)), None)

        return await self.bot.until(found)

    def read(self, room: str, sender: str = ECHO) -> list[Decrypted]:
        decrypted = (it for it in self.bot.heard if isinstance(it, Decrypted))
        return [it for it in decrypted if it.room_id == room and it.event["sender"] == sender]

    async def says(self, room: str, content: str | Json, type: str = "m.room.message") -> str:
        """Encrypts, once the bridge's keys are known."""
        whole = {"msgtype": "m.text", "body": content} if isinstance(content, str) else content
        return await self.bot.driver.send(room, type, whole)

    async def is_invited(self) -> str:
        async def look() -> str:
            invites = (await self.bot.ask("GET", "/sync"))["rooms"].get("invite", {})
            return next((room for room, it in invites.items() if not is_space(it)), "")

        room = await becomes(look)
        await self.bot.joins(room)
        return room

    async def opens(self, room: str) -> str:
        await self.says(room, "login")
        await self.reads(room, "What shall we call you?", BOT)
        await self.says(room, "Alice")
        await self.reads(room, "You are logged in", BOT)
        await self.says(room, "open canyon")
        portal = await self.is_invited()
        await self.bot.until(lambda: self.bot.machine.is_encrypted(portal))
        return portal


def body(one: Decrypted) -> str:
    return str(one.event["content"].get("body"))


async def talks(alice: Alice, portal: str) -> None:
    event_id = await alice.says(portal, "hello canyon")
    echo = await alice.reads(portal, "hello canyon")
    assert echo.trust is Trust.CROSS_SIGNED
    assert echo.event["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": event_id}}

    new = {"msgtype": "m.text", "body": "good night"}
    relates = {"rel_type": "m.replace", "event_id": event_id}
    edit = {**new, "body": "* good night", "m.new_content": new, "m.relates_to": relates}
    await alice.says(portal, edit)
    changed = await alice.reads(portal, "* good night")
    assert changed.event["content"]["m.relates_to"]["event_id"] == echo.event["event_id"]

    reaction = {"rel_type": "m.annotation", "event_id": event_id, "key": "👍"}
    path = f"/rooms/{portal}/send/m.reaction/reaction"
    await alice.bot.ask("PUT", path, {"m.relates_to": reaction})
    target = echo.event["event_id"]

    async def reacted() -> list[Json]:
        path = f"/_matrix/client/v1/rooms/{portal}/relations/{target}/m.annotation"
        found: list[Json] = (await alice.bot.driver.server.ask("GET", path))["chunk"]
        return found

    assert [it["sender"] for it in await becomes(reacted)] == [ECHO]

    await alice.bot.ask("PUT", f"/rooms/{portal}/redact/{event_id}/gone", {})

    async def gone() -> bool:
        event = await alice.bot.ask("GET", f"/rooms/{portal}/event/{target}")
        return not event["content"]

    await becomes(gone)


async def shows_a_picture(alice: Alice, portal: str) -> None:
    """Neither way does the homeserver see what is on it."""
    server, picture = alice.bot.driver.server, b"not quite a picture"
    sealing = Encryption.begin(random)
    sealed = sealing.update(picture)
    file = sealing.file(await server.upload(sealed))
    info = {"mimetype": "image/png", "size": len(picture)}
    content = {"msgtype": "m.image", "body": "cat.png", "file": file, "info": info}
    await alice.says(portal, content)
    echo = (await alice.reads(portal, "cat.png")).event["content"]
    assert echo["info"]["size"] == len(picture) and "url" not in echo
    there = await server.download(echo["file"]["url"])
    assert there not in (picture, sealed)
    assert decrypt_whole(there, echo["file"]) == picture


async def speaks_while_the_bridge_is_killed(
    alice: Alice, portal: str, bridge: BridgeProcess
) -> None:
    """Every message comes back once, in order, and can be read."""
    said = []
    before = len(alice.read(portal))
    for round in range(KILLS):
        for number in range(4):
            said.append(f"round {round}, number {number}")
            await alice.says(portal, said[-1])
        await alice.bot.syncs()
        await asyncio.sleep(0.1 * round)
        await bridge.kill()
        await bridge.start()
    await alice.reads(portal, said[-1])
    await alice.says(portal, "the end")
    await alice.reads(portal, "the end")
    heard = [body(it) for it in alice.read(portal)[before:]]
    assert list(dict.fromkeys(heard)) == [*said, "the end"]
    doubled = len(heard) - len(set(heard))
    # The canyon cannot tell repetitions: a message may be said to it twice, around a kill.
    assert doubled <= KILLS
    print(f"{len(heard)} came back through {KILLS} kills, {doubled} said twice to the network")


def with_bridge(
    folder: Path, more: dict[str, object], story: Callable[[Crew, BridgeProcess], Awaitable[None]]
) -> None:
    port = free_port()
    bridge = BridgeProcess(folder, "echo", f"http://127.0.0.1:{port}", more=more)
    database = {"engine": "sqlite", "path": str(folder / "homeserver.db")}
    listeners = homeserver_settings(folder, database, port)["listeners"]
    settings = {"listeners": listeners, "appservice_config_files": [str(bridge.prepare())]}

    with started_homeserver(folder, database, **settings) as server:
        here = evolve(server, base_url=bridge.homeserver)

        async def act() -> None:
            async with crew(here, folder) as people:
                await bridge.start()
                await story(people, bridge)
                await bridge.stop()

        try:
            asyncio.run(act())
        except BaseException:
            print(bridge.log())
            raise
        finally:
            bridge.abandon()


@pytest.mark.usefixtures("sdk")
def test_somebody_with_the_sdk_is_shown_no_warning(node: str, tmp_path: Path) -> None:
    async def story(people: Crew, bridge: BridgeProcess) -> None:
        async with agent(node, people.server) as bob:
            await bob("begins", "bob")
            await bob("setsUpIdentity", {})
            room = await bob("createsRoom", [BOT])
            for said, words in (
                ("", "This is the bridge to"),
                ("login", "What shall we call you?"),
                ("Bob", "You are logged in"),
            ):
                if said:
                    await bob("says", roomId=room, body=said)
                shield = await bob("readsFrom", roomId=room, sender=BOT, words=words)
                assert shield["shieldColour"] == 0, shield
            await bob("says", roomId=room, body="open canyon")
            portal = await bob("isInvited", {})
            await bob("joins", portal)
            await bob("seesMember", roomId=portal, userId=ECHO)
            await bob("says", roomId=portal, body="hello canyon")
            shield = await bob("readsFrom", roomId=portal, sender=ECHO, words="hello canyon")
            assert shield["shieldColour"] == 0, shield

    with_bridge(tmp_path, {"encryption": "always"}, story)


def test_alice_talks_in_an_encrypted_portal(tmp_path: Path) -> None:
    async def story(people: Crew, bridge: BridgeProcess) -> None:
        alice = Alice(await people.bot("alice"))
        room = await alice.meets_the_bot()
        portal = await alice.opens(room)
        await talks(alice, portal)
        await shows_a_picture(alice, portal)
        await speaks_while_the_bridge_is_killed(alice, portal, bridge)
        for _ in range(2):
            page = await alice.bot.ask("GET", f"/rooms/{portal}/messages", dir="b", limit="500")
            kinds = {it["type"] for it in page["chunk"]}
            assert "m.room.message" not in kinds

    with_bridge(tmp_path, {"encryption": "always"}, story)
