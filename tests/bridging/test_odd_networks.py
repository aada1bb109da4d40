"""VK, WhatsApp and WeChat on bad days: repetitions, disorder, huge files, patience, lost rights."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bridges.kit.contract import Answers, Notebook, Visit
from bridges.kit.failures import BadCredentials, Rejected, Transient, WindowClosed
from bridges.kit.happenings import Message
from bridges.kit.parts import Media, Outgoing, Text
from bridges.kit.sources import Source
from bridges.networks.vk.network import Vk
from bridges.networks.whatsapp.network import Whatsapp, WhatsappSession
from tests.bridging import test_vk_contract as vk
from tests.bridging import test_wechat_contract as wechat
from tests.bridging import test_whatsapp_contract as whatsapp
from tests.bridging.vk_server import BOB as BOB_AT_VK
from tests.bridging.vk_server import GROUP
from tests.bridging.wechat_server import WechatServer
from tests.bridging.whatsapp_server import BOB, WhatsappServer, notification, signed

Story = Callable[[Visit, Any], Awaitable[None]]
Visits = Callable[[Story], None]

NETWORKS: dict[str, Visits] = {
    "vk": vk.visits,
    "whatsapp": whatsapp.visits,
    "ilink": lambda story: wechat.visits("ilink", story),
    "account": lambda story: wechat.visits("account", story),
    "customers": lambda story: wechat.visits("customers", story),
    "application": lambda story: wechat.visits("application", story),
}


def texts(visit: Visit) -> list[tuple[str, str]]:
    return [
        (it.id, it.parts[0].body)
        for it in visit.notebook.happenings
        if isinstance(it, Message) and isinstance(it.parts[0], Text)
    ]


async def never(max_bytes: int) -> bytes:
    raise AssertionError("a file that is too large is not even fetched")


@pytest.mark.parametrize("network", NETWORKS)
def test_a_huge_file_is_refused_in_words_and_not_even_fetched(network: str) -> None:
    async def story(visit: Visit, _: Any) -> None:
        await visit.town.says("hello")
        await visit.notebook.message("hello")
        kind = "image" if network == "account" else "file"
        huge = Media(kind, "film.mkv", "video/x-matroska", Source(size=10**12, later=never))
        with pytest.raises(Rejected, match="bytes"):
            await visit.session.send(Outgoing(visit.town.chat, (huge,), "t1"))
        await visit.sends("still here", "t2")
        await visit.town.hears("still here")

    NETWORKS[network](story)


PATIENCE: dict[str, list[tuple[dict[str, int], float]]] = {
    "vk": [({"error_code": 6}, 0.5), ({"error_code": 9}, 30), ({"error_code": 29}, 3600)],
    "whatsapp": [({"code": 4}, 60), ({"code": 130429}, 5), ({"code": 131056}, 6)],
    "account": [({"errcode": -1}, 2), ({"errcode": 45009}, 3600)],
    "customers": [({"errcode": 45033}, 5)],
    "application": [({"errcode": 45009}, 3600)],
}


@pytest.mark.parametrize("network", PATIENCE)
def test_who_is_told_to_wait_waits_as_long_as_the_network_wants(network: str) -> None:
    async def story(visit: Visit, server: Any) -> None:
        await visit.town.says("hello")
        await visit.notebook.message("hello")
        for error, after_s in PATIENCE[network]:
            server.failing.append(error | {"error_msg": "", "message": "", "errmsg": ""})
            with pytest.raises(Transient) as told:
                await visit.sends("later", "t1")
            assert told.value.after_s == after_s
        await visit.sends("later", "t1")
        await visit.town.hears("later")

    NETWORKS[network](story)


def test_what_whatsapp_brings_again_or_late_has_the_same_ids_and_moves_no_window() -> None:
    async def story(visit: Visit, server: WhatsappServer) -> None:
        network = visit.town.network
        assert isinstance(network, Whatsapp)

        async def brings(id: str, text: str, at_s: int) -> None:
            message = {"from": BOB, "id": id, "timestamp": str(at_s), "type": "text"}
            body = notification({"messages": [message | {"text": {"body": text}}]})
            answer = await network.called(whatsapp.told(body, signed(body)))
            assert answer.status == 200

        now = int(time.time())
        await brings("w2", "second", now)
        await brings("w2", "second", now)
        await brings("w1", "first, late", now - 30 * 3600)
        assert texts(visit) == [("w2", "second"), ("w2", "second"), ("w1", "first, late")]
        await visit.sends("the window is still open", "t1")
        session = visit.session
        assert isinstance(session, WhatsappSession)
        await session.typing(visit.town.chat, True)
        await server.has(lambda it: it.get("message_id") == "w2" and "typing_indicator" in it)

    whatsapp.visits(story)


def test_a_callback_of_vk_that_comes_again_is_the_same_message() -> None:
    async def act() -> None:
        notebook = Notebook()
        async with vk.vk_town(notebook) as town:
            network, screen = town.network, Answers(town.answers)
            assert isinstance(network, Vk)
            login = await network.login(network.flows[1], screen)
            running = asyncio.create_task(network.session(login, notebook).run())
            event = {"group_id": GROUP, "secret": login.secrets["secret"], "event_id": "e1"}
            await vk.until_connected(network, vk.calls(event | {"type": "confirmation"}))
            for cmid in (2, 2, 1):
                message = {"id": 0, "peer_id": BOB_AT_VK, "from_id": BOB_AT_VK, "text": f"m{cmid}"}
                message |= {"conversation_message_id": cmid, "date": cmid}
                told = event | {"type": "message_new", "object": {"message": message}}
                assert (await network.called(vk.calls(told))).body == b"ok"
            odd = event | {"type": "hologram_new", "object": {"id": 1}}
            assert (await network.called(vk.calls(odd))).body == b"ok"
            heard = [it.id for it in notebook.happenings if isinstance(it, Message)]
            assert heard == ["2", "2", "1"]
            running.cancel()

    asyncio.run(act())


REVOKED: dict[str, dict[str, Any]] = {
    "vk": {"error_code": 5, "error_msg": "User authorization failed"},
    "whatsapp": {"code": 190, "message": "Error validating access token"},
}


@pytest.mark.parametrize("network", REVOKED)
def test_a_token_that_is_revoked_ends_the_login(network: str) -> None:
    async def story(visit: Visit, server: Any) -> None:
        server.failing.append(REVOKED[network])
        with pytest.raises(BadCredentials, match="log in again"):
            await visit.sends("hello", "t1")

    NETWORKS[network](story)


@pytest.mark.parametrize("door", ["ilink", "account", "customers"])
def test_where_nothing_may_be_said_no_file_is_uploaded(door: str) -> None:
    async def story(visit: Visit, server: WechatServer) -> None:
        await visit.town.says("hello")
        await visit.notebook.message("hello")
        await visit.notebook.keep(f"window {visit.town.chat.id}", "1000000000 0")
        with pytest.raises(WindowClosed, match="they have to"):
            await wechat.sends(visit, Media("image", "a.png", "image/png", b"png"))
        assert server.files == {}

    wechat.visits(door, story)
