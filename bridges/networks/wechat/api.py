"""Calls with an access token, as Official Accounts and WeCom make them."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import aiohttp
from attrs import define, field

from bridges.kit.failures import Rejected, Transient, WindowClosed
from bridges.kit.json_values import JsonObject, number
from bridges.kit.web import FILE_S, Web
from bridges.networks.wechat.door import LATER_S, TOKEN_WRONG, answered, token_in

WINDOW = "WeChat takes nothing more until they write again."
REFUSALS = {
    40003: "WeChat knows no such person.",
    40004: "WeChat does not take files of this kind.",
    40007: "WeChat no longer has that file.",
    40164: "The bridge's address is not in the account's list of addresses that may ask.",
    43004: "They do not follow the account.",
    45002: "The text is too long for WeChat.",
    48001: "The account has not been given the right to that.",
    40056: "WeCom knows no application of that number.",
    48002: "The account has not been given the right to that.",
    50002: "WeChat has restricted the person.",
    60011: "The application has no right to that.",
    60020: "The bridge's address is not in the application's list of trusted addresses.",
    60111: "WeCom has no such member.",
    81013: "WeCom has no such member, or the application may not write to them.",
    84061: "They are no contact of the corporation any more.",
    95018: "A person in WeCom has taken over the conversation, or it is over.",
}
CLOSED = (45015, 45047, 95001, 95016)


@define(eq=False)
class Api:
    """`_ask_token` gets a new token; the same for all who wait."""

    web: Web
    root: str
    _ask_token: Callable[[], Awaitable[JsonObject]]
    _known: str = field(default="", repr=False)
    _lock: asyncio.Lock = field(factory=asyncio.Lock)

    async def call(self, path: str, body: JsonObject) -> JsonObject:
        """Chinese as it is: some apps show escapes."""
        data = json.dumps(body, ensure_ascii=False).encode(errors="replace")
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return await self._authorised(path, {}, lambda: {"data": data, "headers": headers})

    async def ask(self, path: str, params: dict[str, str]) -> JsonObject:
        return await self._authorised(path, params, dict, "GET")

    async def upload(self, type: str, name: str, mime: str, content: bytes) -> str:
        """The id by which messages name the file."""

        def form() -> JsonObject:
            data = aiohttp.FormData()
            data.add_field("media", content, filename=name or "file", content_type=mime)
            return {"data": data, "wait_s": FILE_S}

        answer = await self._authorised("cgi-bin/media/upload", {"type": type}, form)
        return str(answer.get("media_id") or "")

    async def download(self, media_id: str, max_bytes: int) -> bytes:
        token = await self._token()
        params = {"access_token": token, "media_id": media_id}
        url = f"{self.root}/cgi-bin/media/get"
        reply = await self.web.call("GET", url, params=params, wait_s=FILE_S, max_bytes=max_bytes)
        if reply.mime not in ("application/json", "text/plain"):
            return reply.body
        answer = answered(reply)
        if isinstance(video := answer.get("video_url"), str):
            return (await self.web.fetch(video, max_bytes)).body
        raise failure(answer)

    async def _token(self, wrong: str | None = None) -> str:
        async with self._lock:
            if not self._known or self._known == wrong:
                self._known = token_in(await self._ask_token())
            return self._known

    async def _authorised(
        self,
        path: str,
        params: dict[str, str],
        content: Callable[[], JsonObject],
        method: str = "POST",
    ) -> JsonObject:
        wrong, url = None, f"{self.root}/{path}"
        for _ in range(2):
            token = await self._token(wrong)
            query = params | {"access_token": token}
            reply = await self.web.call(method, url, params=query, **content())
            answer = answered(reply)
            code = number(answer, "errcode")
            if code == 0:
                return answer
            if code not in TOKEN_WRONG:
                raise failure(answer)
            wrong = token
        raise Transient("WeChat takes no token of ours at the moment.", after_s=30)


def failure(answer: JsonObject) -> Exception:
    code = number(answer, "errcode")
    if code in LATER_S:
        return Transient("WeChat asks us to slow down, or has trouble.", after_s=LATER_S[code])
    if code in CLOSED:
        return WindowClosed(WINDOW)
    words = REFUSALS.get(code) or f"WeChat says: {str(answer.get('errmsg'))[:200]} ({code})"
    return Rejected(words)
