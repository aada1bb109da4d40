"""Alice on Matrix and Bob on XMPP, through a started bridge and a real server, Prosody."""

import asyncio
from pathlib import Path
from urllib.parse import quote

import aiohttp

from bridges.networks.xmpp import names, writing
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.stanzas import attribute
from tests.appservices.people import User
from tests.bridging.people import has_said, logs_in, meets_the_bot, opens, sends
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.bridging.xmpp_server import HOST, PASSWORD, ROOMS, Friend, body_of, xmpp_server

ROOM, ALICE = f"hall@{ROOMS}", f"alice@{HOST}"
PATIENCE_S = 30


async def ghost_of(alice: User, portal: str, name: str) -> str:
    path = f"/v3/rooms/{quote(portal)}/joined_members"
    joined = (await alice.ask("GET", path))["joined"]
    return next(str(id) for id, it in joined.items() if it.get("display_name") == name)


async def talks(alice: User, bob: Friend, portal: str) -> None:
    html = {"format": "org.matrix.custom.html", "formatted_body": "hello <b>Bob</b>"}
    content = {"msgtype": "m.text", "body": "hello Bob", **html}
    first = await sends(alice, portal, "m.room.message", content, "formatted")
    got = await bob.reads("hello *Bob*")
    id = attribute(got, tag(names.IDS, "stanza-id"), "id")

    own_id = bob.says(ROOM, "_hello_ Alice", writing.element(names.REPLY, "reply", id=id))
    heard = await alice.reads(portal, "hello Alice")
    assert "<em>hello</em>" in heard["content"]["formatted_body"]
    assert heard["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == first
    bob.says(ROOM, "hello again", writing.correction(own_id))
    changed = await alice.reads(portal, "hello again")
    assert changed["content"]["m.relates_to"]["event_id"] == heard["event_id"]

    relates = {"rel_type": "m.annotation", "event_id": heard["event_id"], "key": "👍"}
    await sends(alice, portal, "m.reaction", {"m.relates_to": relates}, "reaction")
    await bob.hears(lambda it: it.find(tag(names.REACTIONS, "reactions")) is not None)
    bob.sends(ROOM, *writing.reactions(id, ("🎉",)))
    back = await alice.sees(
        lambda it: it["type"] == "m.reaction" and it["sender"] == heard["sender"]
    )
    assert back["content"]["m.relates_to"]["event_id"] == first

    await alice.ask("PUT", f"/v3/rooms/{portal}/redact/{first}/gone", {})
    await bob.hears(lambda it: it.find(tag(names.RETRACT, "retract")) is not None)
    path = f"/v3/rooms/{quote(portal)}/state/m.room.topic/"
    assert (await alice.ask("GET", path))["topic"] == "about bridges"


async def shows(alice: User, bob: Friend, portal: str) -> None:
    url = f"{alice.base_url}/_matrix/media/v3/upload"
    headers = {"Authorization": f"Bearer {alice.token}", "Content-Type": "application/pdf"}
    async with alice.session.post(url, data=b"%PDF", headers=headers) as response:
        uri = (await response.json())["content_uri"]
    content = {"msgtype": "m.file", "body": "plan.pdf", "url": uri}
    content["info"] = {"mimetype": "application/pdf"}
    await sends(alice, portal, "m.room.message", content, "file")
    got = await bob.hears(lambda it: it.find(tag(names.OOB, "x")) is not None)
    address = body_of(got)
    async with alice.session.get(address) as response:
        assert await response.read() == b"%PDF"
    bob.says(ROOM, address, writing.file_at(address))
    back = await alice.reads(portal, "plan.pdf")
    assert back["content"]["msgtype"] == "m.file"
    assert back["content"]["url"] != uri


async def comes_back(alice: User, bob: Friend, bridge: BridgeProcess, portal: str) -> None:
    """Killed while both sides talk: each message stands once on the other side, in order."""
    said, written = [], []
    for number in range(32):
        said.append(f"to xmpp {number}")
        await alice.says(portal, said[-1])
        written.append(f"to matrix {number}")
        bob.says(ROOM, written[-1])
        if number % 8 == 7:
            await bridge.kill()
            bob.says(ROOM, f"to matrix {number}, while it was away")
            written.append(f"to matrix {number}, while it was away")
            await bridge.start()
    await bob.reads(said[-1])
    await alice.reads(portal, written[-1])
    there = [body_of(it) for it in bob.heard if body_of(it).startswith("to xmpp")]
    assert there == said
    here = await has_said(alice, portal, await ghost_of(alice, portal, "Bob"))
    assert [it for it in here if it.startswith("to matrix")] == written


async def story(base_url: str, bob: Friend, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        await bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, address=ALICE, password=PASSWORD, nick="Alice")
        portal = await opens(alice, room, ROOM)
        async with asyncio.timeout(4 * PATIENCE_S):
            await talks(alice, bob, portal)
            await shows(alice, bob, portal)
            await comes_back(alice, bob, bridge, portal)
            bob.says(ALICE, "a word in private")
            private = await alice.is_invited()
            await alice.joins(private)
            await alice.says(private, "yes?")
            await bob.reads("yes?")
        await bridge.stop()


def test_alice_and_bob_talk_over_xmpp(tmp_path: Path) -> None:
    (tmp_path / "prosody").mkdir()
    with (
        xmpp_server(tmp_path / "prosody", "alice", "bob") as server,
        beside_a_homeserver(tmp_path, "xmpp") as (base_url, bridge),
    ):

        async def act() -> None:
            bob = await Friend.connects(server, "bob")
            await bob.joins(ROOM, "Bob")
            subject = writing.element(names.CLIENT, "subject")
            subject.text = "about bridges"
            bob.sends(ROOM, subject)
            await story(base_url, bob, bridge)
            bob.leaves()

        bridge.configures(**server.settings())
        asyncio.run(act())
