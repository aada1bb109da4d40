"""VK keeps the contract of the kit against our server of VK, which vkbottle takes for VK too."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from attrs import frozen

from bridges.kit.abilities import HasHistory, claimed
from bridges.kit.contract import Answers, Contract, Here, Notebook, Town, Visit, log_in
from bridges.kit.failures import BadCredentials, Rejected, Transient
from bridges.kit.happenings import (
    ChatChange,
    Edit,
    MemberChange,
    Message,
    React,
    Read,
    Typing,
    Unreact,
)
from bridges.kit.network import Login
from bridges.kit.parts import ChatKey, Media, Outgoing, Span, Text, Unknown
from bridges.kit.webhooks import Answer, Request
from bridges.networks.vk import create
from bridges.networks.vk.network import Vk, VkSession
from tests.bridging.vk_server import BOB, CAROL, CHAT, GROUP, TOKEN, VkServer

LOGIN = f"club{GROUP}"
FRIENDS = ChatKey(str(CHAT), LOGIN)
TO_BOB = ChatKey(str(BOB), LOGIN)


@frozen
class VkTown(Town):
    server: VkServer


@asynccontextmanager
async def vk_town(notebook: Notebook) -> AsyncIterator[VkTown]:
    server = VkServer()
    await server.opens()
    network = create({"api": server.api, "poll_s": 1})
    await network.start(Here("https://bridge.example/webhook/vk"))

    async def says(text: str) -> None:
        await server.says(BOB, CHAT, text)

    async def hears(text: str) -> None:
        await server.has(lambda it: it["text"] == text and it["out"] == 1)

    yield VkTown(network, {"token": TOKEN}, FRIENDS, says, hears, server)
    await server.closes()


class TestContract(Contract):
    def town(self, notebook: Notebook) -> AbstractAsyncContextManager[Town]:
        return vk_town(notebook)

    async def ready(self, visit: Visit) -> None:
        await is_connected(visit)


async def is_connected(visit: Visit) -> None:
    town = visit.town
    assert isinstance(town, VkTown)
    await asyncio.wait_for(town.server.was_asked("groups.getLongPollServer"), 10)


def visits(story: Callable[[Visit, VkServer], Awaitable[None]]) -> None:
    async def told(visit: Visit) -> None:
        assert isinstance(visit.town, VkTown)
        await story(visit, visit.town.server)

    TestContract().visit(told)


def test_a_message_sent_twice_with_the_same_transaction_stands_there_once() -> None:
    async def story(visit: Visit, server: VkServer) -> None:
        sent = [await visit.sends("once", "same") for _ in range(2)]
        assert sent[0] == sent[1]
        assert [it["text"] for it in server.messages[CHAT]] == ["once"]

    visits(story)


def test_what_we_send_does_not_come_back_but_what_an_administrator_writes_does() -> None:
    async def story(visit: Visit, server: VkServer) -> None:
        await visit.sends("from the bridge", "t1")
        await server.administrator_says(CHAT, "from the site")
        message = await visit.notebook.first_of(Message)
        assert message.parts == (Text("from the site"),) and message.sender.me

    visits(story)


def test_looks_mentions_and_answers_cross_both_ways() -> None:
    async def story(visit: Visit, server: VkServer) -> None:
        looks = {"version": "1", "items": [{"type": "bold", "offset": 3, "length": 2}]}
        asked = await server.says(BOB, CHAT, "😀 hi [id6|Carol]", format_data=looks)
        heard = await visit.notebook.first_of(Message)
        spans = (Span(2, 2, "bold"), Span(5, 5, "user", "6"))
        assert heard.parts == (Text("😀 hi Carol", spans),)

        text = Text("😀 well, Bob", (Span(2, 4, "italic"), Span(8, 3, "user", "5")))
        await visit.session.send(Outgoing(FRIENDS, (text,), "t1", reply_to=heard.id))
        sent = await server.has(lambda it: it["out"] == 1)
        assert sent["text"] == "😀 well, [id5|Bob]"
        assert json.loads(sent["format_data"])["items"] == [
            {"type": "italic", "offset": 3, "length": 4}
        ]
        forward = json.loads(sent["forward"])
        assert forward["conversation_message_ids"] == [asked["conversation_message_id"]]

    visits(story)


def test_pictures_voices_and_files_cross_both_ways() -> None:
    async def story(visit: Visit, server: VkServer) -> None:
        small = {"url": server.keeps(b"small"), "width": 10, "height": 10, "type": "s"}
        large = {"url": server.keeps(b"large"), "width": 100, "height": 50, "type": "x"}
        photo = {"type": "photo", "photo": {"id": 1, "sizes": [large, small]}}
        voice = {"link_ogg": server.keeps(b"ogg"), "duration": 3, "waveform": [0, 5, 10]}
        said = {"type": "audio_message", "audio_message": voice}
        await server.says(BOB, CHAT, "look", attachments=[photo, said])
        text, picture, spoken = (await visit.notebook.first_of(Message)).parts
        assert text == Text("look")
        assert isinstance(picture, Media) and isinstance(spoken, Media)
        assert (picture.kind, picture.look.width, picture.look.height) == ("image", 100, 50)
        assert (spoken.kind, spoken.look.waveform) == ("voice", (0, 50, 100))
        session = visit.session
        assert isinstance(session, VkSession)
        assert await session.fetch(picture.content.reference, 100) == b"large"
        with pytest.raises(Rejected, match="larger"):
            await session.fetch(picture.content.reference, 2)

        parts = (
            Media("image", "cat.png", "image/png", b"cat", caption=Text("my cat")),
            Media("file", "plan.pdf", "application/pdf", b"plan"),
        )
        await session.send(Outgoing(FRIENDS, parts, "t1"))
        sent = await server.has(lambda it: it["out"] == 1)
        assert sent["text"] == "my cat"
        assert sent["attachment"] == f"photo-{GROUP}_4_k,doc-{GROUP}_5"
        assert list(server.files.values())[-2:] == [b"cat", b"plan"]

    visits(story)


def test_what_vk_shows_only_at_its_site_is_named() -> None:
    async def story(visit: Visit, server: VkServer) -> None:
        hologram = {"type": "hologram", "hologram": {"id": 1}}
        post = {"type": "wall", "wall": {"owner_id": -5, "id": 7, "text": "news"}}
        await server.says(BOB, CHAT, "", attachments=[hologram, "nonsense", post])
        named, link = (await visit.notebook.first_of(Message)).parts
        assert isinstance(named, Unknown) and "hologram" in named.summary
        assert getattr(link, "url", "") == "https://vk.com/wall-5_7"
        inner = [
            {"from_id": CAROL, "text": "mine", "fwd_messages": [{"from_id": BOB, "text": "x"}]}
        ]
        await server.says(BOB, CHAT, "see", fwd_messages=inner)
        heard = await visit.notebook.first(
            lambda it: isinstance(it, Message) and it.parts[0] == Text("see")
        )
        assert isinstance(heard, Message)
        quoted = [it.body for it in heard.parts if isinstance(it, Text)]
        assert quoted == ["see", "Carol Clay: mine", "Bob Brown: x"]

    visits(story)


def test_edits_reactions_receipts_and_typing_arrive() -> None:
    async def story(visit: Visit, server: VkServer) -> None:
        message = await server.says(BOB, CHAT, "frist")
        await server.edits(message, "first")
        edit = await visit.notebook.first_of(Edit)
        assert (edit.target, edit.parts) == ("1", (Text("first"),))

        await server.reacts(CAROL, CHAT, 1, 4)
        assert (await visit.notebook.first_of(React)).emoji == "👍"
        await server.reacts(CAROL, CHAT, 1, None)
        assert (await visit.notebook.first_of(Unreact)).emoji == "👍"

        await server.reads(BOB, 1)
        read = await visit.notebook.first_of(Read)
        assert (read.chat, read.sender.id, read.upto) == (TO_BOB, str(BOB), "1")
        await server.types(BOB)
        assert (await visit.notebook.first_of(Typing)).chat == TO_BOB

    visits(story)


def test_what_happens_to_a_chat_is_told() -> None:
    async def story(visit: Visit, server: VkServer) -> None:
        await server.says(
            BOB, CHAT, "", action={"type": "chat_title_update", "text": "Old friends"}
        )
        assert (await visit.notebook.first_of(ChatChange)).name == "Old friends"
        kick = {"type": "chat_kick_user", "member_id": CAROL}
        await server.says(BOB, CHAT, "", action=kick)
        gone = await visit.notebook.first_of(MemberChange)
        assert (gone.sender.id, gone.present, gone.how) == (str(CAROL), False, "kicked")
        assert gone.by is not None and gone.by.id == str(BOB)
        assert not any(isinstance(it, Message) for it in visit.notebook.happenings)

        chat = await visit.session.chat(FRIENDS)
        assert chat.members == {str(BOB): "Bob Brown", str(CAROL): "Carol Clay"}
        assert chat.levels is not None and chat.levels.users == {str(BOB): 100}

    visits(story)


def test_the_past_is_read_page_by_page() -> None:
    async def story(visit: Visit, server: VkServer) -> None:
        for number in range(7):
            await server.says(BOB, BOB, f"old {number}")
        session = visit.session
        assert isinstance(session, HasHistory)
        page = await session.history(TO_BOB, None, 5)
        older = await session.history(TO_BOB, page.before, 5)
        texts = [it.parts[0] for it in (*older.messages, *page.messages)]
        assert texts == [Text(f"old {number}") for number in range(7)]
        assert older.before is None

    visits(story)


def test_the_past_leaves_out_what_was_sent_and_is_not_noted_yet() -> None:
    async def story(visit: Visit, server: VkServer) -> None:
        session = visit.session
        assert isinstance(session, HasHistory)
        await visit.sends("noted", "t1")
        await visit.sends("under way", "t2")
        page = await session.history(FRIENDS, None, 5)
        assert [it.parts[0] for it in page.messages] == [Text("noted")]

    visits(story)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (901, Rejected, "have to write to it first"),
        (914, Rejected, "too long"),
        (6, Transient, "slow down"),
        (9, Transient, "slow down"),
        (5, BadCredentials, "token"),
        (4242, Rejected, "4242"),
    ],
)
def test_errors_are_told_in_words(code: int, kind: type[Exception], said: str) -> None:
    async def story(visit: Visit, server: VkServer) -> None:
        # The long poll makes no calls meanwhile, so the failure meets our message.
        server.failing.append({"error_code": code, "error_msg": f"error {code}"})
        with pytest.raises(kind, match=said):
            await visit.sends("hello", "t1")

    visits(story)


def test_what_vk_forgot_to_tell_is_read_from_the_chats() -> None:
    async def act() -> None:
        class Remembering(Notebook):
            async def chats(self) -> list[ChatKey]:
                return [FRIENDS]

        notebook = Remembering(notes={"long poll": "0"})
        async with vk_town(notebook) as town:
            await town.says("missed")
            town.server.forgets()
            session = town.network.session(await log_in(town), notebook)
            running = asyncio.create_task(session.run())
            await notebook.message("missed")
            running.cancel()

    asyncio.run(act())


def test_a_login_goes_on_where_it_was() -> None:
    async def act() -> None:
        notebook = Notebook()
        async with vk_town(notebook) as town:
            login = await log_in(town)
            for text in ("one", "two"):
                session = town.network.session(login, notebook)
                running = asyncio.create_task(session.run())
                if text == "one":
                    await asyncio.wait_for(town.server.was_asked("groups.getLongPollServer"), 10)
                    await town.says(text)
                await notebook.message(text)
                await notebook.note("long poll", str(len(town.server.news)))
                running.cancel()
                await town.says("two")
            heard = [it for it in notebook.happenings if isinstance(it, Message)]
            assert [it.parts[0] for it in heard] == [Text("one"), Text("two")]

    asyncio.run(act())


def calls(event: dict[str, object]) -> Request:
    return Request("POST", "callback", {}, {}, json.dumps(event).encode())


async def until_connected(network: Vk, request: Request) -> Answer:
    for _ in range(500):
        if (answer := await network.called(request)).status != 503:
            return answer
        await asyncio.sleep(0.01)
    raise AssertionError("the session does not run")


def test_vk_may_call_us_with_the_secret_key_only() -> None:
    async def act() -> None:
        notebook = Notebook()
        async with vk_town(notebook) as town:
            network, screen = town.network, Answers(town.answers)
            assert isinstance(network, Vk)
            login = await network.login(network.flows[1], screen)
            secret = login.secrets["secret"]
            assert "https://bridge.example/webhook/vk/callback" in screen.notes[0]
            assert secret in screen.notes[0]
            event: dict[str, object] = {"group_id": GROUP, "secret": secret, "event_id": "e1"}
            assert (await network.called(calls(event))).status == 503

            running = asyncio.create_task(network.session(login, notebook).run())
            confirm = event | {"type": "confirmation"}
            answer = await until_connected(network, calls(confirm))
            assert answer.body == town.server.confirmation.encode()

            message = {"id": 0, "peer_id": BOB, "from_id": BOB, "text": "hi"}
            message |= {"conversation_message_id": 1, "date": 1}
            told = event | {"type": "message_new", "object": {"message": message}}
            for wrong in (told | {"secret": "guess"}, told | {"secret": None}):
                assert (await network.called(calls(wrong))).status == 403
            assert (await network.called(calls(told | {"group_id": 1}))).status == 503
            assert (await network.called(Request("POST", "", {}, {}, b"[" * 9999))).status == 400
            assert notebook.happenings == []
            assert (await network.called(calls(told))).body == b"ok"
            assert (await notebook.message("hi")).chat == TO_BOB
            running.cancel()

    asyncio.run(act())


def test_a_token_that_vk_does_not_know_is_refused_at_the_login() -> None:
    async def act() -> None:
        async with vk_town(Notebook()) as town:
            with pytest.raises(BadCredentials):
                await town.network.login(town.network.flows[0], Answers({"token": "wrong"}))

    asyncio.run(act())


def test_its_abilities_are_those_that_it_defines() -> None:
    wanted = "edits redactions reactions typing receipts history name pins kicking search"
    assert set(wanted.split()) < set(claimed(VkSession))
    assert Login(LOGIN, "x", {"token": "t0ken"}).__repr__().find("t0ken") == -1
