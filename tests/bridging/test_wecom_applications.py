"""Applications of WeCom: called as WeCom calls, and taken for genuine by wechatpy."""

import asyncio
import time
from typing import Any

import pytest
from wechatpy.enterprise import WeChatClient, parse_message
from wechatpy.enterprise.crypto import WeChatCrypto

from bridges.kit.contract import Answers, Visit
from bridges.kit.failures import BadCredentials, Rejected
from bridges.kit.happenings import Message, Notice
from bridges.kit.parts import ChatKey, Location, Media, Outgoing, Text
from bridges.kit.webhooks import Request
from bridges.networks.wechat.network import ApplicationSession, Wechat
from tests.bridging.test_wechat_contract import (
    ANSWERS,
    APPLICATION,
    sends,
    token_of,
    visits,
)
from tests.bridging.wechat_server import AES_KEY, AGENT, AGENT_SECRET, CORP, WechatServer, xml
from tests.bridging.wechatpy_peer import asked_by_wechatpy

PATH = f"/webhook/wechat/{APPLICATION}"


def test_members_write_and_are_written_to_at_any_time() -> None:
    async def story(visit: Visit, server: WechatServer) -> None:
        session, token = visit.session, token_of(visit.town.network)
        assert isinstance(session, ApplicationSession)
        ann = await session.open_chat("ann")
        await session.send(Outgoing(ann, (Text("good morning"),), "t1"))
        assert server.sent[-1]["touser"] == "ann" and server.sent[-1]["agentid"] == AGENT
        assert (await session.chat(ann)).name == "Member ann"
        with pytest.raises(Rejected, match="no such member"):
            await session.open_chat("nobody")
        nobody = ChatKey("nobody", ann.receiver)
        with pytest.raises(Rejected, match="may not write to them"):
            await session.send(Outgoing(nobody, (Text("hello?"),), "t2"))
        assert (await session.user("nobody")).name == "nobody"

        async def tells(**fields: str) -> int:
            known = {"ToUserName": CORP, "FromUserName": "bob", "CreateTime": "1700000000"}
            return await server.calls(APPLICATION, token, known | fields, CORP)

        server.files["m1"] = b"jpeg"
        assert await tells(MsgType="image", MediaId="m1", PicUrl="x", MsgId="11") == 200
        place = {"Location_X": "39.9", "Location_Y": "116.4", "Label": "Beijing"}
        await tells(MsgType="location", MsgId="12", **place)
        await tells(MsgType="event", Event="unsubscribe")
        await tells(MsgType="event", Event="enter_agent")
        await tells(MsgType="hologram", MsgId="13")
        heard = [it for it in visit.notebook.happenings if isinstance(it, Message)]
        assert [it.id for it in heard] == ["11", "12", "13"]
        picture = heard[0].parts[0]
        assert isinstance(picture, Media)
        assert await session.fetch(picture.content.reference, 100) == b"jpeg"
        assert heard[1].parts == (Location(39.9, 116.4, "Beijing"),)
        (notice,) = [it for it in visit.notebook.happenings if isinstance(it, Notice)]
        assert "can no longer see the application" in notice.text

    visits("application", story)


def test_files_of_all_kinds_go_and_messages_are_taken_back() -> None:
    async def story(visit: Visit, server: WechatServer) -> None:
        session = visit.session
        assert isinstance(session, ApplicationSession)
        for kind, mime in (("image", "image/png"), ("voice", "audio/amr"), ("file", "text/plain")):
            id = await sends(visit, Media(kind, "a", mime, kind.encode()))
            assert server.files[server.sent[-1][kind]["media_id"]] == kind.encode()
            await session.redact(visit.town.chat, id)
            assert server.typed[-1] == {"msgid": id}
        with pytest.raises(Rejected, match="2,000,000"):
            await sends(visit, Media("voice", "a", "audio/amr", bytes(2_000_001)))

    visits("application", story)


def test_a_token_that_is_over_is_renewed_and_a_wrong_secret_is_told() -> None:
    async def story(visit: Visit, server: WechatServer) -> None:
        asked = server.tokens
        server.tokens += 1
        await sends(visit, Text("one"))
        assert server.tokens == asked + 2
        wrong = Answers({**ANSWERS["application"], "secret": "guess"})
        with pytest.raises(BadCredentials, match="secret"):
            await visit.town.network.login(visit.town.network.flows[0], wrong)

    visits("application", story)


def pieces(sealed: str) -> dict[str, str]:
    """Of what wechatpy has sealed."""
    names = ("Encrypt", "MsgSignature")
    return {it: sealed.partition(f"<{it}><![CDATA[")[2].partition("]]>")[0] for it in names}


def test_wechatpy_seals_what_we_open_and_opens_what_we_seal() -> None:
    async def story(visit: Visit, server: WechatServer) -> None:
        network = visit.town.network
        assert isinstance(network, Wechat)
        crypto = WeChatCrypto(token_of(network), AES_KEY, CORP)
        stamp = str(int(time.time()))
        told = {"ToUserName": CORP, "FromUserName": "bob", "CreateTime": stamp}
        told |= {"MsgType": "text", "Content": "你好", "MsgId": "77", "AgentID": str(AGENT)}
        sealed = crypto.encrypt_message(xml(told), "n1", stamp)
        query = {"msg_signature": pieces(sealed)["MsgSignature"], "timestamp": stamp, "nonce": "n1"}

        async def status(**other: str) -> int:
            request = Request("POST", PATH, query | other, {}, sealed.encode())
            return (await network.called(request)).status

        assert await status() == 200
        assert (await visit.notebook.message("你好")).sender.id == "bob"
        assert await status(msg_signature="0" * 40) == 403
        assert await status(timestamp="1000000000") == 403

        opened: list[Any] = []

        async def deliver(path: str, query: dict[str, str], body: bytes) -> int:
            signed = (query[it] for it in ("msg_signature", "timestamp", "nonce"))
            opened.append(parse_message(crypto.decrypt_message(body, *signed)))
            return 200

        server.deliver = deliver
        await server.calls(APPLICATION, crypto.token, told, CORP)
        assert (opened[0].content, opened[0].agent) == ("你好", AGENT)

    visits("application", story)


def test_wecom_checks_the_address_by_a_sealed_word() -> None:
    async def story(visit: Visit, server: WechatServer) -> None:
        network = visit.town.network
        assert isinstance(network, Wechat)
        crypto, stamp = WeChatCrypto(token_of(network), AES_KEY, CORP), str(int(time.time()))
        sealed = pieces(crypto.encrypt_message("the word", "n1", stamp))
        query = {"echostr": sealed["Encrypt"], "msg_signature": sealed["MsgSignature"]}
        query |= {"timestamp": stamp, "nonce": "n1"}
        answer = await network.called(Request("GET", PATH, query, {}, b""))
        assert (answer.status, answer.body) == (200, b"the word")
        wrong = query | {"msg_signature": "0" * 40}
        assert (await network.called(Request("GET", PATH, wrong, {}, b""))).status == 403

    visits("application", story)


def test_wechatpy_takes_our_server_for_wecom(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act() -> None:
        async with asked_by_wechatpy(monkeypatch, WeChatClient) as server:
            client = WeChatClient(CORP, AGENT_SECRET, access_token="token1")
            answer = await asyncio.to_thread(client.message.send_text, AGENT, "bob", "你好")
            assert server.sent[-1]["text"]["content"] == "你好" and answer["msgid"] == "m1"
            assert (await asyncio.to_thread(client.user.get, "bob"))["name"] == "Member bob"

    asyncio.run(act())
