"""Tencent's servers of our own: iLink bots, Official Accounts, WeCom with its applications."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from aiohttp import web
from attrs import define, field

from bridges.networks.wechat.envelope import Seal, signature
from bridges.networks.wechat.ilink_items import seal

JsonObject = dict[str, Any]
Deliver = Callable[[str, dict[str, str], bytes], Awaitable[int]]
"""Path, query and body; the status of the answer."""

APP, SECRET = "wx5823bf96d3bd56c7", "app-secret"
CORP, KF, KF_SECRET = "ww1234567890", "wkAJ2GCAAA", "kf-secret"
AGENT, AGENT_SECRET = 1000002, "agent-secret"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
BOT, BOT_TOKEN = "b1@im.bot", "bot-token"
BOB = "bob@im.wechat"
FILE_KEY = bytes(range(16))


async def nobody(path: str, query: dict[str, str], body: bytes) -> int:
    return 0


@define(eq=False)
class WechatServer:
    deliver: Deliver = nobody
    port: int = 0
    statuses: list[JsonObject] = field(factory=list)
    """What the next questions about the scanned code are answered with, before "confirmed"."""
    news: list[JsonObject] = field(factory=list)
    sent: list[JsonObject] = field(factory=list)
    typed: list[JsonObject] = field(factory=list)
    failing: list[JsonObject] = field(factory=list)
    files: dict[str, bytes] = field(factory=dict)
    customers: list[JsonObject] = field(factory=list)
    is_over: bool = False
    tokens: int = 0
    _change: asyncio.Event = field(factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self) -> dict[str, object]:
        names = ("ilink", "ilink_files", "accounts", "wecom")
        return {**dict.fromkeys(names, self.root), "poll_s": 2}

    async def opens(self) -> None:
        app = web.Application(client_max_size=60_000_000)
        app.router.add_route("*", "/ilink/bot/{name:.*}", self._ilink)
        app.router.add_post("/upload", self._put)
        app.router.add_get("/download", self._get)
        app.router.add_route("*", "/cgi-bin/{name:.*}", self._cgi)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def closes(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def has(self, wanted: Callable[[JsonObject], bool]) -> JsonObject:
        while True:
            self._change.clear()
            for message in self.sent + self.typed:
                if wanted(message):
                    return message
            await self._change.wait()

    # -- iLink

    def says(self, text: str, **more: Any) -> None:
        self.writes({"type": 1, "text_item": {"text": text}}, **more)

    def writes(self, *items: JsonObject, **more: Any) -> None:
        number = len(self.news) + 1
        message = {
            "seq": number,
            "message_id": 9000 + number,
            "from_user_id": BOB,
            "to_user_id": BOT,
            "create_time_ms": 1_700_000_000_000 + number,
            "message_type": 1,
            "message_state": 2,
            "item_list": list(items),
            "context_token": f"context {number}",
        }
        self.news.append(message | more)
        self._change.set()

    def keeps(self, content: bytes) -> JsonObject:
        """A file, as a message of iLink names it."""
        name = f"param{len(self.files)}"
        self.files[name] = seal(content, FILE_KEY)
        return {"aeskey": FILE_KEY.hex(), "media": {"encrypt_query_param": name}}

    async def _ilink(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        body = await request.json() if request.can_read_body else {}
        if name == "get_bot_qrcode":
            shown = {"qrcode": "code1", "qrcode_img_content": f"{self.root}/scan/code1"}
            return web.json_response({"ret": 0, **shown})
        if name == "get_qrcode_status":
            if self.statuses:
                return web.json_response(self.statuses.pop(0))
            confirmed = {"status": "confirmed", "bot_token": BOT_TOKEN, "ilink_bot_id": BOT}
            more = {"ilink_user_id": BOB, "baseurl": self.root}
            return web.json_response({"ret": 0, **confirmed, **more})
        if request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}" or self.is_over:
            return web.json_response({"ret": -14, "errcode": -14, "errmsg": "session timeout"})
        if self.failing and name != "getupdates":
            return web.json_response(self.failing.pop(0))
        answer = await getattr(self, name.replace("msg/", ""))(body)
        self._change.set()
        return web.json_response({"ret": 0} | answer)

    async def notifystart(self, body: JsonObject) -> JsonObject:
        return {}

    async def notifystop(self, body: JsonObject) -> JsonObject:
        return {}

    async def getupdates(self, body: JsonObject) -> JsonObject:
        place = int(body.get("get_updates_buf") or 0)
        with suppress(TimeoutError):
            async with asyncio.timeout(1.5):
                while place >= len(self.news) and not self.is_over:
                    self._change.clear()
                    await self._change.wait()
        return {"msgs": self.news[place:], "get_updates_buf": str(len(self.news))}

    async def sendmessage(self, body: JsonObject) -> JsonObject:
        message = body["msg"]
        assert message["context_token"] and len(message["item_list"]) == 1
        self.sent.append(message)
        return {}

    async def getconfig(self, body: JsonObject) -> JsonObject:
        return {"typing_ticket": "ticket"}

    async def sendtyping(self, body: JsonObject) -> JsonObject:
        self.typed.append(body)
        return {}

    async def getuploadurl(self, body: JsonObject) -> JsonObject:
        return {"upload_param": body["filekey"]}

    async def _put(self, request: web.Request) -> web.Response:
        name = request.query["encrypted_query_param"]
        self.files[name] = await request.read()
        return web.Response(headers={"x-encrypted-param": name})

    async def _get(self, request: web.Request) -> web.Response:
        content = self.files.get(request.query["encrypted_query_param"])
        return web.Response(body=content) if content is not None else web.Response(status=404)

    # -- Official Accounts and WeCom

    async def _cgi(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name in ("stable_token", "gettoken", "token"):
            return web.json_response(await self._token(request))
        if request.query.get("access_token") != f"token{self.tokens}":
            return web.json_response({"errcode": 42001, "errmsg": "access_token expired"})
        if name == "media/upload":
            form = await request.post()
            upload = form["media"]
            assert isinstance(upload, web.FileField)
            id = f"media{len(self.files)}"
            self.files[id] = upload.file.read()
            type = request.query["type"]
            return web.json_response({"type": type, "media_id": id, "created_at": 1})
        if name == "media/get":
            content = self.files.get(request.query["media_id"])
            if content is None:
                return web.json_response({"errcode": 40007, "errmsg": "invalid media_id"})
            return web.Response(body=content, content_type="image/jpeg")
        body = await request.json() if request.can_read_body else dict(request.query)
        if self.failing:
            return web.json_response(self.failing.pop(0))
        answer = self._answer(name, body)
        self._change.set()
        return web.json_response({"errcode": 0, "errmsg": "ok"} | answer)

    async def _token(self, request: web.Request) -> JsonObject:
        given = dict(request.query) | (await request.json() if request.can_read_body else {})
        right = (given.get("appid"), given.get("secret")) == (APP, SECRET)
        right |= (given.get("corpid"), given.get("corpsecret")) == (CORP, KF_SECRET)
        right |= (given.get("corpid"), given.get("corpsecret")) == (CORP, AGENT_SECRET)
        if not right:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        self.tokens += 1
        return {"errcode": 0, "access_token": f"token{self.tokens}", "expires_in": 7200}

    def _answer(self, name: str, body: JsonObject) -> JsonObject:
        match name:
            case "message/custom/send" | "message/custom/typing":
                (self.typed if name.endswith("typing") else self.sent).append(body)
            case "message/send":
                if body["touser"] == "nobody":
                    return {"invaliduser": "nobody"}
                self.sent.append(body)
                return {"invaliduser": "", "msgid": f"m{len(self.sent)}"}
            case "message/recall":
                self.typed.append(body)
            case "agent/get":
                return {"agentid": int(body["agentid"]), "name": "Help"}
            case "user/get":
                return self._member(str(body["userid"]))
            case "kf/send_msg":
                self.sent.append(body)
                return {"msgid": body["msgid"]}
            case "kf/recall_msg":
                self.typed.append(body)
            case "kf/account/list":
                return {"account_list": [{"open_kfid": KF, "name": "Help desk"}]}
            case "kf/customer/batchget":
                ids = body["external_userid_list"]
                names = [{"external_userid": it, "nickname": f"Customer {it}"} for it in ids]
                return {"customer_list": names}
            case "kf/sync_msg":
                start = int(body.get("cursor") or 0)
                page = self.customers[start : start + 2]
                end = start + len(page)
                more = int(end < len(self.customers))
                return {"next_cursor": str(end), "has_more": more, "msg_list": page}
        return {}

    def _member(self, id: str) -> JsonObject:
        if id == "nobody":
            return {"errcode": 60111, "errmsg": "userid not found"}
        return {"userid": id, "name": f"Member {id}", "avatar": ""}

    async def calls(self, path: str, token: str, fields: dict[str, str], sealed_for: str) -> int:
        """Tells what happened; `sealed_for` an id, or in the plain mode for nobody."""
        body = xml(fields)
        stamp, nonce = str(int(time.time())), "nonce1"
        query = {"timestamp": stamp, "nonce": nonce}
        query["signature"] = signature(token, stamp, nonce)
        if sealed_for:
            sealed = Seal.of(sealed_for, AES_KEY).close(body.encode())
            query |= {"encrypt_type": "aes"}
            query["msg_signature"] = signature(token, stamp, nonce, sealed)
            body = xml({"ToUserName": sealed_for, "Encrypt": sealed})
        return await self.deliver(path, query, body.encode())


def xml(fields: dict[str, str]) -> str:
    inner = "".join(f"<{name}>{escape(it)}</{name}>" for name, it in fields.items())
    return f"<xml>{inner}</xml>"


def over_http(root: str, session: Any) -> Deliver:
    async def deliver(path: str, query: dict[str, str], body: bytes) -> int:
        async with session.post(f"{root}/{path}?{urlencode(query)}", data=body) as response:
            return int(response.status)

    return deliver
