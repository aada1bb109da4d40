"""Alice on Matrix and Bob on IRC, through a started bridge and a real server, ngircd."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from tests.appservices.irc import Chatter, irc_server
from tests.appservices.people import User
from tests.bridging.people import BOT, logs_in, meets_the_bot, opens, sends
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver

CHANNEL = "#Matrix"


def member(user: str, membership: str) -> Any:
    return lambda it: (
        it["type"] == "m.room.member"
        and it["state_key"] == user
        and it["content"]["membership"] == membership
    )


async def talk(alice: User, bob: Chatter, portal: str) -> None:
    html = {"format": "org.matrix.custom.html", "formatted_body": "hello <b>Bob</b>"}
    content = {"msgtype": "m.text", "body": "hello Bob", **html}
    await sends(alice, portal, "m.room.message", content, "formatted")
    assert (await bob.hears("hello")).endswith("PRIVMSG #Matrix :hello \x02Bob\x02")
    await sends(alice, portal, "m.room.message", {"msgtype": "m.emote", "body": "waves"}, "emote")
    assert (await bob.hears("waves")).endswith(":\x01ACTION waves\x01")

    bob.says(CHANNEL, "hello \x1dAlice\x1d")
    heard = await alice.reads(portal, "hello Alice")
    assert heard["sender"] == "@net_bob:localhost"
    assert heard["content"]["formatted_body"] == "hello <em>Alice</em>"
    bob.says(CHANNEL, "\x01ACTION dances\x01")
    assert (await alice.reads(portal, "dances"))["content"]["msgtype"] == "m.emote"

    long = " ".join(f"word{number}" for number in range(150))
    await alice.says(portal, long)
    pieces = [await bob.hears("PRIVMSG") for _ in range(3)]
    assert " ".join(it.split(" :", 1)[1] for it in pieces) == long


async def change_things(alice: User, bob: Chatter, portal: str) -> None:
    bob.writes(f"TOPIC {CHANNEL} :about bridges")
    await alice.sees(lambda it: it["content"].get("topic") == "about bridges")
    path = f"/v3/rooms/{quote(portal)}/state/m.room.topic/"
    await alice.ask("PUT", path, {"topic": "about rivers"})
    assert " TOPIC " in await bob.hears(":about rivers")

    bob.writes("NICK robert")
    await alice.sees(member("@net_robert:localhost", "join"))
    await alice.sees(member("@net_bob:localhost", "leave"))
    bob.says(CHANNEL, "it is still me")
    assert (await alice.reads(portal, "still me"))["sender"] == "@net_robert:localhost"


async def whisper(alice: User, carol: Chatter) -> None:
    carol.says("alice", "a word in private")
    room = await alice.is_invited()
    await alice.joins(room)
    await alice.says(room, "yes")
    assert (await carol.hears("yes")).endswith("PRIVMSG carol :yes")
    carol.writes("QUIT")
    await carol.hears("ERROR")
    await alice.says(room, "are you there")
    await alice.reads(room, "Not delivered: IRC: No such nick")


async def come_back(alice: User, bob: Chatter, bridge: BridgeProcess, portal: str) -> None:
    await bridge.kill()
    await bob.hears("QUIT")
    await alice.says(portal, "said while the bridge was away")
    await bridge.start()
    assert (await bob.hears("was away")).endswith("#Matrix :said while the bridge was away")
    bob.says(CHANNEL, "welcome back")
    await alice.reads(portal, "welcome back")


async def story(base_url: str, irc_port: int, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        bob = await Chatter.connects(irc_port, "bob")
        carol = await Chatter.connects(irc_port, "carol")
        await bob.joins(CHANNEL)
        await bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, nick="alice", password="-")
        portal = await opens(alice, room, CHANNEL)
        await bob.hears("JOIN")
        await talk(alice, bob, portal)
        await change_things(alice, bob, portal)
        await whisper(alice, carol)
        await come_back(alice, bob, bridge, portal)
        await alice.says(room, "directory matrix")
        await alice.reads(room, f"{CHANNEL}: about rivers")
        await alice.says(portal, "!irc leave")
        await bob.hears("PART")
        await bridge.stop()


async def shared_story(base_url: str, irc_port: int, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        dora = await User(base_url, session).register("dora")
        carol = await User(base_url, session).register("carol")
        bob = await Chatter.connects(irc_port, "bob")
        await bob.joins(CHANNEL)
        await bridge.start()
        portals = []
        for user in (alice, dora):
            room = await meets_the_bot(user)
            await logs_in(user, room, nick=user.user_id[1:].split(":")[0], password="-")
            portals.append(await opens(user, room, CHANNEL))
        assert portals[0] == portals[1]
        portal = portals[0]

        await dora.says(portal, "dora speaks")
        assert (await bob.hears("dora speaks")).startswith(":dora!")
        assert (await alice.reads(portal, "dora speaks"))["sender"] == dora.user_id
        path = f"/v3/rooms/{quote(portal)}/invite"
        await alice.ask("POST", path, {"user_id": carol.user_id})
        await carol.joins(await carol.is_invited())
        await carol.says(portal, "carol has no login")
        line = await bob.hears("carol has no login")
        assert line.startswith(":alice!") and "<carol>" in line

        bob.says(CHANNEL, "hello all")
        await carol.reads(portal, "hello all")
        await dora.ask("POST", f"/v3/rooms/{quote(portal)}/leave", {})
        assert (await bob.hears("PART")).startswith(":dora!")
        bob.says(CHANNEL, "and hello again")
        await carol.reads(portal, "and hello again")
        there = await alice.ask("GET", f"/v3/rooms/{portal}/joined_members")
        assert set(there["joined"]) == {
            *(alice.user_id, carol.user_id, BOT),
            "@net_bob:localhost",
        }
        seen = [it["content"].get("body") for it in carol.seen]
        assert seen.count("hello all") == seen.count("and hello again") == 1
        await bridge.stop()


Story = Callable[[str, int, BridgeProcess], Coroutine[Any, Any, None]]


@pytest.mark.parametrize(
    ("tell", "more"), [(story, {}), (shared_story, {"shared_rooms": True})], ids=["own", "shared"]
)
def test_people_on_matrix_and_on_irc_talk(
    tmp_path: Path, tell: Story, more: dict[str, object]
) -> None:
    with irc_server(tmp_path) as irc_port:
        settings: dict[str, object] = {"host": "127.0.0.1", "port": irc_port, "tls": False}
        settings |= {"seconds_per_line": 0.1, **more}
        with beside_a_homeserver(tmp_path, "irc", settings) as (base_url, bridge):
            asyncio.run(tell(base_url, irc_port, bridge))
