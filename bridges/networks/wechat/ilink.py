"""iLink, by which one person's WeChat talks with a bot: scanned once, then asked for news."""

import base64
import os
import time
from collections.abc import AsyncIterator
from functools import partial
from hashlib import md5
from typing import Any

from attrs import define, field

from bridges.kit.chats import User
from bridges.kit.connection import Connection
from bridges.kit.failures import BadCredentials, Rejected, Transient, WindowClosed
from bridges.kit.happenings import Happening, Message, Remove, Sender
from bridges.kit.json_values import JsonObject, number, objects
from bridges.kit.network import Bridge, Login
from bridges.kit.parts import ChatKey, Media, Outgoing, Part, Sent, in_words
from bridges.kit.web import FILE_S, Lost, Web, web
from bridges.networks.wechat.door import Window, answered, own_id
from bridges.networks.wechat.ilink_items import (
    FILE,
    KEY_BYTES,
    MEDIA,
    Stored,
    parts_of,
    seal,
    stored,
    unseal,
)
from bridges.networks.wechat.settings import WechatSettings

VERSION = "1.0.0"
AGENT = "Isthmus/1.0"
OVER = -14
FROM_USER, TO_USER, FINISHED = 1, 2, 2
SPARE_S = 10
WINDOW_S, ANSWERS = 24 * 3600, 10
PAUSE_S = 2.0


@define(eq=False)
class Ilink:
    """Calls with the headers that Tencent asks for."""

    web: Web
    root: str
    _token: str = field(default="", repr=False)

    def _headers(self) -> dict[str, str]:
        number = int.from_bytes(os.urandom(4))
        found = {
            "iLink-App-Id": "bot",
            "iLink-App-ClientVersion": str(0x00010000),
            "AuthorizationType": "ilink_bot_token",
            "X-WECHAT-UIN": base64.b64encode(str(number).encode()).decode(),
        }
        return found | ({"Authorization": f"Bearer {self._token}"} if self._token else {})

    async def post(self, path: str, body: JsonObject, wait_s: float = 30) -> JsonObject:
        info = {"channel_version": VERSION, "bot_agent": AGENT}
        url, whole = f"{self.root}/ilink/bot/{path}", body | {"base_info": info}
        reply = await self.web.call("POST", url, json=whole, headers=self._headers(), wait_s=wait_s)
        return checked(answered(reply))

    async def get(self, path: str, params: dict[str, str], wait_s: float) -> JsonObject:
        url = f"{self.root}/ilink/bot/{path}"
        headers = self._headers()
        return answered(
            await self.web.call("GET", url, params=params, headers=headers, wait_s=wait_s)
        )


def checked(answer: JsonObject) -> JsonObject:
    for code in (number(answer, "errcode"), number(answer, "ret")):
        if code == OVER:
            raise BadCredentials("WeChat has ended the login: scan its code again.")
        if code:
            words = str(answer.get("errmsg") or "no reason given")[:200]
            raise Rejected(f"WeChat says: {words} ({code})")
    return answer


@define(eq=False)
class IlinkDoor:
    _login: Login
    _bridge: Bridge
    _settings: WechatSettings
    _connection: Connection[Ilink] = field(factory=partial(Connection, "WeChat"))
    _tickets: dict[str, str] = field(factory=dict)
    _window: Window = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._window = Window(self._bridge, WINDOW_S, ANSWERS)

    def _now(self) -> Ilink:
        return self._connection.now()

    async def run(self) -> None:
        secrets = self._login.secrets
        async with web("WeChat", *self._settings.servers) as found:
            ilink = Ilink(found, secrets["root"], secrets["token"])
            await quietly(ilink, "msg/notifystart")
            try:
                with self._connection.holding(ilink):
                    await self._listen(ilink)
            finally:
                await quietly(ilink, "msg/notifystop")

    async def _listen(self, ilink: Ilink) -> None:
        """How far we have come is kept when all before it is safe."""
        place = await self._bridge.kept("place") or ""
        while True:
            try:
                body = {"get_updates_buf": place}
                answer = await ilink.post("getupdates", body, self._settings.poll_s + SPARE_S)
            except (Lost, Rejected) as error:
                raise Transient(str(error), after_s=PAUSE_S) from None
            for one in objects(answer.get("msgs")):
                async for happening in self._happenings(one):
                    await self._bridge.receive(happening)
            new = answer.get("get_updates_buf")
            if isinstance(new, str) and new and new != place:
                place = new
                await self._bridge.keep("place", place)

    async def _happenings(self, one: JsonObject) -> AsyncIterator[Happening]:
        person, id = str(one.get("from_user_id") or ""), str(one.get("message_id") or "")
        if one.get("message_type") != FROM_USER or not person or not id:
            return
        chat, sender = ChatKey(person, self._login.id), Sender(person, "WeChat")
        if number(one, "delete_time_ms"):
            yield Remove(chat, sender, id)
            return
        if isinstance(token := one.get("context_token"), str) and token:
            await self._bridge.keep(f"context {person}", token)
            await self._window.open(person, time.time())
        at_ms = number(one, "create_time_ms") or None
        yield Message(chat, sender, id, tuple(parts_of(one)), sent_at_ms=at_ms)

    # -- what people on Matrix say

    async def send(self, out: Outgoing) -> Sent:
        person = out.chat.id
        context = await self._context(person)
        await self._window.check(person, time.time(), len(out.parts))
        items = [await self._item(person, part) for part in out.parts]
        await self._window.use(person, time.time(), len(items))
        ids = []
        for place, item in enumerate(items):
            message = {
                "from_user_id": "",
                "to_user_id": person,
                "client_id": own_id(out.transaction, place),
                "message_type": TO_USER,
                "message_state": FINISHED,
                "context_token": context,
                "item_list": [item],
            }
            await self._now().post("sendmessage", {"msg": message})
            ids.append(str(message["client_id"]))
        return Sent(ids[0], tuple(ids[1:]))

    async def _context(self, person: str) -> str:
        if not (context := await self._bridge.kept(f"context {person}")):
            raise WindowClosed("WeChat lets a bot answer only: they have to write first.")
        return context

    async def _item(self, person: str, part: Part) -> JsonObject:
        if isinstance(part, Media):
            return await self._file(person, part)
        if not (words := in_words(part).strip()):
            raise Rejected("WeChat takes no empty messages.")
        return {"type": 1, "text_item": {"text": words}}

    async def _file(self, person: str, media: Media) -> JsonObject:
        kind = MEDIA.get(media.kind, FILE)
        content = await media.content.read(kind.max_bytes)
        key, name = os.urandom(KEY_BYTES), os.urandom(16).hex()
        sealed = seal(content, key)
        where = await self._now().post(
            "getuploadurl",
            {
                "filekey": name,
                "media_type": kind.upload_type,
                "to_user_id": person,
                "rawsize": len(content),
                "rawfilemd5": md5(content, usedforsecurity=False).hexdigest(),
                "filesize": len(sealed),
                "no_need_thumb": True,
                "aeskey": key.hex(),
            },
        )
        parameter = await self._upload(where, name, sealed)
        return kind.item(Stored(parameter, key), media, content, len(sealed))

    async def _upload(self, where: JsonObject, name: str, sealed: bytes) -> str:
        url, options = where.get("upload_full_url"), dict[str, Any]()
        if not isinstance(url, str) or not url:
            url = f"{self._settings.ilink_files}/upload"
            parameter = str(where.get("upload_param") or "")
            options["params"] = {"encrypted_query_param": parameter, "filekey": name}
        headers = {"Content-Type": "application/octet-stream"}
        reply = await self._now().web.call(
            "POST", url, data=sealed, headers=headers, wait_s=FILE_S, **options
        )
        parameter = reply.headers.get("x-encrypted-param", "")
        if reply.status >= 500:
            raise Transient("WeChat has trouble with files.")
        if reply.status != 200 or not parameter:
            raise Rejected(f"WeChat does not take the file ({reply.status}).")
        return parameter

    async def typing(self, chat: ChatKey, is_typing: bool) -> None:
        person = chat.id
        if person not in self._tickets:
            context = await self._context(person)
            body = {"ilink_user_id": person, "context_token": context}
            answer = await self._now().post("getconfig", body)
            self._tickets[person] = str(answer.get("typing_ticket") or "")
        body = {"ilink_user_id": person, "typing_ticket": self._tickets[person]}
        await self._now().post("sendtyping", body | {"status": 1 if is_typing else 2})

    async def fetch(self, reference: str, max_bytes: int) -> bytes:
        there = stored(reference)
        found, root = self._now().web, self._settings.ilink_files
        url = there.url or f"{root}/download"
        params = {} if there.url else {"encrypted_query_param": there.parameter}
        limit = max_bytes + KEY_BYTES
        reply = await found.call("GET", url, params=params, wait_s=FILE_S, max_bytes=limit)
        if reply.status != 200:
            raise Rejected(f"WeChat no longer has that file ({reply.status}).")
        return unseal(reply.body, there.key)

    async def user(self, id: str) -> User:
        """iLink tells ids only."""
        return User("WeChat")


async def quietly(ilink: Ilink, path: str) -> None:
    try:
        await ilink.post(path, {})
    except (Transient, Rejected, BadCredentials):
        return
