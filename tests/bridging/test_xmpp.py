"""Alice on Matrix and Bob on XMPP, through a started bridge and a real server, Prosody."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element

import aiohttp

from bridges.networks.xmpp import names, writing
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.stanzas import attribute
from tests.bridging.kinds import Kind
from tests.bridging.people import Person, becomes, has_said, logs_in, meets_the_bot, opens, state
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.bridging.xmpp_server import HOST, PASSWORD, ROOMS, Friend, body_of, xmpp_server

ROOM, ALICE, CAROL = f"hall@{ROOMS}", f"alice@{HOST}", f"carol@{HOST}"
PATIENCE_S = 30


async def ghost_of(alice: Person, portal: str, name: str) -> str:
    path = f"/v3/rooms/{quote(portal)}/joined_members"
    joined = (await alice.ask("GET", path))["joined"]
    return next(str(id) for id, it in joined.items() if it.get("display_name") == name)


def has(space: str, name: str) -> Callable[[Element], bool]:
    return lambda it: it.find(tag(space, name)) is not None


async def talks(alice: Person, bob: Friend, portal: str) -> None:
    html = {"format": "org.matrix.custom.html", "formatted_body": "hello <b>Bob</b>"}
    content = {"msgtype": "m.text", "body": "hello Bob", **html}
    first = await alice.sends(portal, "m.room.message", content)
    got = await bob.reads("hello *Bob*")
    id = attribute(got, tag(names.IDS, "stanza-id"), "id")

    own_id = bob.says(ROOM, "_hello_ Alice", writing.element(names.REPLY, "reply", id=id))
    heard = await alice.reads(portal, "hello Alice")
    assert "<em>hello</em>" in heard["content"]["formatted_body"]
    assert heard["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == first
    there = attribute(await bob.reads("_hello_ Alice"), tag(names.IDS, "stanza-id"), "id")
    await alice.answers(portal, heard["event_id"], "how are you")
    answer = await bob.reads("how are you")
    assert attribute(answer, tag(names.REPLY, "reply"), "id") == there
    relates = {"rel_type": "m.thread", "event_id": heard["event_id"], "is_falling_back": True}
    thread = {"msgtype": "m.text", "body": "by the way", "m.relates_to": relates}
    await alice.sends(portal, "m.room.message", thread)
    assert (await bob.reads("by the way")).findtext(tag(names.CLIENT, "thread")) == there

    bob.says(ROOM, "hello again", writing.correction(own_id))
    changed = await alice.reads(portal, "hello again")
    assert changed["content"]["m.relates_to"]["event_id"] == heard["event_id"]
    await alice.edits(portal, first, "good night")
    edit = await bob.reads("good night")
    assert attribute(edit, tag(names.CORRECT, "replace"), "id") == got.get("id")

    await alice.reacts(portal, heard["event_id"], "👍")
    await bob.hears(has(names.REACTIONS, "reactions"))
    bob.sends(ROOM, *writing.reactions(id, ("🎉",)))
    await alice.sees_reaction(heard["sender"], first, "🎉")

    await alice.redacts(portal, first)
    await bob.hears(has(names.RETRACT, "retract"))
    bob.sends(ROOM, *writing.retraction(there))
    await alice.sees_redaction(heard["event_id"])


async def shows(alice: Person, bob: Friend, portal: str) -> None:
    await alice.shows(portal, "plan.pdf", "application/pdf", b"%PDF")
    address = body_of(await bob.hears(has(names.OOB, "x")))
    async with alice.session.get(address) as response:
        assert await response.read() == b"%PDF"
    bob.says(ROOM, address, writing.file_at(address))
    back = await alice.reads(portal, "plan.pdf")
    assert back["content"]["msgtype"] == "m.file"
    assert await alice.opens_file(back) == b"%PDF"


async def talks_in_private(alice: Person, bob: Friend) -> None:
    """Typing and receipts are for conversations of two."""
    bob.says(ALICE, "a word in private", id="b1")
    private = await alice.is_invited()
    await alice.joins(private)
    heard = await alice.reads(private, "a word in private")
    bob.sends(ALICE, *writing.state(True))
    await alice.sees_typing(private, heard["sender"])
    await alice.types(private)
    await bob.hears(has(names.STATES, "composing"))
    await alice.has_read(private, heard["event_id"])
    read = await bob.hears(has(names.MARKERS, "displayed"))
    assert attribute(read, tag(names.MARKERS, "displayed"), "id") == "b1"
    said = await alice.says(private, "yes?")
    got = await bob.reads("yes?")
    bob.sends(ALICE, *writing.displayed(str(got.get("id"))))
    await alice.sees_receipt(private, heard["sender"], said)


async def come_and_go(alice: Person, bob: Friend, carol: Friend, portal: str) -> None:
    """Bob owns the room, and makes Alice an administrator."""
    assert (await state(alice, portal, "m.room.topic"))["topic"] == "about bridges"
    rooms = bob.client.plugin["xep_0045"]
    await rooms.set_affiliation(ROOM, "admin", jid=ALICE)
    await alice.sets(portal, "m.room.topic", {"topic": "about rivers"})
    await bob.hears(lambda it: it.findtext(tag(names.CLIENT, "subject")) == "about rivers")

    await carol.joins(ROOM, "Carol")
    came = await alice.sees(lambda it: it["content"].get("displayname") == "Carol")
    ghost = came["state_key"]
    carol.client.send_presence(pto=f"{ROOM}/Caroline")
    await alice.sees(lambda it: it["content"].get("displayname") == "Caroline")
    await rooms.set_role(ROOM, "Caroline", "none", reason="noise")
    await alice.sees_member(portal, ghost, "leave")

    for deed in ("kick", "ban"):
        alice.seen.clear()
        await carol.joins(ROOM, "Carol")
        await alice.sees_member(portal, ghost, "join")
        if deed == "kick":
            levels = await state(alice, portal, "m.room.power_levels")
            levels["users"][ghost] = 10
            await alice.sets(portal, "m.room.power_levels", levels)
            await listed(rooms, "member")
        alice.seen.clear()
        await alice.kicks(portal, ghost, deed)
        await is_out(bob)
        await alice.sees_member(portal, ghost, {"kick": "leave"}.get(deed, deed))
    # The room tells of the ban, too; until then an end of it would be overtaken.
    await alice.sees(
        lambda it: (
            it.get("state_key") == ghost
            and it["content"].get("membership") == "ban"
            and it["sender"] != alice.user_id
        )
    )
    await alice.kicks(portal, ghost, "unban")
    await listed(rooms, "outcast", is_there=False)
    await alice.kicks(portal, ghost, "invite")
    await carol.hears(has(names.INVITE, "x"))


async def listed(rooms: Any, affiliation: str, *, is_there: bool = True) -> None:
    """Carol, among those of the room."""

    async def right() -> bool:
        return (CAROL in await rooms.get_users_by_affiliation(ROOM, affiliation)) == is_there

    await becomes(right)


async def is_out(bob: Friend) -> None:
    async def gone() -> bool:
        return "Carol" not in bob.client.plugin["xep_0045"].get_roster(ROOM)

    await becomes(gone)


async def comes_back(alice: Person, bob: Friend, bridge: BridgeProcess, portal: str) -> None:
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


async def story(
    kind: Kind, base_url: str, bob: Friend, carol: Friend, bridge: BridgeProcess
) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await kind.arrives("alice", base_url, session)
        await bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, address=ALICE, password=PASSWORD, nick="Alice")
        portal = await opens(alice, room, ROOM)
        await alice.recalls(portal, "said before")
        async with asyncio.timeout(4 * PATIENCE_S):
            await talks(alice, bob, portal)
            await shows(alice, bob, portal)
            await comes_back(alice, bob, bridge, portal)
            await talks_in_private(alice, bob)
            await come_and_go(alice, bob, carol, portal)
            await alice.says(room, "directory hall")
            await alice.reads(room, ROOM)
            await alice.says(room, "contacts")
            await alice.reads(room, f"{bob.jid}: Bobby")
        await kind.holds(alice)
        await bridge.stop()


def test_alice_and_bob_talk_over_xmpp(tmp_path: Path, kind: Kind) -> None:
    (tmp_path / "prosody").mkdir()
    with (
        xmpp_server(tmp_path / "prosody", "alice", "bob", "carol") as server,
        beside_a_homeserver(tmp_path, "xmpp", **kind.settings) as (base_url, bridge),
    ):

        async def act() -> None:
            phone = await Friend.connects(server, "alice")
            await phone.client.update_roster(f"bob@{HOST}", name="Bobby")
            phone.leaves()
            bob = await Friend.connects(server, "bob")
            carol = await Friend.connects(server, "carol")
            await bob.joins(ROOM, "Bob")
            subject = writing.element(names.CLIENT, "subject")
            subject.text = "about bridges"
            bob.sends(ROOM, subject)
            bob.says(ROOM, "said before")
            await story(kind, base_url, bob, carol, bridge)
            bob.leaves()
            carol.leaves()

        bridge.configures(**server.settings())
        asyncio.run(act())
