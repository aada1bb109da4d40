"""Alice on Matrix and Bob on IRC, through a started bridge and a real server, ngircd."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from tests.appservices.irc import Chatter, irc_server
from tests.bridging.irc_peers import inspircd
from tests.bridging.kinds import Kind
from tests.bridging.people import BOT, Person, logs_in, meets_the_bot, opens, state
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver

CHANNEL = "#Matrix"
BOB, CAROL = "@net_bob:localhost", "@net_carol:localhost"


async def talk(alice: Person, bob: Chatter, portal: str) -> None:
    html = {"format": "org.matrix.custom.html", "formatted_body": "hello <b>Bob</b>"}
    content = {"msgtype": "m.text", "body": "hello Bob", **html}
    await alice.sends(portal, "m.room.message", content)
    assert (await bob.hears("hello")).endswith("PRIVMSG #Matrix :hello \x02Bob\x02")
    await alice.sends(portal, "m.room.message", {"msgtype": "m.emote", "body": "waves"})
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


async def change_things(alice: Person, bob: Chatter, portal: str) -> None:
    bob.writes(f"TOPIC {CHANNEL} :about bridges")
    await alice.sees(lambda it: it["content"].get("topic") == "about bridges")
    await alice.sets(portal, "m.room.topic", {"topic": "about rivers"})
    assert " TOPIC " in await bob.hears(":about rivers")

    bob.writes("NICK robert")
    await alice.sees_member(portal, "@net_robert:localhost", "join")
    await alice.sees_member(portal, "@net_bob:localhost", "leave")
    bob.says(CHANNEL, "it is still me")
    assert (await alice.reads(portal, "still me"))["sender"] == "@net_robert:localhost"


async def come_and_go(alice: Person, bob: Chatter, carol: Chatter, portal: str) -> None:
    """Bob, who was first in the channel, makes Alice an operator."""
    await carol.joins(CHANNEL)
    await alice.sees_member(portal, CAROL, "join")
    carol.writes(f"PART {CHANNEL}")
    await alice.sees_member(portal, CAROL, "leave")
    await comes(alice, carol, portal)
    bob.writes(f"KICK {CHANNEL} carol :out you go")
    await alice.sees_member(portal, CAROL, "leave")
    bob.writes(f"MODE {CHANNEL} +o alice")
    await bob.hears("+o alice")
    await alice.kicks(portal, CAROL, "invite")
    await carol.hears("INVITE carol")

    await comes(alice, carol, portal)
    levels = await state(alice, portal, "m.room.power_levels")
    levels["users"][CAROL] = 10
    await alice.sets(portal, "m.room.power_levels", levels)
    await carol.hears("+v carol")
    await alice.kicks(portal, CAROL)
    await carol.hears("KICK")
    await comes(alice, carol, portal)
    await alice.kicks(portal, CAROL, "ban")
    await carol.hears("KICK")
    carol.writes(f"JOIN {CHANNEL}")
    await carol.hears(" 474 ")
    await alice.kicks(portal, CAROL, "unban")
    await bob.hears("-b")


async def comes(alice: Person, carol: Chatter, portal: str) -> None:
    """Again."""
    alice.seen.clear()
    await carol.joins(CHANNEL)
    await alice.sees_member(portal, CAROL, "join")
    alice.seen.clear()


async def whisper(alice: Person, carol: Chatter) -> None:
    carol.says("alice", "a word in private")
    room = await alice.is_invited()
    await alice.joins(room)
    await alice.says(room, "yes")
    assert (await carol.hears("yes")).endswith("PRIVMSG carol :yes")
    carol.writes("QUIT")
    await carol.hears("ERROR")
    await alice.says(room, "are you there")
    await alice.reads(room, "Not delivered: IRC: No such nick")


async def come_back(alice: Person, bob: Chatter, bridge: BridgeProcess, portal: str) -> None:
    await bridge.kill()
    await bob.hears("QUIT")
    await alice.says(portal, "said while the bridge was away")
    await bridge.start()
    assert (await bob.hears("was away")).endswith("#Matrix :said while the bridge was away")
    bob.says(CHANNEL, "welcome back")
    await alice.reads(portal, "welcome back")


async def story(kind: Kind, base_url: str, irc_port: int, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await kind.arrives("alice", base_url, session)
        bob = await Chatter.connects(irc_port, "bob")
        carol = await Chatter.connects(irc_port, "carol")
        await bob.joins(CHANNEL)
        await bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, nick="alice", password="-")
        portal = await opens(alice, room, CHANNEL)
        await bob.hears("JOIN")
        await talk(alice, bob, portal)
        await come_and_go(alice, bob, carol, portal)
        await change_things(alice, bob, portal)
        await whisper(alice, carol)
        await come_back(alice, bob, bridge, portal)
        await alice.says(room, "directory matrix")
        await alice.reads(room, f"{CHANNEL}: about rivers")
        await kind.holds(alice)
        await alice.says(portal, "!irc leave")
        await bob.hears("PART")
        await bridge.stop()


async def shared_story(kind: Kind, base_url: str, irc_port: int, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await kind.arrives("alice", base_url, session)
        dora = await kind.arrives("dora", base_url, session)
        carol = await kind.arrives("carol", base_url, session)
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
        await kind.holds(alice, carol)
        await bridge.stop()


async def story_with_tags(kind: Kind, base_url: str, irc_port: int, bridge: BridgeProcess) -> None:
    """What IRCv3 adds: who answers what, reactions, typing, and the past."""
    async with aiohttp.ClientSession() as session:
        alice = await kind.arrives("alice", base_url, session)
        bob = await Chatter.connects(irc_port, "bob")
        bob.writes("CAP REQ :message-tags server-time echo-message")
        await bob.hears(" ACK ")
        await bob.joins(CHANNEL)
        bob.writes(f"MODE {CHANNEL} +H 50:1h")
        await bob.hears("MODE")
        bob.says(CHANNEL, "said before")
        before = id_in(await bob.hears("said before"))
        await bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, nick="alice", password="-")
        portal = await opens(alice, room, CHANNEL)
        old = await alice.recalls(portal, "said before")
        assert old["sender"] == BOB
        await alice.answers(portal, old["event_id"], "I read that")
        line = await bob.hears(":I read that")
        assert f"+draft/reply={before}" in line

        first, there = await alice.says(portal, "how are you"), ""
        there = id_in(await bob.hears("how are you"))
        bob.writes(f"@+draft/reply={there} PRIVMSG {CHANNEL} :well")
        answer = await alice.reads(portal, "well")
        assert answer["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == first
        bob.writes(f"@+draft/reply={there};+draft/react=👍 TAGMSG {CHANNEL}")
        reaction = await alice.sees_reaction(BOB, first, "👍")
        bob.writes(f"@+draft/reply={there};+draft/unreact=👍 TAGMSG {CHANNEL}")
        await alice.sees_redaction(reaction["event_id"])
        bob.writes(f"@+typing=active TAGMSG {CHANNEL}")
        await alice.sees_typing(portal, BOB)

        mine = await alice.reacts(portal, answer["event_id"], "🎉")
        await bob.hears("+draft/react=🎉")
        await alice.redacts(portal, mine)
        await bob.hears("+draft/unreact=🎉")
        await alice.types(portal)
        await bob.hears("+typing=active")
        await kind.holds(alice)
        await bridge.stop()


def id_in(line: str) -> str:
    tags = line[1:].split(" ", 1)[0].split(";")
    return next(it.removeprefix("msgid=") for it in tags if it.startswith("msgid="))


Story = Callable[[Kind, str, int, BridgeProcess], Coroutine[Any, Any, None]]


def play(folder: Path, kind: Kind, tell: Story, irc_port: int, **more: object) -> None:
    settings: dict[str, object] = {"host": "127.0.0.1", "port": irc_port, "tls": False}
    settings |= {"seconds_per_line": 0.1, **more}
    with beside_a_homeserver(folder, "irc", settings, **kind.settings) as (base_url, bridge):
        asyncio.run(tell(kind, base_url, irc_port, bridge))


@pytest.mark.parametrize(
    ("tell", "more"), [(story, {}), (shared_story, {"shared_rooms": True})], ids=["own", "shared"]
)
def test_people_on_matrix_and_on_irc_talk(
    tmp_path: Path, kind: Kind, tell: Story, more: dict[str, object]
) -> None:
    with irc_server(tmp_path) as irc_port:
        play(tmp_path, kind, tell, irc_port, **more)


def test_tags_of_irc_carry_answers_reactions_and_typing(tmp_path: Path, kind: Kind) -> None:
    with inspircd(tmp_path / "inspircd") as irc:
        play(tmp_path, kind, story_with_tags, irc.port)
