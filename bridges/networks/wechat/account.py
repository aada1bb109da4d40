"""Official Accounts: followers write, WeChat calls us, and we answer within two days."""

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from typing import ClassVar
from xml.etree.ElementTree import Element

from attrs import define, field

from bridges.kit.chats import User
from bridges.kit.connection import Connection
from bridges.kit.failures import Unsupported
from bridges.kit.happenings import Message, Notice, Sender
from bridges.kit.json_values import JsonObject
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
    Unknown,
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
from bridges.networks.wechat.door import Window, answered, own_id
from bridges.networks.wechat.envelope import NotGenuine, Seal
from bridges.networks.wechat.settings import WechatSettings

MIMES = {"image": "image/jpeg", "video": "video/mp4", "shortvideo": "video/mp4"}
TOLD = {
    "subscribe": "follows the account now",
    "unsubscribe": "no longer follows the account: nothing can be sent to them",
    "SCAN": "scanned the account's code",
    "CLICK": "pressed a button of the menu",
    "VIEW": "opened a page of the menu",
}


async def token_of(found: Web, root: str, app_id: str, secret: str) -> JsonObject:
    """The same one until it is nearly over, so several programs may use the account."""
    body = {"grant_type": "client_credential", "appid": app_id, "secret": secret}
    return answered(await found.call("POST", f"{root}/cgi-bin/stable_token", json=body))


@define(eq=False)
class Account:
    told: ClassVar[dict[str, str]] = TOLD

    _login: Login
    _bridge: Bridge
    _settings: WechatSettings
    _connection: Connection[Api] = field(factory=partial(Connection, "WeChat"))
    _window: Window = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._window = Window(self._bridge, WINDOW_S, ANSWERS)

    @property
    def app_id(self) -> str:
        return self._login.id.removeprefix("account:")

    @property
    def root(self) -> str:
        return self._settings.accounts

    def callback(self) -> Callback:
        secrets = self._login.secrets
        key = secrets.get("aes_key")
        return Callback(secrets["callback_token"], Seal.of(self.app_id, key) if key else None)

    async def run(self) -> None:
        async with web("WeChat", *self._settings.servers) as found:
            with self._connection.holding(Api(found, self.root, partial(self.token, found))):
                await asyncio.Event().wait()

    async def token(self, found: Web) -> JsonObject:
        return await token_of(found, self.root, self.app_id, self._login.secrets["secret"])

    def _now(self) -> Api:
        return self._connection.now()

    async def called(self, request: Request) -> Answer:
        try:
            if request.method == "GET":
                return self.callback().verified(request)
            self._now()
            told = self.callback().opened(request)
        except NotGenuine as error:
            return refused(error)
        for happening in self._happenings(told):
            await self.heard(happening)
            await self._bridge.receive(happening)
        return Answer(200, b"success")

    async def heard(self, happening: Message | Notice) -> None:
        """Who writes may be answered."""
        if isinstance(happening, Message):
            await self._window.open(happening.chat.id, time.time())

    def _happenings(self, told: Element) -> Iterator[Message | Notice]:
        person, at_s = told.findtext("FromUserName") or "", told.findtext("CreateTime") or "0"
        type = told.findtext("MsgType") or ""
        if not person:
            return
        chat, sender = ChatKey(person, self._login.id), Sender(person, name_of(person))
        if type == "event":
            event = told.findtext("Event") or ""
            if event in self.told:
                words = f"{sender.name} {self.told[event]}."
                yield Notice(chat, f"{person} {at_s} {event}", words)
            return
        at_ms = int(at_s) * 1000 if at_s.isdecimal() and len(at_s) < 12 else None
        id = told.findtext("MsgId") or f"{person} {at_s}"
        yield Message(chat, sender, id, tuple(parts_of(type, told)), sent_at_ms=at_ms)

    async def send(self, out: Outgoing) -> Sent:
        """WeChat gives messages no ids, so they have ours. No file is uploaded in vain."""
        await self._window.check(out.chat.id, time.time(), len(out.parts))
        bodies = [await self._body(part) for part in out.parts]
        await self._window.use(out.chat.id, time.time(), len(bodies))
        for body in bodies:
            await self._now().call("cgi-bin/message/custom/send", {"touser": out.chat.id} | body)
        return Sent(own_id(out.transaction, 0))

    async def _body(self, part: Part) -> JsonObject:
        if isinstance(part, Media) and part.kind in TYPES:
            return await file_body(self._now(), part, TYPES[part.kind])
        if isinstance(part, Media):
            raise Unsupported("An Official Account sends pictures, voice and video, no files.")
        return text_body(part)

    async def typing(self, chat: ChatKey, is_typing: bool) -> None:
        command = "Typing" if is_typing else "CancelTyping"
        body = {"touser": chat.id, "command": command}
        await self._now().call("cgi-bin/message/custom/typing", body)

    async def fetch(self, reference: str, max_bytes: int) -> bytes:
        return await self._now().download(reference, max_bytes)

    async def user(self, id: str) -> User:
        """WeChat tells accounts neither names nor pictures of their followers."""
        return User(name_of(id))


def parts_of(type: str, told: Element) -> Iterator[Part]:
    media_id = told.findtext("MediaId") or ""
    match type:
        case "text":
            yield Text(told.findtext("Content") or "")
        case "image" | "video" | "shortvideo":
            kind, mime = "image" if type == "image" else "video", MIMES[type]
            yield Media(kind, f"{kind}.{mime.partition('/')[2]}", mime, kept_there(media_id))
        case "voice":
            words = told.findtext("Recognition") or ""
            caption = Text(words) if words else None
            form = told.findtext("Format") or "amr"
            content = kept_there(media_id)
            yield Media("voice", f"voice.{form}", f"audio/{form}", content, caption=caption)
        case "location":
            yield place(told)
        case "link":
            url, title = told.findtext("Url") or "", told.findtext("Title") or ""
            yield Link(url, title, told.findtext("Description") or "")
        case _:
            yield hidden(type)


def place(told: Element) -> Part:
    try:
        latitude = float(told.findtext("Location_X") or "")
        longitude = float(told.findtext("Location_Y") or "")
    except ValueError:
        return Unknown("a place")
    return Location(latitude, longitude, told.findtext("Label") or "")
