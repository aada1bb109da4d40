"""The example to copy: a network of one chat, whose inhabitant agrees with everybody."""

import asyncio
from secrets import token_hex

from bridges.kit.failures import Rejected
from bridges.kit.happenings import Edit, Message, React, Remove, Sender, Unreact
from bridges.kit.network import (
    Bridge,
    Capabilities,
    Field,
    Flow,
    Login,
    LoginScreen,
    Network,
    NetworkInfo,
    Session,
)
from bridges.kit.parts import SPAN_KINDS, Chat, ChatKey, Outgoing, Sent, User

ECHO = Sender("echo", "Echo")
CANYON = "canyon"


class EchoSession(Session):
    capabilities = Capabilities(media_max_bytes=1_000_000, replies=True, spans=SPAN_KINDS)

    def __init__(self, login: Login, bridge: Bridge) -> None:
        self._login, self._bridge = login, bridge
        self._echoes: dict[str, str] = {}
        """What was said, and its echo."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def send(self, out: Outgoing) -> Sent:
        said, echo = token_hex(8), token_hex(8)
        self._echoes[said] = echo
        await self._bridge.receive(Message(out.chat, ECHO, echo, out.parts, reply_to=said))
        return Sent(said)

    async def chat(self, key: ChatKey) -> Chat:
        return Chat("Canyon", members={ECHO.id: ECHO.name})

    async def user(self, id: str) -> User:
        return User("Echo", is_bot=True)

    async def open_chat(self, name: str) -> ChatKey:
        return ChatKey(CANYON, self._login.id)

    async def leave_chat(self, chat: ChatKey) -> None:
        self._echoes.clear()

    async def edit(self, target: str, out: Outgoing) -> None:
        echo = self._echo_of(target)
        await self._bridge.receive(Edit(out.chat, ECHO, token_hex(8), echo, out.parts))

    async def redact(self, chat: ChatKey, target: str) -> None:
        await self._bridge.receive(Remove(chat, ECHO, self._echo_of(target)))

    async def react(self, chat: ChatKey, target: str, emoji: str) -> None:
        await self._bridge.receive(React(chat, ECHO, self._echo_of(target), emoji))

    async def unreact(self, chat: ChatKey, target: str, emoji: str) -> None:
        await self._bridge.receive(Unreact(chat, ECHO, self._echo_of(target), emoji))

    def _echo_of(self, target: str) -> str:
        if target not in self._echoes:
            raise Rejected("The canyon has forgotten that message.")
        return self._echoes[target]


class Echo(Network):
    info = NetworkInfo(id="echo", name="Echo", command_prefix="!echo")
    flows = (Flow("name", "Choose a name"),)
    session_class = EchoSession

    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        name = await screen.ask(Field("name", "What shall we call you?"))
        return Login(id=name.casefold(), name=name)

    def session(self, login: Login, bridge: Bridge) -> EchoSession:
        return EchoSession(login, bridge)
