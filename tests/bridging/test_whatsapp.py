"""Alice on Matrix and Bob on WhatsApp, through a started bridge; and pywa with the same server."""

import asyncio
from pathlib import Path
from queue import Queue

import aiohttp
import httpx
import pytest
from pywa.client import WhatsApp
from pywa.handlers import MessageHandler
from pywa.types.message import Message

from tests.appservices.people import User
from tests.bridging.loopback import stays_here
from tests.bridging.people import has_said, logs_in, meets_the_bot, sends
from tests.bridging.started_bridge import BridgeProcess, beside_a_homeserver
from tests.bridging.whatsapp_server import (
    BOB,
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


async def talks(alice: User, server: WhatsappServer, portal: str) -> None:
    html = {"format": "org.matrix.custom.html", "formatted_body": "hello <b>Bob</b>"}
    content = {"msgtype": "m.text", "body": "hello Bob", **html}
    first = await sends(alice, portal, "m.room.message", content, "formatted")
    sent = await server.has(lambda it: it.get("text", {}).get("body") == "hello *Bob*")
    await server.tells(sent["id"], "delivered")
    await server.tells(sent["id"], "read")

    said = await server.says(BOB, "_hello_ Alice", context={"id": sent["id"], "from": NUMBER})
    heard = await alice.reads(portal, "hello Alice")
    assert heard["sender"] == GHOST
    assert "<em>hello</em>" in heard["content"]["formatted_body"]
    assert heard["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == first

    new = {"type": "text", "text": {"body": "hello again"}}
    await server.sends(BOB, "edit", {"original_message_id": said, "message": new})
    changed = await alice.reads(portal, "hello again")
    assert changed["content"]["m.relates_to"]["event_id"] == heard["event_id"]

    relates = {"rel_type": "m.annotation", "event_id": heard["event_id"], "key": "👍"}
    await sends(alice, portal, "m.reaction", {"m.relates_to": relates}, "reaction")
    there = await server.has(lambda it: it["type"] == "reaction")
    assert there["reaction"] == {"message_id": said, "emoji": "👍"}
    await server.sends(BOB, "reaction", {"message_id": sent["id"], "emoji": "🎉"})
    back = await alice.sees(lambda it: it["type"] == "m.reaction" and it["sender"] == GHOST)
    assert back["content"]["m.relates_to"]["event_id"] == first

    await server.sends(BOB, "revoke", {"original_message_id": said})
    await alice.sees(
        lambda it: it["type"] == "m.room.redaction" and heard["event_id"] in str(it["content"])
    )


async def shows(alice: User, server: WhatsappServer, portal: str) -> None:
    id = server.keeps("audio/ogg", b"OggS voice")
    await server.sends(BOB, "audio", {"id": id, "mime_type": "audio/ogg", "voice": True})
    voice = await alice.sees(
        lambda it: it["content"].get("msgtype") == "m.audio" and it["sender"] == GHOST
    )
    assert voice["content"]["info"]["mimetype"] == "audio/ogg"

    url = f"{alice.base_url}/_matrix/media/v3/upload"
    headers = {"Authorization": f"Bearer {alice.token}", "Content-Type": "application/pdf"}
    async with alice.session.post(url, data=b"%PDF", headers=headers) as response:
        uri = (await response.json())["content_uri"]
    content = {"msgtype": "m.file", "body": "plan.pdf", "url": uri}
    content["info"] = {"mimetype": "application/pdf"}
    await sends(alice, portal, "m.room.message", content, "file")
    sent = await server.has(lambda it: it["type"] == "document")
    assert sent["document"]["filename"] == "plan.pdf"
    assert server.files[sent["document"]["id"]][1] == b"%PDF"


async def comes_back(
    alice: User, server: WhatsappServer, bridge: BridgeProcess, portal: str
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
    there = [it["text"]["body"] for it in server.messages if it["type"] == "text"]
    there = [it for it in there if it.startswith("to whatsapp")]
    assert list(dict.fromkeys(there)) == said
    here = await has_said(alice, portal, GHOST)
    assert [it for it in here if it.startswith("to matrix")] == written


async def story(base_url: str, server: WhatsappServer, bridge: BridgeProcess) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
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
        await bridge.stop()


def test_alice_and_bob_talk_over_whatsapp(tmp_path: Path) -> None:
    async def act(base_url: str, bridge: BridgeProcess) -> None:
        hook = f"http://127.0.0.1:{bridge.port}/webhook/whatsapp/hook"
        server = WhatsappServer(over_http(hook))
        await server.opens()
        bridge.configures(api=server.api, recall_s=0.2)
        await story(base_url, server, bridge)
        await server.closes()

    with beside_a_homeserver(tmp_path, "whatsapp") as (base_url, bridge):
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
