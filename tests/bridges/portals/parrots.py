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
    )
    session_class: ClassVar[type[ParrotSession]] = ParrotSession

    def __init__(self) -> None:
        self.sessions: dict[str, ParrotSession] = {}
        self.scans: asyncio.Queue[str] = asyncio.Queue()
        """Names of those who scan the picture; an empty one: it is too old."""

    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        if flow.id == "picture":
            return await self._by_picture(screen)
        name = await screen.ask(Field("name", "What is your name?"))
        if name == "nobody":
            raise Rejected("There is no such parrot.")
        secrets = {}
        if flow.id == "secret":
            secrets["word"] = await screen.ask(Field("word", "What is your word?", secret=True))
        return Login(name.casefold(), name, secrets)

    async def _by_picture(self, screen: LoginScreen) -> Login:
        for number in count(1):
            await screen.show(QR(f"parrot:{number}"), "Scan this.")
            if name := await self.scans.get():
                return Login(name.casefold(), name)
        raise AssertionError

    def session(self, login: Login, bridge: Ear) -> ParrotSession:
        self.sessions[login.id] = self.session_class(login, bridge)
        return self.sessions[login.id]
