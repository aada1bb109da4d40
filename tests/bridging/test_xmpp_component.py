"""People on Matrix with addresses of their own at a component of a real server, Prosody."""

import asyncio
import base64
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote
from xml.etree.ElementTree import Element

import aiohttp
import yaml

from bridges.networks.xmpp import names, writing
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.stanzas import attribute
from tests.appservices.people import User
from tests.bridging.people import BOT, meets_the_bot, opens, sends
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.bridging.xmpp_server import COMPONENT, HOST, ROOMS, Friend, body_of, xmpp_server

ROOM = f"hall@{ROOMS}"
ALICE, DORA = f"alice@{COMPONENT}", f"dora@{COMPONENT}"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000a49444154789c63000100000500010d0a2db40000000049454e44ae426082"
)
PATIENCE_S = 60


async def uploads(user: User, data: bytes, mime: str) -> str:
    url = f"{user.base_url}/_matrix/media/v3/upload"
    headers = {"Authorization": f"Bearer {user.token}", "Content-Type": mime}
    async with user.session.post(url, data=data, headers=headers) as response:
        return str((await response.json())["content_uri"])


async def presents(user: User, name: str, picture: str = "") -> None:
    path = f"/v3/profile/{quote(user.user_id)}"
    await user.ask("PUT", f"{path}/displayname", {"displayname": name})
    if picture:
        await user.ask("PUT", f"{path}/avatar_url", {"avatar_url": picture})


async def card_of(bob: Friend, jid: str) -> tuple[str, bytes]:
    question = bob.client.make_iq_get(ito=jid)
    question.xml.append(writing.element(names.VCARD, "vCard"))
    card = (await question.send()).xml.find(tag(names.VCARD, "vCard"))
    picture = card.findtext(f".//{tag(names.VCARD, 'BINVAL')}") or ""
    return card.findtext(tag(names.VCARD, "FN")), base64.b64decode(picture)


def id_in_room(message: Element) -> str:
    return attribute(message, tag(names.IDS, "stanza-id"), "id")


async def talk(alice: User, dora: User, bob: Friend, portal: str) -> None:
    """Each with a name of their own, in both directions."""
    first = await sends(alice, portal, "m.room.message", text("hello Bob"), "first")
    got = await bob.reads("hello Bob")
    assert got.get("from") == f"{ROOM}/Alice"
    await dora.says(portal, "dora, too")
    assert (await bob.reads("dora, too")).get("from") == f"{ROOM}/Dora"
    assert (await alice.reads(portal, "dora, too"))["sender"] == dora.user_id

    own_id = bob.says(ROOM, "helo both")
    heard = await dora.reads(portal, "helo both")
    bob.says(ROOM, "hello both", writing.correction(own_id))
    changed = await alice.reads(portal, "hello both")
    assert changed["content"]["m.relates_to"]["event_id"] == heard["event_id"]
    bob.sends(ROOM, *writing.reactions(id_in_room(got), ("🎉",)))
    reaction = await alice.sees(lambda it: it["type"] == "m.reaction")
    assert reaction["content"]["m.relates_to"]["event_id"] == first

    relates = {"rel_type": "m.annotation", "event_id": heard["event_id"], "key": "👍"}
    await sends(dora, portal, "m.reaction", {"m.relates_to": relates}, "r")
    liked = await bob.hears(lambda it: it.find(tag(names.REACTIONS, "reactions")) is not None)
    assert liked.get("from") in (f"{ROOM}/Dora", f"{ROOM}/bob")
    new = {"m.new_content": text("hello, Bob!"), "m.relates_to": replaces(first)}
    await sends(alice, portal, "m.room.message", text("* hello, Bob!") | new, "edit")
    edit = await bob.reads("hello, Bob!")
    assert attribute(edit, tag(names.CORRECT, "replace"), "id") == got.get("id")
    await alice.ask("PUT", f"/v3/rooms/{portal}/redact/{first}/gone", {})
    taken = await bob.hears(lambda it: it.find(tag(names.RETRACT, "retract")) is not None)
    assert taken.get("from") == f"{ROOM}/Alice"
    bob.sends(ROOM, writing.element(names.RETRACT, "retract", id=id_in_room(await echo(bob))))
    await alice.sees(lambda it: it["type"] == "m.room.redaction" and it["sender"] == BOT)

    uri = await uploads(alice, b"%PDF", "application/pdf")
    file = {"msgtype": "m.file", "body": "plan.pdf", "url": uri}
    await sends(alice, portal, "m.room.message", file, "file")
    there = await bob.hears(lambda it: it.find(tag(names.OOB, "x")) is not None)
    async with alice.session.get(body_of(there)) as response:
        assert await response.read() == b"%PDF"
    bob.says(ROOM, body_of(there), writing.file_at(body_of(there)))
    assert (await alice.reads(portal, "plan.pdf"))["content"]["url"] != uri


def bounced(jid: str, message: Element) -> bool:
    return (message.get("type"), message.get("from")) == ("error", jid)


async def echo(bob: Friend) -> Element:
    """What Bob said, as the room gave it back, with its id."""
    return await bob.hears(lambda it: body_of(it) == "helo both")


async def until(condition: Callable[[], object]) -> None:
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("It does not come true")


def there(bob: Friend) -> list[str]:
    return list(bob.client.plugin["xep_0045"].get_roster(ROOM))


def text(body: str) -> dict[str, object]:
    return {"msgtype": "m.text", "body": body}


def replaces(event_id: str) -> dict[str, str]:
    return {"rel_type": "m.replace", "event_id": event_id}


async def guest(alice: User, carol: User, bob: Friend, portal: str) -> None:
    """Carol, whom the bridge only relays, has a name there, too; who is renamed is renamed."""
    await alice.ask("POST", f"/v3/rooms/{quote(portal)}/invite", {"user_id": carol.user_id})
    await carol.joins(await carol.is_invited())
    await carol.says(portal, "carol speaks")
    assert (await bob.reads("carol speaks")).get("from") == f"{ROOM}/carol"
    await presents(alice, "Alicia")
    await until(lambda: "Alicia" in there(bob))
    await alice.says(portal, "under another name")
    assert (await bob.reads("under another name")).get("from") == f"{ROOM}/Alicia"
    await carol.ask("POST", f"/v3/rooms/{quote(portal)}/leave", {})
    await until(lambda: "carol" not in there(bob))
    joined = await alice.ask("GET", f"/v3/rooms/{quote(portal)}/joined_members")
    ghosts = [it for it in joined["joined"] if it.startswith("@net_")]
    assert len(ghosts) == 1, "none of our own people is a ghost"


async def private(alice: User, dora: User, bob: Friend) -> None:
    """Bob writes to Dora, who has asked for nothing; nobody is made up."""
    assert await card_of(bob, ALICE) == ("Alice", PIXEL)
    bob.says(DORA, "a word in private", id="b1")
    room = await dora.is_invited()
    await dora.joins(room)
    heard = await dora.reads(room, "a word in private")
    assert heard["sender"] == f"@net_bob=40{HOST}:localhost"
    await dora.says(room, "yes?")
    answer = await bob.reads("yes?")
    assert answer.get("from", "").startswith(DORA)
    path = f"/v3/rooms/{quote(room)}/receipt/m.read/{quote(heard['event_id'])}"
    await dora.ask("POST", path, {})
    await bob.hears(lambda it: attribute(it, tag(names.MARKERS, "displayed"), "id") == "b1")
    typing = f"/v3/rooms/{quote(room)}/typing/{quote(dora.user_id)}"
    await dora.ask("PUT", typing, {"typing": True, "timeout": 5000})
    await bob.hears(lambda it: it.find(tag(names.STATES, "composing")) is not None)

    for nobody in (f"nobody@{COMPONENT}", f"mallory%evil.test@{COMPONENT}"):
        bob.says(nobody, "is anybody there", id=f"to {nobody}")
        await bob.hears(partial(bounced, nobody))
    bob.client.send_presence(pto=DORA, ptype="subscribe")
    await until(lambda: bob.client.client_roster[DORA].resources)


async def story(base_url: str, bob: Friend, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice, dora, carol = [
            await User(base_url, session).register(it) for it in ("alice", "dora", "carol")
        ]
        await presents(alice, "Alice", await uploads(alice, PIXEL, "image/png"))
        await presents(dora, "Dora")
        await bridge.start()
        async with asyncio.timeout(PATIENCE_S):
            # Nobody logs in.
            portal = await opens(alice, await meets_the_bot(alice), ROOM)
            assert await opens(dora, await meets_the_bot(dora), ROOM) == portal
            await private(alice, dora, bob)
            await talk(alice, dora, bob, portal)
            await guest(alice, carol, bob, portal)
            await bridge.kill()
            bob.says(ROOM, "said while the bridge was away")
            await alice.says(portal, "and this, too")
            await bridge.start()
            await bob.reads("and this, too")
            await dora.reads(portal, "said while the bridge was away")
            bodies = [it["content"].get("body") for it in dora.seen]
            assert bodies.count("said while the bridge was away") == bodies.count("helo both") == 1
        await bridge.stop()


def test_everybody_on_matrix_has_an_address_at_a_component(tmp_path: Path) -> None:
    (tmp_path / "prosody").mkdir()
    with (
        xmpp_server(tmp_path / "prosody", "bob") as server,
        beside_a_homeserver(tmp_path, "xmpp") as (base_url, bridge),
    ):

        async def act() -> None:
            bob = await Friend.connects(server, "bob")
            await bob.joins(ROOM, "bob")
            await story(base_url, bob, bridge)
            bob.leaves()

        bridge.configures(**server.as_component())
        content = yaml.safe_load(bridge.config.read_text())
        content["permissions"]["@carol:localhost"] = "relay"
        bridge.config.write_text(yaml.safe_dump(content))
        asyncio.run(act())
