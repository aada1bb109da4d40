"""Alice talks with the canyon through a started bridge and a started homeserver."""

import asyncio
from pathlib import Path

import aiohttp

from tests.appservices.people import User
from tests.bridging.people import BOT, logs_in, meets_the_bot, opens, sends, state
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver

ECHO = "@net_echo:localhost"
PATIENCE_S = 20


async def talks(alice: User, portal: str) -> None:
    event_id = await sends(
        alice,
        portal,
        "m.room.message",
        {
            "msgtype": "m.text",
            "body": "hello canyon",
            "format": "org.matrix.custom.html",
            "formatted_body": "hello <strong>canyon</strong>",
        },
        "formatted",
    )
    echo = await alice.reads(portal, "hello canyon")
    assert echo["sender"] == ECHO
    assert echo["content"]["formatted_body"] == "hello <strong>canyon</strong>"
    assert echo["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": event_id}}

    new = {"msgtype": "m.text", "body": "good night"}
    relates = {"rel_type": "m.replace", "event_id": event_id}
    edit = {**new, "body": "* good night", "m.new_content": new, "m.relates_to": relates}
    await sends(alice, portal, "m.room.message", edit, "edit")
    changed = await alice.reads(portal, "* good night")
    assert changed["content"]["m.relates_to"]["event_id"] == echo["event_id"]

    reaction = {"m.relates_to": {"rel_type": "m.annotation", "event_id": event_id, "key": "👍"}}
    await sends(alice, portal, "m.reaction", reaction, "reaction")
    back = await alice.sees(lambda it: it["type"] == "m.reaction" and it["sender"] == ECHO)
    assert back["content"]["m.relates_to"]["event_id"] == echo["event_id"]

    await alice.ask("PUT", f"/v3/rooms/{portal}/redact/{event_id}/gone", {})
    await alice.sees(
        lambda it: it["type"] == "m.room.redaction" and echo["event_id"] in str(it["content"])
    )


async def shows_a_picture(alice: User, portal: str) -> None:
    async with alice.session.post(
        f"{alice.base_url}/_matrix/media/v3/upload",
        data=b"not quite a picture",
        headers={"Authorization": f"Bearer {alice.token}", "Content-Type": "image/png"},
    ) as response:
        uri = (await response.json())["content_uri"]
    content = {
        "msgtype": "m.image",
        "body": "cat.png",
        "url": uri,
        "info": {"mimetype": "image/png"},
    }
    await sends(alice, portal, "m.room.message", content, "picture")
    echo = await alice.reads(portal, "cat.png")
    assert echo["content"]["info"] == {"mimetype": "image/png", "size": 19}
    assert echo["content"]["url"] != uri


async def sees_that_it_arrived(alice: User, portal: str) -> None:
    """The bot's receipt says that the network has the message."""
    event_id = await alice.says(portal, "did you get this")
    async with asyncio.timeout(PATIENCE_S):
        while True:
            rooms = (await alice.ask("GET", "/v3/sync"))["rooms"]["join"]
            passing = rooms[portal]["ephemeral"]["events"]
            if any(BOT in it["content"].get(event_id, {}).get("m.read", {}) for it in passing):
                return
            await asyncio.sleep(0.2)


async def looks_around(alice: User, portal: str) -> None:
    assert (await state(alice, portal, "m.room.name"))["name"] == "Canyon"
    bridged = await state(alice, portal, "m.bridge", "echo:canyon:alice")
    assert bridged["protocol"]["displayname"] == "Echo"
    functional = await state(alice, portal, "io.element.functional_members")
    assert functional["service_members"] == [BOT]
    assert (await state(alice, portal, "m.room.member", ECHO))["displayname"] == "Echo"


async def is_relayed(alice: User, bob: User, portal: str) -> None:
    await alice.ask("POST", f"/v3/rooms/{portal}/invite", {"user_id": bob.user_id})
    await bob.joins(portal)
    await bob.says(portal, "I am here too")
    heard = await alice.sees(lambda it: it["content"].get("body") == "<bob> I am here too")
    assert heard["sender"] == ECHO


async def story(base_url: str, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        bob = await User(base_url, session).register("bob")
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
        await alice.says(portal, "!echo leave")
        await alice.reads(portal, "joined to nothing")
        await bridge.stop()


def test_alice_talks_with_the_canyon(tmp_path: Path) -> None:
    with beside_a_homeserver(tmp_path, "echo") as (base_url, bridge):
        asyncio.run(story(base_url, bridge))


def test_and_with_what_the_bridge_remembers_on_postgresql(
    tmp_path: Path, postgresql_dsn: str
) -> None:
    """Its keys, too: `encryption` is on."""
    with beside_a_homeserver(tmp_path, "echo", database=postgresql_dsn) as (base_url, bridge):
        asyncio.run(story(base_url, bridge))
