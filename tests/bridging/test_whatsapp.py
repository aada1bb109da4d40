"""Alice on Matrix and Bob on WhatsApp, through a started bridge; and pywa with the same server."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from queue import Queue
from typing import Any

import aiohttp
import httpx
import pytest
from pywa.client import WhatsApp
from pywa.handlers import MessageHandler
from pywa.types.message import Message

from tests.bridging.kinds import Kind
from tests.bridging.loopback import stays_here
from tests.bridging.people import Person, has_said, logs_in, meets_the_bot, opens
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.bridging.whatsapp_server import (
    BOB,
    CAROL,
    NUMBER,
    SECRET,
    TOKEN,
    WhatsappServer,
    notification,
    over_http,
    signed,
)

GHOST = f"@net_{BOB}:localhost"
PATIENCE_S = 30


async def talks(alice: Person, server: WhatsappServer, portal: str) -> None:
    html = {"format": "org.matrix.custom.html", "formatted_body": "hello <b>Bob</b>"}
    content = {"msgtype": "m.text", "body": "hello Bob", **html}
    first = await alice.sends(portal, "m.room.message", content)
    sent = await server.has(lambda it: it.get("text", {}).get("body") == "hello *Bob*")
    await server.tells(sent["id"], "delivered")
    await server.tells(sent["id"], "read")
    await alice.sees_receipt(portal, GHOST, first)

    said = await server.says(BOB, "_hello_ Alice", context={"id": sent["id"], "from": NUMBER})
    heard = await alice.reads(portal, "hello Alice")
    assert heard["sender"] == GHOST
    assert "<em>hello</em>" in heard["content"]["formatted_body"]
    assert heard["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == first
    await alice.answers(portal, heard["event_id"], "how are you")
    asked = await server.has(lambda it: it.get("text", {}).get("body") == "how are you")
    assert asked["context"] == {"message_id": said}

    new = {"type": "text", "text": {"body": "hello again"}}
    await server.sends(BOB, "edit", {"original_message_id": said, "message": new})
    changed = await alice.reads(portal, "hello again")
    assert changed["content"]["m.relates_to"]["event_id"] == heard["event_id"]

    mine = await alice.reacts(portal, heard["event_id"], "👍")
    there = await server.has(lambda it: it.get("type") == "reaction")
    assert there["reaction"] == {"message_id": said, "emoji": "👍"}
    await alice.redacts(portal, mine)
    await server.has(lambda it: it.get("reaction") == {"message_id": said, "emoji": ""})
    await server.sends(BOB, "reaction", {"message_id": sent["id"], "emoji": "🎉"})
    await alice.sees_reaction(GHOST, first, "🎉")

    await alice.types(portal)
    await server.has(lambda it: "typing_indicator" in it)
    await alice.has_read(portal, heard["event_id"])
    await server.has(lambda it: it.get("status") == "read" and it["message_id"] == said)
    await server.sends(BOB, "revoke", {"original_message_id": said})
    await alice.sees_redaction(heard["event_id"])

    # There is nothing to take back by at WhatsApp, nor to change: that is told, and said again.
    await alice.edits(portal, first, "good night")
    await server.has(lambda it: "good night" in it.get("text", {}).get("body", ""))


def has_file_of(mime: str) -> Callable[[dict[str, Any]], bool]:
    return lambda it: (
        it["sender"] == GHOST and it["content"].get("info", {}).get("mimetype") == mime
    )


async def shows(alice: Person, server: WhatsappServer, portal: str) -> None:
    for type, mime in (("audio", "audio/ogg"), ("sticker", "image/webp")):
        content = f"what a {type} holds".encode()
        thing = {"id": server.keeps(mime, content), "mime_type": mime, "voice": True}
        await server.sends(BOB, type, thing)
        shown = await alice.sees(has_file_of(mime))
        assert await alice.opens_file(shown) == content
        assert (shown["type"] == "m.sticker") == (type == "sticker")
    place = {"latitude": 52.5, "longitude": 13.4, "name": "Berlin"}
    await server.sends(BOB, "location", place)
    there = await alice.sees(lambda it: it["content"].get("msgtype") == "m.location")
    assert there["content"]["geo_uri"].startswith("geo:52.5,13.4")
    card = {"name": {"formatted_name": "Carol"}, "phones": [{"phone": "+49 1"}]}
    await server.sends(BOB, "contacts", [card])
    assert "+49 1" in (await alice.reads(portal, "Carol"))["content"]["body"]

    await alice.shows(portal, "plan.pdf", "application/pdf", b"%PDF")
    sent = await server.has(lambda it: it.get("type") == "document")
    assert sent["document"]["filename"] == "plan.pdf"
    assert server.files[sent["document"]["id"]][1] == b"%PDF"
    await alice.speaks(portal, "voice.ogg", "audio/ogg", b"OggS mine")
    sent = await server.has(lambda it: it.get("type") == "audio")
    assert server.files[sent["audio"]["id"]][1] == b"OggS mine"
    spot = {"msgtype": "m.location", "body": "the lake", "geo_uri": "geo:61.8,34.3"}
    await alice.sends(portal, "m.room.message", spot)
    sent = await server.has(lambda it: it.get("type") == "location")
    assert sent["location"]["latitude"] == 61.8
    webp = {"body": "smile", **await alice.uploads(b"RIFF mine")}
    await alice.sends(portal, "m.sticker", webp | {"info": {"mimetype": "image/webp"}})
    sent = await server.has(lambda it: it.get("type") == "sticker")
    assert server.files[sent["sticker"]["id"]][1] == b"RIFF mine"
    vcf = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Dan\r\nTEL:+49 2\r\nEND:VCARD\r\n"
    await alice.shows(portal, "Dan.vcf", "text/vcard", vcf)
    await server.has(lambda it: it.get("type") == "contacts")


async def comes_back(
    alice: Person, server: WhatsappServer, bridge: BridgeProcess, portal: str
) -> None:
    """Killed while both sides talk. WhatsApp repeats what we did not acknowledge."""
    said, written = [], []
    for number in range(24):
        said.append(f"to whatsapp {number}")
        await alice.says(portal, said[-1])
        written.append(f"to matrix {number}")
        await server.says(BOB, written[-1])
        if number % 8 == 7:
            await bridge.kill()
            await bridge.start()
    await server.has(lambda it: it.get("text", {}).get("body") == said[-1])
    await alice.reads(portal, written[-1])
    there = [it["text"]["body"] for it in server.messages if it.get("type") == "text"]
    there = [it for it in there if it.startswith("to whatsapp")]
    assert list(dict.fromkeys(there)) == said
    here = await has_said(alice, portal, GHOST)
    assert [it for it in here if it.startswith("to matrix")] == written


async def story(kind: Kind, base_url: str, server: WhatsappServer, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await kind.arrives("alice", base_url, session)
        await bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, phone=NUMBER, token=TOKEN, secret=SECRET)
        await alice.reads(room, f"http://127.0.0.1:{bridge.port}/webhook/whatsapp/hook")
        async with asyncio.timeout(4 * PATIENCE_S):
            await server.says(BOB, "is anybody there?")
            portal = await alice.is_invited()
            await alice.joins(portal)
            await talks(alice, server, portal)
            await shows(alice, server, portal)
            await comes_back(alice, server, bridge, portal)
            await alice.says(room, f"search +{CAROL}")
            await alice.reads(room, f"{CAROL}: +{CAROL}")
            private = await opens(alice, room, f"+{CAROL}")
            await server.says(CAROL, "who is there")
            await alice.reads(private, "who is there")
        await kind.holds(alice)
        await bridge.stop()


def test_alice_and_bob_talk_over_whatsapp(tmp_path: Path, kind: Kind) -> None:
    async def act(base_url: str, bridge: BridgeProcess) -> None:
        hook = f"http://127.0.0.1:{bridge.port}/webhook/whatsapp/hook"
        server = WhatsappServer(over_http(hook))
        await server.opens()
        bridge.configures(api=server.api, recall_s=0.2)
        await story(kind, base_url, server, bridge)
        await server.closes()

    with beside_a_homeserver(tmp_path, "whatsapp", **kind.settings) as (base_url, bridge):
        asyncio.run(act(base_url, bridge))


def test_pywa_takes_our_server_for_metas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its requests go to loopback only. It reads what we notify, too."""

    heard: Queue[str] = Queue()

    async def deliver(body: bytes, headers: dict[str, str]) -> int:
        assert wa.webhook_update_validator(body, headers["X-Hub-Signature-256"]) is None
        return int(wa.webhook_update_handler(body)[1])

    server = WhatsappServer(deliver)
    wa = WhatsApp(
        phone_id=NUMBER, token=TOKEN, app_secret=SECRET, server=None, session=httpx.Client()
    )

    def note(client: WhatsApp, message: Message) -> None:
        heard.put(str(message.text))

    wa.add_handlers(MessageHandler(note))

    async def act() -> None:
        await server.opens()
        stays_here(monkeypatch)
        wa.api._session.base_url = server.api
        sent = await asyncio.to_thread(wa.send_message, to=BOB, text="hello *Bob*")
        assert server.messages[0]["id"] == sent.id
        await asyncio.to_thread(
            wa.send_document,
            to=BOB,
            document=b"%PDF",
            filename="a.pdf",
            mime_type="application/pdf",
        )
        assert server.messages[1]["type"] == "document"
        await server.says(BOB, "hello pywa", from_user_id="DE.77")
        assert await asyncio.to_thread(heard.get, timeout=PATIENCE_S) == "hello pywa"
        await server.closes()

    asyncio.run(act())


def test_pywa_finds_our_signatures_right_and_others_wrong() -> None:
    wa = WhatsApp(phone_id=NUMBER, token=TOKEN, app_secret=SECRET, server=None)
    body = notification({})
    assert wa.webhook_update_validator(body, signed(body)["X-Hub-Signature-256"]) is None
    assert wa.webhook_update_validator(body, signed(body, "x")["X-Hub-Signature-256"]) is not None
