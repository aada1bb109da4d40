"""A Cloud API of our own for one business number, whose customers have telephones."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

import aiohttp
from aiohttp import web
from attrs import define, field

JsonObject = dict[str, Any]
Deliver = Callable[[bytes, dict[str, str]], Awaitable[int]]

NUMBER, TOKEN, SECRET = "106540352242922", "system-user-token", "app-secret"
BOB, CAROL = "4915112345678", "4915187654321"
NAMES = {BOB: "Bob", CAROL: "Carol"}


@define(eq=False)
class WhatsappServer:
    """`failing` are errors that the next sends meet; `deaf` ones are taken, but not answered."""

    deliver: Deliver
    port: int = 0
    messages: list[JsonObject] = field(factory=list)
    others: list[JsonObject] = field(factory=list)
    failing: list[JsonObject] = field(factory=list)
    deaf: int = 0
    files: dict[str, tuple[str, bytes]] = field(factory=dict)
    now_s: int = 1_900_000_000
    _count: int = 0
    _change: asyncio.Event = field(factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/v23.0"

    async def opens(self) -> None:
        app = web.Application(client_max_size=110_000_000)
        app.router.add_get("/v23.0/{id}", self._about)
        app.router.add_post("/v23.0/{number}/messages", self._send)
        app.router.add_post("/v23.0/{number}/media", self._upload)
        app.router.add_get("/download/{id}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def closes(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    # -- what people do

    async def says(self, user: str, text: str, **more: Any) -> str:
        return await self.sends(user, "text", {"body": text}, **more)

    async def sends(self, user: str, type: str, thing: Any, **more: Any) -> str:
        message = {"from": user, "id": self._id(), "type": type, type: thing}
        message |= {"timestamp": str(self.now_s)} | more
        profile = {"profile": {"name": NAMES.get(user, user)}, "wa_id": user}
        if "from_user_id" in more:
            profile["user_id"] = more["from_user_id"]
        await self.notifies({"contacts": [profile], "messages": [message]})
        return str(message["id"])

    async def tells(self, id: str, status: str, **more: Any) -> None:
        sent = next(it for it in self.messages if it["id"] == id)
        fact = {"id": id, "status": status, "timestamp": str(self.now_s)}
        fact |= {"recipient_id": sent.get("to", ""), **more}
        if "biz_opaque_callback_data" in sent:
            fact["biz_opaque_callback_data"] = sent["biz_opaque_callback_data"]
        await self.notifies({"statuses": [fact]})

    async def notifies(self, value: JsonObject) -> None:
        """Again and again, until it is heard."""
        body = notification(value)
        for _ in range(300):
            if await self.deliver(body, signed(body)) == 200:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("nobody hears the notifications")

    async def has(self, wanted: Callable[[JsonObject], bool]) -> JsonObject:
        while True:
            self._change.clear()
            for message in self.messages + self.others:
                if wanted(message):
                    return message
            await self._change.wait()

    def keeps(self, mime: str, content: bytes) -> str:
        id = f"{7000 + len(self.files)}"
        self.files[id] = (mime, content)
        return id

    def _id(self) -> str:
        self._count += 1
        return f"wamid.{self._count:06}=="

    # -- HTTP

    async def _about(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        if failure := refused(request):
            return failure
        if id in self.files:
            mime, content = self.files[id]
            url = f"http://127.0.0.1:{self.port}/download/{id}"
            digest = sha256(content).hexdigest()
            known = {"url": url, "mime_type": mime, "sha256": digest, "file_size": len(content)}
            return web.json_response(known | {"id": id, "messaging_product": "whatsapp"})
        if id != NUMBER:
            return graph_error(100, "Unsupported get request", 400)
        shown = {"verified_name": "Our shop", "display_phone_number": "+49 30 1234567", "id": id}
        return web.json_response(shown)

    async def _download(self, request: web.Request) -> web.Response:
        if failure := refused(request):
            return failure
        mime, content = self.files[request.match_info["id"]]
        return web.Response(body=content, content_type=mime)

    async def _upload(self, request: web.Request) -> web.Response:
        if failure := refused(request):
            return failure
        form = await request.post()
        upload = form.get("file")
        if form.get("messaging_product") != "whatsapp" or not isinstance(upload, web.FileField):
            return graph_error(100, "(#100) The parameter file is required.", 400)
        return web.json_response({"id": self.keeps(upload.content_type, upload.file.read())})

    async def _send(self, request: web.Request) -> web.StreamResponse:
        if failure := refused(request):
            return failure
        body = await request.json()
        if self.failing:
            return web.json_response({"error": self.failing.pop(0)}, status=400)
        if body.get("messaging_product") != "whatsapp":
            return graph_error(100, "(#100) The parameter messaging_product is required.", 400)
        if body.get("status") == "read":
            self.others.append(body)
            self._change.set()
            return web.json_response({"success": True})
        if wrong := self._wrong(body):
            return graph_error(131009, wrong, 400)
        id = self._id()
        self.messages.append(body | {"id": id})
        self._change.set()
        if self.deaf:
            self.deaf -= 1
            assert request.transport is not None
            request.transport.close()
        to = body.get("to") or body.get("recipient")
        contacts = [{"input": to, "wa_id": str(to).removeprefix("+")}]
        answer = {"messaging_product": "whatsapp", "contacts": contacts, "messages": [{"id": id}]}
        return web.json_response(answer)

    def _wrong(self, body: JsonObject) -> str:
        type = body.get("type")
        if not (body.get("to") or body.get("recipient")) or type not in body:
            return "Parameter value is not valid"
        if type == "text" and not 1 <= len(body["text"]["body"]) <= 4096:
            return "Param text['body'] must be at most 4096 characters long"
        if type in ("image", "video", "audio", "document", "sticker"):
            return "" if body[type]["id"] in self.files else "Media ID not found"
        return ""


def notification(value: JsonObject) -> bytes:
    metadata = {"display_phone_number": "49301234567", "phone_number_id": NUMBER}
    whole = {"messaging_product": "whatsapp", "metadata": metadata} | value
    change = {"field": "messages", "value": whole}
    entry = {"id": "102290129340398", "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def refused(request: web.Request) -> web.Response | None:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return graph_error(190, "Error validating access token", 401)
    return None


def graph_error(code: int, message: str, status: int) -> web.Response:
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "x"}
    return web.json_response({"error": error}, status=status)


def over_http(url: str) -> Deliver:
    async def deliver(body: bytes, headers: dict[str, str]) -> int:
        try:
            async with (
                aiohttp.ClientSession() as http,
                http.post(url, data=body, headers=headers) as response,
            ):
                return response.status
        except aiohttp.ClientError:
            return 0

    return deliver
