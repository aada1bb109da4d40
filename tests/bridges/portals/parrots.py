"""A network of parrots, who repeat and forget."""

import asyncio
from itertools import count
from typing import ClassVar

from attrs import define, field

from bridges.kit.chats import Chat, Found, User
from bridges.kit.failures import Rejected
from bridges.kit.network import (
    QR,
    Capabilities,
    Field,
    Flow,
    Login,
    LoginScreen,
    Network,
    NetworkInfo,
    Session,
)
from bridges.kit.network import (
    Bridge as Ear,
)
from bridges.kit.parts import ChatKey, Outgoing, Sent


@define(eq=False)
class ParrotSession(Session):
    capabilities = Capabilities(replies=True)

    login: Login
    ear: Ear
    orders: asyncio.Queue[Exception] = field(factory=asyncio.Queue)
    heard: list[Outgoing] = field(factory=list)
    refuse_with: Exception | None = None
    runs: int = 0
    is_logged_out: bool = False
    kind: str = "group"
    passed: list[str] = field(factory=list)
    """Typing and receipts."""

    async def run(self) -> None:
        self.runs += 1
        raise await self.orders.get()

    async def send(self, out: Outgoing) -> Sent:
        if self.refuse_with is not None:
            raise self.refuse_with
        self.heard.append(out)
        return Sent(out.transaction)

    async def chat(self, key: ChatKey) -> Chat:
        return Chat(key.id, kind=self.kind, members={"polly": "Polly", self.login.id: "I"})

    async def typing(self, chat: ChatKey, is_typing: bool) -> None:
        self.passed.append(f"typing {is_typing}")

    async def read(self, chat: ChatKey, upto: str) -> None:
        self.passed.append(f"read {upto}")

    async def user(self, id: str) -> User:
        return User(id.title())

    async def open_chat(self, name: str) -> ChatKey:
        return ChatKey(name)

    async def leave_chat(self, chat: ChatKey) -> None:
        return

    async def contacts(self) -> list[Found]:
        return [Found("polly", "Polly")]

    async def search(self, words: str) -> list[Found]:
        return [it for it in await self.contacts() if it.id.startswith(words)]

    async def make_group(self, name: str, users: tuple[str, ...]) -> ChatKey:
        return ChatKey(name)

    async def logout(self) -> None:
        self.is_logged_out = True


class Parrots(Network):
    info = NetworkInfo("parrots", "Parrots", "!parrots")
    flows = (
        Flow("name", "By name"),
        Flow("secret", "By name and secret"),
        Flow("picture", "By a picture"),
        Flow("phone", "By telephone"),
        Flow("cookies", "By the cookies of a browser"),
    )
    session_class: ClassVar[type[ParrotSession]] = ParrotSession

    def __init__(self) -> None:
        self.sessions: dict[str, ParrotSession] = {}
        self.scans: asyncio.Queue[str] = asyncio.Queue()
        """Names of those who scan the picture; an empty one: it is too old."""

    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        if flow.id == "picture":
            return await self._by_picture(screen)
        if flow.id == "phone":
            return await self._by_phone(screen)
        if flow.id == "cookies":
            return await self._by_cookies(screen)
        name = await screen.ask(Field("name", "What is your name?"))
        if name == "nobody":
            raise Rejected("There is no such parrot.")
        secrets = {}
        if flow.id == "secret":
            secrets["word"] = await screen.ask(Field("word", "What is your word?", secret=True))
        return Login(name.casefold(), name, secrets)

    async def _by_phone(self, screen: LoginScreen) -> Login:
        number = Field("number", "What is your number?", kind="phone", pattern=r"\+[0-9]{5,15}")
        phone = await screen.ask(number)
        way = await screen.choose("How shall we send it?", {"sms": "As a text", "call": "By voice"})
        await screen.note(f"We send a code ({way}).")
        code = await screen.ask(Field("code", "What is the code?", secret=True, kind="code"))
        if code != "12345":
            raise Rejected("That is not the code.")
        return Login(phone, phone, {"session": "of " + phone})

    async def _by_cookies(self, screen: LoginScreen) -> Login:
        field = Field("cookies", "Which cookies?", True, kind="cookies", pattern=r".*\bsid=\w+.*")
        cookies = await screen.ask(field)
        name = cookies.partition("sid=")[2].split(";")[0]
        return Login(name, name.title(), {"cookies": cookies})

    async def _by_picture(self, screen: LoginScreen) -> Login:
        for number in count(1):
            await screen.show(QR(f"parrot:{number}"), "Scan this.")
            if name := await self.scans.get():
                return Login(name.casefold(), name)
        raise AssertionError

    def session(self, login: Login, bridge: Ear) -> ParrotSession:
        self.sessions[login.id] = self.session_class(login, bridge)
        return self.sessions[login.id]
