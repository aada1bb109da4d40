"""Logging a business number in, and what may be asked of it."""

import hmac
import re
from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from secrets import token_urlsafe

from attrs import define, field

from bridges.kit.chats import Chat, Found, User
from bridges.kit.connection import Called, Connection
from bridges.kit.failures import Rejected
from bridges.kit.json_values import JsonObject, objects
from bridges.kit.marks import SPANS
from bridges.kit.network import (
    Bridge,
    Capabilities,
    Field,
    Flow,
    Host,
    Login,
    LoginScreen,
    Network,
    NetworkInfo,
    Session,
)
from bridges.kit.parts import ChatKey, Outgoing
from bridges.kit.parts import Sent as SentIds
from bridges.kit.web import Web, web
from bridges.kit.webhooks import Answer, Request, Route
from bridges.networks.whatsapp.hearing import Hearing
from bridges.networks.whatsapp.people import People
from bridges.networks.whatsapp.sending import MAX_CAPTION, MAX_TEXT, MEDIA, Sending
from bridges.networks.whatsapp.settings import WhatsappSettings
from bridges.networks.whatsapp.wire import Wire

HOOK = "hook"
SIGNATURE = "x-hub-signature-256"
PHONE = re.compile(r"\+?([0-9][0-9 ()./-]{5,24})")


@define(eq=False)
class Connected:
    wire: Wire
    hearing: Hearing
    sending: Sending


@define(eq=False)
class WhatsappSession(Session):
    capabilities = Capabilities(
        media_max_bytes=100_000_000,
        replies=True,
        spans=SPANS,
        parts=frozenset(("location", "contact", "sticker", "voice")),
        text_max=MAX_TEXT,
        caption_max=MAX_CAPTION,
        media=MEDIA,
        reactions_max=1,
        messages_per_s=80,
        burst=80,
        messages_per_s_in_chat=1 / 6,
        burst_in_chat=45,
    )

    _network: "Whatsapp"
    _login: Login
    _bridge: Bridge
    _connection: Connection[Connected] = field(factory=partial(Connection, "WhatsApp"))

    async def run(self) -> None:
        settings, people = self._network.settings, People(self._bridge)
        async with web("WhatsApp", settings.api) as found:
            wire = self._network.wire(found, self._login.id, self._login.secrets["token"])
            await wire.about()
            hearing = Hearing(self._login.id, self._bridge, people)
            sending = Sending(wire, self._bridge, people, hearing.sent, settings)
            with self._connection.holding(Connected(wire, hearing, sending)):
                await self._network.waiting.wait(self._login.id, (self._login, hearing))

    def _now(self) -> Connected:
        return self._connection.now()

    async def send(self, out: Outgoing) -> SentIds:
        first, *more = await self._now().sending.send(out)
        return SentIds(first, tuple(more))

    async def react(self, chat: ChatKey, target: str, emoji: str) -> None:
        body = {"type": "reaction", "reaction": {"message_id": target, "emoji": emoji}}
        await self._now().sending.post(chat, body, f"reaction {target} {emoji}")

    async def unreact(self, chat: ChatKey, target: str, emoji: str) -> None:
        await self.react(chat, target, "")

    async def read(self, chat: ChatKey, upto: str) -> None:
        await self._now().wire.post({"status": "read", "message_id": upto})

    async def typing(self, chat: ChatKey, is_typing: bool) -> None:
        """WhatsApp shows it until we say something, and marks as read what came last."""
        last = await self._bridge.kept(f"last {chat.id}")
        if is_typing and last:
            body: JsonObject = {"status": "read", "message_id": last}
            await self._now().wire.post(body | {"typing_indicator": {"type": "text"}})

    async def fetch(self, reference: str, max_bytes: int) -> bytes:
        return await self._now().wire.download(reference, max_bytes)

    async def user(self, id: str) -> User:
        return await self._now().hearing.people.user(id)

    async def chat(self, key: ChatKey) -> Chat:
        if await self._bridge.kept(f"group {key.id}"):
            return Chat("WhatsApp group")
        user = await self.user(key.id)
        return Chat(user.name, kind="dm", members={key.id: user.name})

    async def open_chat(self, name: str) -> ChatKey:
        return ChatKey((await self._called(name)).id, self._login.id)

    async def leave_chat(self, chat: ChatKey) -> None:
        """There is nothing to leave: they may write again."""

    async def search(self, words: str) -> list[Found]:
        try:
            return [await self._called(words)]
        except Rejected:
            return []

    async def _called(self, name: str) -> Found:
        if not (match := PHONE.fullmatch(name.strip())):
            raise Rejected("Say a telephone number with its country, as +49 151 12345678.")
        number = re.sub(r"[^0-9]", "", match[1])
        people = self._now().hearing.people
        id = await people.id_of(number, "")
        return Found(id, await people.name(id), f"+{number}")


@define(eq=False)
class Whatsapp(Network):
    info = NetworkInfo(
        id="whatsapp", name="WhatsApp", command_prefix="!whatsapp", url="https://whatsapp.com"
    )
    flows = (Flow("number", "A business number of the Cloud API"),)
    session_class = WhatsappSession

    settings: WhatsappSettings
    _host: Host | None = None
    waiting: Called[tuple[Login, Hearing]] = field(factory=Called)

    async def start(self, host: Host) -> None:
        self._host = host

    def wire(self, found: Web, number: str, token: str) -> Wire:
        return Wire(found, number, self.settings.api, token)

    def session(self, login: Login, bridge: Bridge) -> WhatsappSession:
        return WhatsappSession(self, login, bridge)

    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        if self._host is None:
            raise Rejected("The bridge is not ready yet.")
        number = (await screen.ask(Field("number", "The phone number id?"))).strip()
        if not number.isdecimal():
            raise Rejected("A phone number id has digits only: it is not the telephone number.")
        token = (await screen.ask(secret("token", "The system user's token?"))).strip()
        app_secret = (await screen.ask(secret("app_secret", "The app secret?"))).strip()
        async with web("WhatsApp", self.settings.api) as found:
            about = await self.wire(found, number, token).about()
        secrets = {"token": token, "app_secret": app_secret, "verify": token_urlsafe(24)}
        await screen.note(
            "In the app at developers.facebook.com, under WhatsApp, Configuration, enter the "
            f"callback URL {self._host.webhook(HOOK)} and the verify token {secrets['verify']}, "
            "and subscribe to the field messages."
        )
        name = f"{about.get('verified_name') or ''} {about.get('display_phone_number') or ''}"
        return Login(number, name.strip() or number, secrets)

    # -- WhatsApp calls us

    def routes(self) -> Sequence[Route]:
        return (Route(HOOK, self.called, ("GET", "POST")),)

    async def called(self, request: Request) -> Answer:
        return self._verified(request) if request.method == "GET" else await self._told(request)

    def _verified(self, request: Request) -> Answer:
        given = request.query.get("hub.verify_token", "").encode()
        tokens = [login.secrets["verify"].encode() for login, _ in self.waiting.all()]
        matches = [hmac.compare_digest(given, it) for it in tokens]
        if request.query.get("hub.mode") != "subscribe" or not any(matches):
            return Answer(403, b"the verify token is wrong")
        return Answer(200, request.query.get("hub.challenge", "")[:200].encode())

    async def _told(self, request: Request) -> Answer:
        """Nothing is heard unless each number in it is connected, and has signed it."""
        news = [it for it in changes(request.json()) if it.get("metadata")]
        numbers = {number_of(it) for it in news}
        connected = {it: found for it in numbers if (found := self.waiting.get(it))}
        signed = (
            is_signed(request, login.secrets["app_secret"])
            for login, _ in connected.values() or self.waiting.all()
        )
        if not (all(signed) if connected else any(signed)):
            return Answer(403, b"the signature is wrong")
        if len(connected) < len(numbers) or not self.waiting.all():
            return Answer(503, b"that number is not connected")
        for value in news:
            await connected[number_of(value)][1].hear(value)
        return Answer(200, b"ok")


def secret(id: str, question: str) -> Field:
    return Field(id, question, secret=True, kind="password")


def changes(body: object) -> list[JsonObject]:
    entries = objects(body.get("entry")) if isinstance(body, dict) else []
    inner = [change for entry in entries for change in objects(entry.get("changes"))]
    return [it["value"] for it in inner if isinstance(it.get("value"), dict)]


def number_of(value: JsonObject) -> str:
    metadata = value.get("metadata")
    return str(metadata.get("phone_number_id")) if isinstance(metadata, dict) else ""


def is_signed(request: Request, app_secret: str) -> bool:
    wanted = hmac.new(app_secret.encode(), request.body, sha256).hexdigest()
    given = request.headers.get(SIGNATURE, "")
    return hmac.compare_digest(given.encode(), f"sha256={wanted}".encode())
