"""WhatsApp keeps the contract of the kit against our Cloud API, which pywa takes for Meta's too."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from attrs import frozen

from bridges.kit.contract import Answers, Contract, Here, Notebook, Town, Visit
from bridges.kit.failures import BadCredentials, Rejected, Transient, WindowClosed
from bridges.kit.happenings import Delivered, Edit, Message, Notice, React, Read, Remove, Unreact
from bridges.kit.parts import (
    ChatKey,
    Contact,
    Location,
    Media,
    Outgoing,
    Part,
    Span,
    Text,
    Unknown,
)
from bridges.kit.webhooks import Request
from bridges.networks.whatsapp import create
from bridges.networks.whatsapp.network import Whatsapp, WhatsappSession
from tests.bridging.whatsapp_server import (
    BOB,
    CAROL,
    NUMBER,
    SECRET,
    TOKEN,
    WhatsappServer,
    notification,
    signed,
)

CHAT = ChatKey(BOB, NUMBER)


@frozen
class WhatsappTown(Town):
    server: WhatsappServer


@asynccontextmanager
async def whatsapp_town(notebook: Notebook, **settings: object) -> AsyncIterator[WhatsappTown]:
    async def deliver(body: bytes, headers: dict[str, str]) -> int:
        return (await network.called(told(body, headers))).status

    server = WhatsappServer(deliver)
    await server.opens()
    network = create({"api": server.api, "recall_s": 0.2, **settings})
    await network.start(Here("https://bridge.example/webhook/whatsapp"))

    async def says(text: str) -> None:
        await server.says(BOB, text)

    async def hears(text: str) -> None:
        await server.has(lambda it: it.get("text", {}).get("body") == text)

    answers = {"number": NUMBER, "token": TOKEN, "app_secret": SECRET}
    yield WhatsappTown(network, answers, CHAT, says, hears, server)
    await server.closes()


def told(body: bytes, headers: dict[str, str]) -> Request:
    small = {name.lower(): value for name, value in headers.items()}
    return Request("POST", "hook", {}, small, body)


class TestContract(Contract):
    def town(self, notebook: Notebook) -> AbstractAsyncContextManager[Town]:
        return whatsapp_town(notebook)

    async def ready(self, visit: Visit) -> None:
        town = visit.town
        assert isinstance(town, WhatsappTown)
        await town.server.notifies({})


def visits(story: Callable[[Visit, WhatsappServer], Awaitable[None]], **settings: object) -> None:
    class Changed(TestContract):
        def town(self, notebook: Notebook) -> AbstractAsyncContextManager[Town]:
            return whatsapp_town(notebook, **settings)

    async def with_server(visit: Visit) -> None:
        assert isinstance(visit.town, WhatsappTown)
        await story(visit, visit.town.server)

    Changed().visit(with_server)


async def sends(visit: Visit, *parts: Part, reply_to: str | None = None) -> str:
    out = Outgoing(CHAT, parts, f"t{time.monotonic_ns()}", reply_to=reply_to)
    return (await visit.session.send(out)).id


def test_looks_and_answers_cross_both_ways() -> None:
    async def story(visit: Visit, server: WhatsappServer) -> None:
        asked = await server.says(BOB, "*hi* there_is_ no `code`\n> _quoted_")
        heard = await visit.notebook.first_of(Message)
        assert heard.parts == (
            Text(
                "hi there_is_ no code\nquoted",
                (
                    Span(0, 2, "bold"),
                    Span(16, 4, "code"),
                    Span(21, 6, "quote"),
                    Span(21, 6, "italic"),
                ),
            ),
        )
        text = Text("well, Bob and more", (Span(6, 4, "bold"), Span(10, 8, "italic")))
        await sends(visit, text, reply_to=asked)
        sent = await server.has(lambda it: it["type"] == "text")
        assert sent["text"]["body"] == "well, *Bob* _and more_"
        assert (sent["to"], sent["context"]) == (BOB, {"message_id": asked})

    visits(story)


def test_files_places_and_cards_cross_both_ways() -> None:
    async def story(visit: Visit, server: WhatsappServer) -> None:
        ids = [server.keeps("image/jpeg", b"jpeg"), server.keeps("audio/ogg", b"ogg")]
        picture = {"id": ids[0], "mime_type": "image/jpeg", "caption": "my *cat*"}
        await server.sends(BOB, "image", picture)
        await server.sends(BOB, "audio", {"id": ids[1], "mime_type": "audio/ogg", "voice": True})
        place = {"latitude": 52.5, "longitude": 13.4, "name": "Berlin"}
        await server.sends(BOB, "location", place)
        card = {"name": {"formatted_name": "Carol"}, "phones": [{"phone": "+49 1"}]}
        await server.sends(BOB, "contacts", [card])
        heard = [it.parts[0] for it in visit.notebook.happenings if isinstance(it, Message)]
        image, voice = heard[0], heard[1]
        assert isinstance(image, Media) and isinstance(voice, Media)
        assert image.caption == Text("my cat", (Span(3, 3, "bold"),))
        assert voice.kind == "voice"
        assert heard[2:] == [Location(52.5, 13.4, "Berlin"), Contact("Carol", ("+49 1",))]
        session = visit.session
        assert isinstance(session, WhatsappSession)
        assert await session.fetch(image.content.reference, 100) == b"jpeg"
        with pytest.raises(Rejected, match="larger"):
            await session.fetch(image.content.reference, 2)

        await sends(visit, Media("image", "a.png", "image/png", b"png", caption=Text("look")))
        await sends(visit, Media("image", "a.tiff", "image/tiff", b"tiff"))
        await sends(visit, Media("voice", "v.ogg", "audio/ogg", b"said"), Location(1.0, 2.0))
        image_sent, document, spoken, there = server.messages
        assert image_sent["image"]["caption"] == "look"
        assert document["document"]["filename"] == "a.tiff"
        assert spoken["audio"]["voice"] is True
        assert there["location"] == {"latitude": 1.0, "longitude": 2.0}
        assert server.files[spoken["audio"]["id"]] == ("audio/ogg", b"said")

    visits(story)


def test_what_whatsapp_hides_is_named_and_buttons_are_words() -> None:
    async def story(visit: Visit, server: WhatsappServer) -> None:
        errors = [{"code": 131051, "title": "Message type is not supported"}]
        await server.sends(BOB, "unsupported", None, errors=errors)
        await server.sends(BOB, "hologram", {"id": "1"})
        reply = {"type": "button_reply", "button_reply": {"id": "y", "title": "Yes"}}
        await server.sends(BOB, "interactive", reply)
        items = [{"quantity": 2, "product_retailer_id": "tea", "item_price": 3, "currency": "EUR"}]
        await server.sends(BOB, "order", {"product_items": items})
        parts = [it.parts[0] for it in visit.notebook.happenings if isinstance(it, Message)]
        assert isinstance(parts[0], Unknown) and "not supported" in parts[0].summary
        assert parts[1] == Unknown("hologram")
        assert parts[2:] == [Text("Yes"), Text("An order:\n2 x tea at 3 EUR")]

    visits(story)


def test_reactions_edits_and_revocations_arrive() -> None:
    async def story(visit: Visit, server: WhatsappServer) -> None:
        id = await sends(visit, Text("hello"))
        for emoji in ("👍", "🎉", ""):
            await server.sends(BOB, "reaction", {"message_id": id, "emoji": emoji})
        shown = [(type(it), getattr(it, "emoji", "")) for it in visit.notebook.happenings]
        assert shown == [(React, "👍"), (Unreact, "👍"), (React, "🎉"), (Unreact, "🎉")]

        theirs = await server.says(BOB, "frist")
        new = {"type": "text", "text": {"body": "first"}}
        changed = {"original_message_id": theirs, "message": new}
        await server.sends(BOB, "edit", changed)
        edit = await visit.notebook.first_of(Edit)
        assert (edit.target, edit.parts) == (theirs, (Text("first"),))
        await server.sends(BOB, "revoke", {"original_message_id": theirs})
        assert (await visit.notebook.first_of(Remove)).target == theirs

    visits(story)


def test_what_became_of_our_messages_is_told() -> None:
    async def story(visit: Visit, server: WhatsappServer) -> None:
        id = await sends(visit, Text("hello"))
        for status in ("sent", "delivered", "read"):
            await server.tells(id, status)
        assert (await visit.notebook.first_of(Delivered)).upto == id
        assert (await visit.notebook.first_of(Read)).sender.id == BOB
        await server.tells(id, "failed", errors=[{"code": 131047, "title": "Re-engagement"}])
        assert "24 hours" in (await visit.notebook.first_of(Notice)).text

    visits(story)


def test_a_closed_window_is_explained_and_a_template_asks_once() -> None:
    async def story(visit: Visit, server: WhatsappServer) -> None:
        server.now_s = int(time.time()) - 25 * 3600
        await server.says(BOB, "long ago")
        for _ in range(2):
            with pytest.raises(WindowClosed, match="24 hours"):
                await sends(visit, Text("are you there?"))
        assert [it["template"]["name"] for it in server.messages] == ["please_write"]
        server.now_s = int(time.time())
        await server.says(BOB, "here I am")
        await sends(visit, Text("welcome back"))
        assert server.messages[-1]["text"]["body"] == "welcome back"

    visits(story, template="please_write")


def test_a_broken_connection_sends_nothing_twice_once_whatsapp_tells() -> None:
    async def story(visit: Visit, server: WhatsappServer) -> None:
        server.deaf = 1
        out = Outgoing(CHAT, (Text("once"),), "unique")
        trying = asyncio.create_task(visit.session.send(out))
        sent = await server.has(lambda it: it["type"] == "text")
        await server.tells(sent["id"], "sent")
        assert (await trying).id == sent["id"]

        server.deaf = 1
        silent = Outgoing(CHAT, (Text("twice"),), "silent")
        with pytest.raises(Transient):
            await visit.session.send(silent)
        sent = await server.has(lambda it: it["text"]["body"] == "twice")
        await server.tells(sent["id"], "sent")
        assert (await visit.session.send(silent)).id == sent["id"]
        assert [it["text"]["body"] for it in server.messages] == ["once", "twice"]

    visits(story)


def test_a_person_stays_the_same_when_whatsapp_hides_the_number() -> None:
    async def story(visit: Visit, server: WhatsappServer) -> None:
        await server.says(BOB, "with a number", from_user_id="DE.77")
        await server.says(BOB, "still me", from_user_id="DE.77")
        await server.sends("", "text", {"body": "hidden now"}, from_user_id="DE.77")
        await server.sends("", "text", {"body": "never shown"}, from_user_id="DE.88")
        senders = [it.sender.id for it in visit.notebook.happenings if isinstance(it, Message)]
        assert senders == ["DE.77", "DE.77", "DE.77", "DE.88"]
        chats = {it.chat for it in visit.notebook.happenings if isinstance(it, Message)}
        for chat in chats:
            await visit.session.send(Outgoing(chat, (Text("hi"),), chat.id))
        assert {it.get("to") or it.get("recipient") for it in server.messages} == {BOB, "DE.88"}

    visits(story)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (131047, WindowClosed, "24 hours"),
        (131026, Rejected, "cannot deliver"),
        (130429, Transient, "slow down"),
        (190, BadCredentials, "token"),
        (999, Rejected, "999"),
    ],
)
def test_errors_are_told_in_words(code: int, kind: type[Exception], said: str) -> None:
    async def story(visit: Visit, server: WhatsappServer) -> None:
        server.failing.append({"code": code, "message": "no"})
        with pytest.raises(kind, match=said):
            await sends(visit, Text("hello"))

    visits(story)


def test_only_what_the_app_signed_is_heard() -> None:
    async def story(visit: Visit, server: WhatsappServer) -> None:
        network = visit.town.network
        assert isinstance(network, Whatsapp)
        text = {"type": "text", "text": {"body": "hi"}}
        message = {"from": CAROL, "id": "wamid.1", "timestamp": "1", **text}
        body = notification({"messages": [message]})
        for headers in (
            {},
            {"X-Hub-Signature-256": "sha256="},
            signed(body, "wrong"),
            signed(body + b" "),
        ):
            assert (await network.called(told(body, headers))).status == 403
        other = body.replace(NUMBER.encode(), b"999")
        assert (await network.called(told(other, signed(other)))).status == 503
        hostile = b"[" * 100_000
        assert (await network.called(told(hostile, {}))).status == 403
        assert visit.notebook.happenings == []
        assert (await network.called(told(body, signed(body)))).status == 200
        await visit.notebook.message("hi")

    visits(story)


def test_the_verify_token_opens_the_hook() -> None:
    async def act() -> None:
        notebook = Notebook()
        async with whatsapp_town(notebook) as town:
            network, screen = town.network, Answers(town.answers)
            assert isinstance(network, Whatsapp)
            login = await network.login(network.flows[0], screen)
            assert "https://bridge.example/webhook/whatsapp/hook" in screen.notes[0]
            token = login.secrets["verify"]
            assert token in screen.notes[0]
            running = asyncio.create_task(network.session(login, notebook).run())
            await town.server.notifies({})
            asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
            right = Request("GET", "hook", asked | {"hub.verify_token": token}, {}, b"")
            assert (await network.called(right)).body == b"1158201444"
            for guess in ("", "guess"):
                wrong = Request("GET", "hook", asked | {"hub.verify_token": guess}, {}, b"")
                assert (await network.called(wrong)).status == 403
            running.cancel()

    asyncio.run(act())


def test_a_signature_of_the_documentation() -> None:
    body = b'{"object":"whatsapp_business_account","entry":[]}'
    wanted = "sha256=09eceea024af6e6343b760cc9bd3ae7c056938dd636e24e92109eb8219500384"
    assert signed(body, "appsecret") == {"X-Hub-Signature-256": wanted}
