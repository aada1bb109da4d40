"""WeChat keeps the contract of the kit against our servers of Tencent's, by each of its doors."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from attrs import frozen

from bridges.kit.abilities import Redacts
from bridges.kit.contract import Answers, Contract, Here, Notebook, Town, Visit
from bridges.kit.failures import BadCredentials, Rejected, Transient, Unsupported, WindowClosed
from bridges.kit.happenings import Message, Notice, Remove
from bridges.kit.network import QR, Network
from bridges.kit.parts import ChatKey, Location, Media, Outgoing, Part, Span, Text, Unknown
from bridges.kit.webhooks import Request
from bridges.networks.wechat.ilink_items import unseal
from bridges.networks.wechat.logging_in import redirected
from bridges.networks.wechat.network import CustomersSession, Wechat, WechatSession
from bridges.networks.wechat.settings import read
from tests.bridging.wechat_server import (
    AES_KEY,
    AGENT,
    AGENT_SECRET,
    APP,
    BOB,
    BOT,
    CORP,
    KF,
    KF_SECRET,
    SECRET,
    WechatServer,
)

ANSWERS = {
    "ilink": {},
    "account": {"app_id": APP, "secret": SECRET, "aes_key": AES_KEY},
    "customers": {"corp_id": CORP, "secret": KF_SECRET, "aes_key": AES_KEY},
    "application": {
        "corp_id": CORP,
        "agent_id": str(AGENT),
        "secret": AGENT_SECRET,
        "aes_key": AES_KEY,
    },
}
APPLICATION = f"application/{CORP}-{AGENT}"
CHATS = {
    "ilink": ChatKey(BOB, f"ilink:{BOT}"),
    "account": ChatKey("openid-bob", f"account:{APP}"),
    "customers": ChatKey("wm-bob", f"customers:{KF}"),
    "application": ChatKey("bob", f"application:{CORP}-{AGENT}"),
}


@frozen
class WechatTown(Town):
    server: WechatServer
    door: str


def words_of(message: dict[str, object]) -> str:
    match message:
        case {"item_list": [{"text_item": {"text": str(text)}}]}:
            return text
        case {"text": {"content": str(text)}}:
            return text
    return ""


@asynccontextmanager
async def wechat_town(notebook: Notebook, door: str) -> AsyncIterator[WechatTown]:
    async def deliver(path: str, query: dict[str, str], body: bytes) -> int:
        full = f"/webhook/wechat/{path}"
        return (await network.called(Request("POST", full, query, {}, body))).status

    server = WechatServer(deliver)
    await server.opens()
    network = network_with(door, server)
    await network.start(Here("https://bridge.example/webhook/wechat"))
    numbers = iter(range(1, 1000))

    async def says(text: str) -> None:
        if door == "ilink":
            server.says(text)
            return
        token = token_of(network)
        number = str(next(numbers))
        person = CHATS[door].id
        if door in ("account", "application"):
            fields = {"FromUserName": person, "CreateTime": "1", "MsgType": "text"}
            fields |= {"Content": text, "MsgId": number}
            path, receiver = (f"account/{APP}", APP) if door == "account" else (APPLICATION, CORP)
            await until_heard(lambda: server.calls(path, token, fields, receiver))
            return
        message = {"msgid": number, "open_kfid": KF, "external_userid": person, "origin": 3}
        server.customers.append(message | {"msgtype": "text", "text": {"content": text}})
        event = {"ToUserName": CORP, "MsgType": "event", "Event": "kf_msg_or_event"}
        await until_heard(lambda: server.calls(f"customers/{KF}", token, event, CORP))

    async def hears(text: str) -> None:
        await server.has(lambda it: words_of(it) == text)

    yield WechatTown(network, ANSWERS[door], CHATS[door], says, hears, server, door)
    await server.closes()


def network_with(door: str, server: WechatServer) -> Wechat:
    """Whose logins all go by one door."""

    class OneDoor(Wechat):
        flows = tuple(it for it in Wechat.flows if it.id == door)  # type: ignore[assignment]

    return OneDoor(read(server.settings()))


def token_of(network: Network) -> str:
    assert isinstance(network, Wechat)
    (door,) = network._called.values()
    return door.callback().token


async def until_heard(call: Callable[[], Awaitable[int]]) -> None:
    for _ in range(200):
        if (status := await call()) == 200:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"nobody hears the callback ({status})")


class WechatContract(Contract):
    door = ""

    def town(self, notebook: Notebook) -> AbstractAsyncContextManager[Town]:
        return wechat_town(notebook, self.door)

    async def ready(self, visit: Visit) -> None:
        """People write first."""
        await visit.town.says("hello, bot")
        await visit.notebook.message("hello, bot")
        visit.notebook.happenings.clear()


class TestIlink(WechatContract):
    door = "ilink"


class TestAccount(WechatContract):
    door = "account"

    async def ready(self, visit: Visit) -> None:
        await super().ready(visit)
        for number in range(10):
            await visit.notebook.keep(f"window {visit.town.chat.id}", f"9999999999 {-number}")


class TestCustomers(TestAccount):
    door = "customers"


class TestApplication(WechatContract):
    door = "application"


def visits(door: str, story: Callable[[Visit, WechatServer], Awaitable[None]]) -> None:
    async def with_server(visit: Visit) -> None:
        assert isinstance(visit.town, WechatTown)
        await story(visit, visit.town.server)

    contract = WechatContract()
    contract.door = door
    contract.visit(with_server)


async def sends(visit: Visit, *parts: Part) -> str:
    return (await visit.session.send(Outgoing(visit.town.chat, parts, repr(parts)))).id


def test_files_of_ilink_are_sealed_both_ways() -> None:
    async def story(visit: Visit, server: WechatServer) -> None:
        image = {"type": 2, "image_item": server.keeps(b"picture")}
        voice = {"type": 3, "voice_item": server.keeps(b"silk") | {"text": "said", "playtime": 900}}
        lost = {"type": 5, "video_item": {}}
        quoted = {"title": "earlier"}
        text = {"type": 1, "text_item": {"text": "look"}, "ref_msg": quoted}
        server.writes(text, image, voice, lost, {"type": 77})
        parts = (await visit.notebook.first_of(Message)).parts
        assert parts[0] == Text("earlier", (Span(0, 7, "quote"),))
        assert parts[1] == Text("look")
        assert isinstance(parts[2], Media) and isinstance(parts[3], Media)
        assert (parts[3].caption, parts[3].look.duration_ms) == (Text("said"), 900)
        assert isinstance(parts[4], Unknown) and isinstance(parts[5], Unknown)
        session = visit.session
        assert isinstance(session, WechatSession)
        assert await session.fetch(parts[2].content.reference, 100) == b"picture"

        await sends(visit, Media("image", "cat.png", "image/png", b"cat"))
        item = server.sent[-1]["item_list"][0]["image_item"]
        sealed = server.files[item["media"]["encrypt_query_param"]]
        assert unseal(sealed, bytes.fromhex(item["aeskey"])) == b"cat"
        with pytest.raises(Rejected):
            unseal(sealed, bytes(16))

    visits("ilink", story)


def test_ilink_answers_only_and_only_for_a_day() -> None:
    async def story(visit: Visit, server: WechatServer) -> None:
        stranger = ChatKey("stranger@im.wechat", visit.town.chat.receiver)
        with pytest.raises(WindowClosed, match="write first"):
            await visit.session.send(Outgoing(stranger, (Text("hi"),), "t1"))
        for number in range(10):
            await sends(visit, Text(f"answer {number}"))
        with pytest.raises(WindowClosed, match="10 messages"):
            await sends(visit, Text("one too many"))
        server.says("go on")
        await visit.notebook.message("go on")
        await sends(visit, Text("gladly"))
        assert server.sent[-1]["context_token"] == f"context {len(server.news)}"
        await visit.notebook.keep(f"window {BOB}", "1000000000 0")
        with pytest.raises(WindowClosed, match="24 hours"):
            await sends(visit, Text("the day after"))

    visits("ilink", story)


def test_typing_and_recalls_of_ilink() -> None:
    async def story(visit: Visit, server: WechatServer) -> None:
        session = visit.session
        assert isinstance(session, WechatSession)
        await session.typing(visit.town.chat, True)
        assert server.typed[-1]["typing_ticket"] == "ticket"
        server.says("oops", message_id=9001, delete_time_ms=5)
        assert (await visit.notebook.first_of(Remove)).target == "9001"
        assert not isinstance(session, Redacts)

    visits("ilink", story)


def test_a_login_of_ilink_goes_through_all_that_a_telephone_asks() -> None:
    async def act() -> None:
        async with wechat_town(Notebook(), "ilink") as town:
            server, screen = town.server, Answers({"code": "42"})
            server.statuses += [{"status": "wait"}, {"status": "scaned"}, {"status": "expired"}]
            server.statuses += [{"status": "scaned"}, {"status": "need_verifycode"}]
            login = await town.network.login(town.network.flows[0], screen)
            assert login.id == f"ilink:{BOT}"
            assert [type(it) for it in screen.shown] == [QR, QR]
            server.statuses += [{"status": "verify_code_blocked"}]
            with pytest.raises(Rejected, match="digits"):
                await town.network.login(town.network.flows[0], Answers({"code": "42"}))

    asyncio.run(act())


def test_a_login_that_is_over_says_so() -> None:
    async def act() -> None:
        notebook = Notebook()
        async with wechat_town(notebook, "ilink") as town:
            login = await town.network.login(town.network.flows[0], Answers({}))
            town.server.is_over = True
            with pytest.raises(BadCredentials, match="scan"):
                await town.network.session(login, notebook).run()

    asyncio.run(act())


@pytest.mark.parametrize(
    ("host", "goes"),
    [
        ("ilinkai2.weixin.qq.com", True),
        ("ilinkai.weixin.qq.com", True),
        ("evil.example", False),
        ("weixin.qq.com.evil.example", False),
        ("evil.example/ilinkai.weixin.qq.com", False),
        ("x@evil.example", False),
    ],
)
def test_a_login_is_redirected_to_tencents_servers_only(host: str, goes: bool) -> None:
    root = "https://ilinkai.weixin.qq.com"
    if goes:
        assert redirected(root, host) == f"https://{host}"
    else:
        with pytest.raises(Rejected):
            redirected(root, host)


def test_followers_write_to_an_account_and_are_told_of() -> None:
    async def story(visit: Visit, server: WechatServer) -> None:
        token = token_of(visit.town.network)
        person = visit.town.chat.id
        server.files["m1"] = b"jpeg"

        async def tells(**fields: str) -> int:
            known = {"FromUserName": person, "CreateTime": "1700000000"}
            return await server.calls(f"account/{APP}", token, known | fields, APP)

        await tells(MsgType="image", MediaId="m1", PicUrl="x", MsgId="11")
        await tells(MsgType="image", MediaId="m1", PicUrl="x", MsgId="11")
        place = {"Location_X": "39.9", "Location_Y": "116.4", "Label": "Beijing"}
        await tells(MsgType="location", MsgId="12", **place)
        await tells(MsgType="event", Event="unsubscribe")
        await tells(MsgType="hologram", MsgId="13")
        heard = [it for it in visit.notebook.happenings if isinstance(it, Message)]
        assert [it.id for it in heard] == ["11", "11", "12", "13"]
        picture = heard[0].parts[0]
        assert isinstance(picture, Media)
        session = visit.session
        assert isinstance(session, WechatSession)
        assert await session.fetch(picture.content.reference, 100) == b"jpeg"
        with pytest.raises(Rejected, match="no longer"):
            await session.fetch("gone", 100)
        assert heard[2].parts == (Location(39.9, 116.4, "Beijing"),)
        assert "no longer follows" in (await visit.notebook.first_of(Notice)).text

        await sends(visit, Media("image", "a.png", "image/png", b"png"))
        assert server.files[server.sent[-1]["image"]["media_id"]] == b"png"
        with pytest.raises(Unsupported, match="no files"):
            await sends(visit, Media("file", "a.pdf", "application/pdf", b"pdf"))

    visits("account", story)


def test_a_token_that_is_over_is_asked_for_once_and_errors_are_told_in_words() -> None:
    async def story(visit: Visit, server: WechatServer) -> None:
        asked = server.tokens
        server.tokens += 1
        await asyncio.gather(sends(visit, Text("one")), sends(visit, Text("two")))
        assert server.tokens == asked + 2
        errors: list[tuple[int, type[Exception], str]] = [
            (45015, WindowClosed, "write again"),
            (45047, WindowClosed, "write again"),
            (43004, Rejected, "follow"),
            (-1, Transient, "trouble"),
            (777, Rejected, "777"),
        ]
        for code, kind, said in errors:
            server.failing.append({"errcode": code, "errmsg": "no"})
            await visit.notebook.keep(f"window {visit.town.chat.id}", "9999999999 0")
            with pytest.raises(kind, match=said):
                await sends(visit, Text("hello"))

    visits("account", story)


def test_only_genuine_callbacks_are_heard() -> None:
    async def story(visit: Visit, server: WechatServer) -> None:
        token = token_of(visit.town.network)
        fields = {"FromUserName": "x", "MsgType": "text", "Content": "forged", "MsgId": "1"}
        path = f"account/{APP}"
        assert await server.calls(path, "guess", fields, APP) == 403
        assert await server.calls(path, token, fields, "") == 403
        assert await server.calls(path, token, fields, "wx0000000000000000") == 403
        assert await server.calls("account/wx404", token, fields, APP) == 404
        assert visit.notebook.happenings == []

    visits("account", story)


def test_customers_have_names_and_take_messages_back() -> None:
    async def story(visit: Visit, server: WechatServer) -> None:
        token = token_of(visit.town.network)
        person, session = visit.town.chat.id, visit.session
        assert isinstance(session, CustomersSession)
        assert (await session.user(person)).name == f"Customer {person}"
        known = {"open_kfid": KF, "external_userid": person, "origin": 3}
        link = {"title": "News", "url": "https://example.com", "desc": "today"}
        recall = {"event_type": "user_recall_msg", "recall_msgid": "21"}
        server.customers += [
            known | {"msgid": "21", "msgtype": "link", "link": link},
            known | {"msgid": "22", "origin": 5, "msgtype": "text", "text": {"content": "mine"}},
            {"msgid": "23", "open_kfid": KF, "msgtype": "event"}
            | {"event": recall | {"external_userid": person}},
        ]
        event = {"ToUserName": CORP, "MsgType": "event", "Event": "kf_msg_or_event"}
        assert await server.calls(f"customers/{KF}", token, event, CORP) == 200
        theirs, ours = [it for it in visit.notebook.happenings if isinstance(it, Message)]
        assert (theirs.id, ours.sender.me) == ("21", True)
        assert (await visit.notebook.first_of(Remove)).target == "21"

        id = await sends(visit, Text("hello"))
        await session.redact(visit.town.chat, id)
        assert server.typed[-1] == {"msgid": id, "open_kfid": KF}
        await sends(visit, Media("file", "a.pdf", "application/pdf", b"%PDF"))
        assert server.files[server.sent[-1]["file"]["media_id"]] == b"%PDF"

    visits("customers", story)
