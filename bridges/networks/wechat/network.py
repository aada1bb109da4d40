"""Which door a login goes through, and what all have in common."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from attrs import define, evolve, field

from bridges.kit.chats import Chat, User
from bridges.kit.failures import NetworkFailure, Rejected
from bridges.kit.network import (
    Accepts,
    Bridge,
    Capabilities,
    Flow,
    Host,
    Login,
    LoginScreen,
    Network,
    NetworkInfo,
    Session,
)
from bridges.kit.parts import ChatKey, Outgoing, Sent
from bridges.kit.web import web
from bridges.kit.webhooks import Answer, Request, Route
from bridges.networks.wechat.account import Account
from bridges.networks.wechat.applications import Application
from bridges.networks.wechat.customers import Customers
from bridges.networks.wechat.door import Door
from bridges.networks.wechat.ilink import IlinkDoor
from bridges.networks.wechat.logging_in import (
    by_account,
    by_application,
    by_code,
    by_customers,
)
from bridges.networks.wechat.settings import WechatSettings

ILINK, ACCOUNT, CUSTOMERS, APPLICATION = "ilink", "account", "customers", "application"
WAYS = {ACCOUNT: by_account, CUSTOMERS: by_customers, APPLICATION: by_application}
BYTES_OF_A_SIGN = 3
"""Most Chinese signs; WeChat counts bytes."""
LIMITS = Capabilities(
    media_max_bytes=20_000_000,
    parts=frozenset(("location", "voice")),
    text_max=2048 // BYTES_OF_A_SIGN,
    media={
        "image": Accepts(("image/jpeg", "image/png", "image/gif"), 10_000_000),
        "voice": Accepts(("audio/amr",), 2_000_000),
        "video": Accepts(("video/mp4",), 10_000_000),
    },
)


@define(eq=False)
class WechatSession(Session):
    capabilities = LIMITS

    _login: Login
    _door: Door

    async def run(self) -> None:
        await self._door.run()

    async def send(self, out: Outgoing) -> Sent:
        if not out.parts:
            raise Rejected("WeChat takes no empty messages.")
        return await self._door.send(out)

    async def typing(self, chat: ChatKey, is_typing: bool) -> None:
        await self._door.typing(chat, is_typing)

    async def fetch(self, reference: str, max_bytes: int) -> bytes:
        return await self._door.fetch(reference, max_bytes)

    async def user(self, id: str) -> User:
        return await self._door.user(id)

    async def chat(self, key: ChatKey) -> Chat:
        """All conversations are of two."""
        user = await self.user(key.id)
        return Chat(user.name, kind="dm", members={key.id: user.name}, picture=user.picture)


@define(eq=False)
class CustomersSession(WechatSession):
    """By WeCom's doors a message can be taken back."""

    async def redact(self, chat: ChatKey, target: str) -> None:
        assert isinstance(self._door, Customers | Application)
        await self._door.recall(target)


@define(eq=False)
class ApplicationSession(CustomersSession):
    """Members need not write first. WeCom drops what is more than 30 messages a minute to one."""

    capabilities = evolve(LIMITS, messages_per_s_in_chat=0.25, burst_in_chat=15)

    async def open_chat(self, name: str) -> ChatKey:
        assert isinstance(self._door, Application)
        await self._door.member(name)
        return ChatKey(name, self._login.id)

    async def leave_chat(self, chat: ChatKey) -> None:
        """There is nothing to leave."""


@define(eq=False)
class Wechat(Network):
    info = NetworkInfo(
        id="wechat", name="WeChat", command_prefix="!wechat", url="https://www.wechat.com"
    )
    flows = (
        Flow(ILINK, "Your own WeChat, by a code that you scan (iLink)"),
        Flow(ACCOUNT, "An Official Account"),
        Flow(CUSTOMERS, "Customer service of WeCom"),
        Flow(APPLICATION, "An application of WeCom, for a corporation's own members"),
    )
    session_class = WechatSession
    more_sessions: ClassVar[Mapping[str, type[Session]]] = {
        "customer service": CustomersSession,
        "application": ApplicationSession,
    }

    settings: WechatSettings
    _host: Host | None = None
    _called: dict[str, Account | Customers] = field(factory=dict)
    """Those whom Tencent calls, by the end of their address."""

    async def start(self, host: Host) -> None:
        self._host = host

    def session(self, login: Login, bridge: Bridge) -> WechatSession:
        kind, _, id = login.id.partition(":")
        if kind == ILINK:
            return WechatSession(login, IlinkDoor(login, bridge, self.settings))
        if kind == ACCOUNT:
            account = self._called[f"{kind}/{id}"] = Account(login, bridge, self.settings)
            return WechatSession(login, account)
        if kind == APPLICATION:
            application = self._called[f"{kind}/{id}"] = Application(login, bridge, self.settings)
            return ApplicationSession(login, application)
        customers = self._called[f"{kind}/{id}"] = Customers(login, bridge, self.settings)
        return CustomersSession(login, customers)

    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        if self._host is None:
            raise Rejected("The bridge is not ready yet.")
        async with web("WeChat", *self.settings.servers) as found:
            if flow.id == ILINK:
                return await by_code(found, self.settings, screen)
            hook = self._host.webhook(flow.id)
            return await WAYS[flow.id](found, self.settings, screen, hook)

    def routes(self) -> Sequence[Route]:
        both = ("GET", "POST")
        return (
            Route("account/{id}", self.called, both),
            Route("customers/{id}", self.called, both),
            Route("application/{id}", self.called, both),
        )

    async def called(self, request: Request) -> Answer:
        door = self._called.get("/".join(request.path.split("/")[-2:]))
        if door is None:
            return Answer(404, b"there is no such login")
        try:
            return await door.called(request)
        except NetworkFailure as failure:
            return Answer(503, str(failure).encode())
