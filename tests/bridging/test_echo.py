"""Alice talks with the canyon through a started bridge and a started homeserver."""

import asyncio
from pathlib import Path

import aiohttp

from tests.bridging.kinds import ENCRYPTED, Kind
from tests.bridging.people import BOT, Person, logs_in, meets_the_bot, opens, state
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver

ECHO = "@net_echo:localhost"
PATIENCE_S = 20


async def talks(alice: Person, portal: str) -> None:
    html = {"format": "org.matrix.custom.html", "formatted_body": "hello <strong>canyon</strong>"}
    content = {"msgtype": "m.text", "body": "hello canyon", **html}
    event_id = await alice.sends(portal, "m.room.message", content)
    echo = await alice.reads(portal, "hello canyon")
    assert echo["sender"] == ECHO
    assert echo["content"]["formatted_body"] == "hello <strong>canyon</strong>"
    assert echo["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": event_id}}

    await alice.edits(portal, event_id, "good night")
    changed = await alice.reads(portal, "* good night")
    assert changed["content"]["m.relates_to"]["event_id"] == echo["event_id"]
    await alice.reacts(portal, event_id, "👍")
    await alice.sees_reaction(ECHO, echo["event_id"], "👍")
    await alice.redacts(portal, event_id)
    await alice.sees_redaction(echo["event_id"])


async def shows_a_picture(alice: Person, portal: str) -> None:
    picture = b"not quite a picture"
    await alice.shows(portal, "cat.png", "image/png", picture, "m.image")
    echo = await alice.reads(portal, "cat.png")
    assert echo["content"]["info"] == {"mimetype": "image/png", "size": 19}
    assert await alice.opens_file(echo) == picture


async def sees_that_it_arrived(alice: Person, portal: str) -> None:
    """The bot's receipt says that the network has the message."""
    event_id = await alice.says(portal, "did you get this")
    async with asyncio.timeout(PATIENCE_S):
        while True:
            rooms = (await alice.ask("GET", "/v3/sync"))["rooms"]["join"]
            passing = rooms[portal]["ephemeral"]["events"]
            if any(BOT in it["content"].get(event_id, {}).get("m.read", {}) for it in passing):
                return
            await asyncio.sleep(0.2)


async def looks_around(alice: Person, portal: str) -> None:
    assert (await state(alice, portal, "m.room.name"))["name"] == "Canyon"
    bridged = await state(alice, portal, "m.bridge", "echo:canyon:alice")
    assert bridged["protocol"]["displayname"] == "Echo"
    functional = await state(alice, portal, "io.element.functional_members")
    assert functional["service_members"] == [BOT]
    assert (await state(alice, portal, "m.room.member", ECHO))["displayname"] == "Echo"


async def is_relayed(alice: Person, bob: Person, portal: str) -> None:
    await alice.ask("POST", f"/v3/rooms/{portal}/invite", {"user_id": bob.user_id})
    await bob.joins(portal)
    await bob.says(portal, "I am here too")
    heard = await alice.sees(lambda it: it["content"].get("body") == "<bob> I am here too")
    assert heard["sender"] == ECHO


async def story(kind: Kind, base_url: str, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await kind.arrives("alice", base_url, session)
        bob = await kind.arrives("bob", base_url, session)
        await bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, call="Alice")
        portal = await opens(alice, room, "canyon")
        await talks(alice, portal)
        await looks_around(alice, portal)
        await sees_that_it_arrived(alice, portal)
        await shows_a_picture(alice, portal)
        await is_relayed(alice, bob, portal)

        await bridge.stop()
        await alice.says(portal, "are you still there")
        await bridge.start()
        assert (await alice.reads(portal, "are you still there"))["sender"] == ECHO

        async with session.get(f"http://127.0.0.1:{bridge.port}/metrics") as response:
            assert 'isthmus_bridge_waiting{direction="to_network"} 0.0' in await response.text()
        await kind.holds(alice, bob)
        await alice.says(portal, "!echo leave")
        await alice.reads(portal, "joined to nothing")
        await bridge.stop()


def test_alice_talks_with_the_canyon(tmp_path: Path, kind: Kind) -> None:
    with beside_a_homeserver(tmp_path, "echo", **kind.settings) as (base_url, bridge):
        asyncio.run(story(kind, base_url, bridge))


def test_and_with_what_the_bridge_remembers_on_postgresql(
    tmp_path: Path, postgresql_dsn: str
) -> None:
    """Its keys, too."""
    more = {**ENCRYPTED.settings, "database": postgresql_dsn}
    with beside_a_homeserver(tmp_path, "echo", **more) as (base_url, bridge):
        asyncio.run(story(ENCRYPTED, base_url, bridge))
