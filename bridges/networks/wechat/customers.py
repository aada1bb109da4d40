"""WeCom's customer service: any user of WeChat writes, WeCom tells that, and we fetch what."""

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial

from attrs import define, field

from bridges.kit.chats import Picture, User
from bridges.kit.connection import Connection
from bridges.kit.happenings import Happening, Message, Notice, Remove, Sender
from bridges.kit.json_values import JsonObject, number, objects
from bridges.kit.network import Bridge, Login
from bridges.kit.parts import (
    ChatKey,
    Link,
    Location,
    Media,
    Outgoing,
    Part,
    Sent,
    Text,
)
from bridges.kit.sources import kept_there
from bridges.kit.web import Web, web
from bridges.kit.webhooks import Answer, Request
from bridges.networks.wechat.api import Api
from bridges.networks.wechat.bodies import (
    ANSWERS,
    TYPES,
    WINDOW_S,
    file_body,
    hidden,
    name_of,
    text_body,
)
from bridges.networks.wechat.callbacks import Callback, refused
from bridges.networks.wechat.door import Window, get, own_id
from bridges.networks.wechat.envelope import NotGenuine, Seal
from bridges.networks.wechat.settings import WechatSettings

PAGE, MAX_PAGES = 1000, 100
CUSTOMER, SERVICER = 3, 5
MIMES = {"image": "image/jpeg", "voice": "audio/amr", "video": "video/mp4"}


async def token_of(found: Web, root: str, corp_id: str, secret: str) -> JsonObject:
    return await get(found, f"{root}/cgi-bin/gettoken", corpid=corp_id, corpsecret=secret)


@define(eq=False)
class Customers:
    """One account of customer service, of a corporation that may have several."""

    _login: Login
    _bridge: Bridge
    _settings: WechatSettings
    _connection: Connection[Api] = field(factory=partial(Connection, "WeCom"))
    _window: Window = field(init=False)
    _pulling: asyncio.Lock = field(factory=asyncio.Lock)
    _people: dict[str, User] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._window = Window(self._bridge, WINDOW_S, ANSWERS)

    @property
    def kf(self) -> str:
        return self._login.id.removeprefix("customers:")

    @property
    def corp_id(self) -> str:
        return self._login.secrets["corp_id"]

    def callback(self) -> Callback:
        secrets = self._login.secrets
        seal = Seal.of(self.corp_id, secrets["aes_key"])
        return Callback(secrets["callback_token"], seal, is_always_sealed=True)

    async def run(self) -> None:
        root, secret = self._settings.wecom, self._login.secrets["secret"]
        async with web("WeCom", *self._settings.servers) as found:

            async def ask() -> JsonObject:
                return await token_of(found, root, self.corp_id, secret)

            with self._connection.holding(Api(found, root, ask)):
                await self.pull("")
                await asyncio.Event().wait()

    def _now(self) -> Api:
        return self._connection.now()

    async def called(self, request: Request) -> Answer:
        """Says only that there is something new. It counts as heard when that is safe."""
        try:
            if request.method == "GET":
                return self.callback().verified(request)
            told = self.callback().opened(request)
        except NotGenuine as error:
            return refused(error)
        if told.findtext("Event") == "kf_msg_or_event":
            await self.pull(told.findtext("Token") or "")
        return Answer(200, b"")

    async def pull(self, token: str) -> None:
        async with self._pulling:
            for _ in range(MAX_PAGES):
                cursor = await self._bridge.kept("cursor") or ""
                body: JsonObject = {"open_kfid": self.kf, "limit": PAGE, "voice_format": 0}
                body |= {"cursor": cursor} if cursor else {}
                body |= {"token": token} if token else {}
                answer = await self._now().call("cgi-bin/kf/sync_msg", body)
                for one in objects(answer.get("msg_list")):
                    if one.get("open_kfid", self.kf) == self.kf:
                        async for happening in self._happenings(one):
                            await self._bridge.receive(happening)
                if isinstance(new := answer.get("next_cursor"), str) and new:
                    await self._bridge.keep("cursor", new)
                if not answer.get("has_more"):
                    return

    async def _happenings(self, one: JsonObject) -> AsyncIterator[Happening]:
        id, person = str(one.get("msgid") or ""), str(one.get("external_userid") or "")
        event = one.get("event")
        if one.get("msgtype") == "event" and isinstance(event, dict):
            async for happening in self._events(id, event):
                yield happening
            return
        if not person or one.get("origin") not in (CUSTOMER, SERVICER):
            return
        chat, is_theirs = ChatKey(person, self._login.id), one.get("origin") == CUSTOMER
        if is_theirs:
            await self._window.open(person, time.time())
            sender = Sender(person, (await self.user(person)).name)
        else:
            sender = Sender(f"servicer {one.get('servicer_userid')}", self._login.name, me=True)
        at_ms = number(one, "send_time") * 1000 or None
        yield Message(chat, sender, id, tuple(parts_of(one)), sent_at_ms=at_ms)

    async def _events(self, id: str, event: JsonObject) -> AsyncIterator[Happening]:
        person = str(event.get("external_userid") or "")
        if not person:
            return
        chat, sender = ChatKey(person, self._login.id), Sender(person, "")
        match event.get("event_type"):
            case "user_recall_msg":
                yield Remove(chat, sender, str(event.get("recall_msgid") or ""))
            case "msg_send_fail":
                reason = f"WeChat did not deliver a message (reason {event.get('fail_type')})."
                yield Notice(chat, id, reason)
            case "enter_session":
                yield Notice(chat, id, f"{(await self.user(person)).name} opened the chat.")

    async def send(self, out: Outgoing) -> Sent:
        """No file is uploaded in vain."""
        await self._window.check(out.chat.id, time.time(), len(out.parts))
        bodies = [await self._body(part) for part in out.parts]
        await self._window.use(out.chat.id, time.time(), len(bodies))
        ids = []
        for place, body in enumerate(bodies):
            to = {"touser": out.chat.id, "open_kfid": self.kf}
            named = {"msgid": own_id(out.transaction, place)}
            answer = await self._now().call("cgi-bin/kf/send_msg", to | named | body)
            ids.append(str(answer.get("msgid") or named["msgid"]))
        return Sent(ids[0], tuple(ids[1:]))

    async def _body(self, part: Part) -> JsonObject:
        match part:
            case Media():
                return await file_body(self._now(), part, TYPES.get(part.kind, "file"))
            case Location():
                place = {"latitude": part.latitude, "longitude": part.longitude}
                named = {"name": part.name or "Place", "address": part.name}
                return {"msgtype": "location", "location": place | named}
        return text_body(part)

    async def recall(self, target: str) -> None:
        body = {"msgid": target, "open_kfid": self.kf}
        await self._now().call("cgi-bin/kf/recall_msg", body)

    async def typing(self, chat: ChatKey, is_typing: bool) -> None:
        """WeCom shows nothing of that."""

    async def fetch(self, reference: str, max_bytes: int) -> bytes:
        if reference.startswith(("https://", "http://")):
            return (await self._now().web.fetch(reference, max_bytes)).body
        return await self._now().download(reference, max_bytes)

    async def user(self, id: str) -> User:
        if id not in self._people:
            body = {"external_userid_list": [id]}
            answer = await self._now().call("cgi-bin/kf/customer/batchget", body)
            for one in objects(answer.get("customer_list")):
                if isinstance(one.get("nickname"), str):
                    self._people[str(one.get("external_userid"))] = customer(one)
        return self._people.get(id) or User(name_of(id))


def customer(one: JsonObject) -> User:
    url = one.get("avatar")
    shown = Picture(url, kept_there(url)) if isinstance(url, str) and url else None
    return User(one["nickname"], picture=shown)


def parts_of(one: JsonObject) -> list[Part]:
    type = str(one.get("msgtype") or "")
    thing = one.get(type)
    if not isinstance(thing, dict):
        return [hidden(type)]
    match type:
        case "text":
            return [Text(str(thing.get("content") or ""))]
        case "image" | "voice" | "video" | "file":
            mime = MIMES.get(type, "application/octet-stream")
            content = kept_there(str(thing.get("media_id") or ""))
            name = str(thing.get("filename") or f"{type}.{mime.partition('/')[2]}")
            return [Media(type, name, mime, content)]
        case "location":
            words = (str(thing[it]) for it in ("name", "address") if thing.get(it))
            latitude, longitude = thing.get("latitude"), thing.get("longitude")
            if isinstance(latitude, int | float) and isinstance(longitude, int | float):
                return [Location(float(latitude), float(longitude), ", ".join(words))]
        case "link":
            title = str(thing.get("title") or "")
            return [Link(str(thing.get("url") or ""), title, str(thing.get("desc") or ""))]
    return [hidden(type)]
