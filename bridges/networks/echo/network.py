"""The example to copy: a network of one chat, whose inhabitant agrees with everybody."""

import asyncio
from secrets import token_hex

from bridges.kit.abilities import Page
from bridges.kit.chats import Chat, User
from bridges.kit.failures import Rejected
from bridges.kit.happenings import Edit, Message, React, Remove, Sender, Unreact, Vote
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
from bridges.kit.parts import SPAN_KINDS, ChatKey, Outgoing, Sent, Text

ECHO = Sender("echo", "Echo")
CANYON = "canyon"


class EchoSession(Session):
    capabilities = Capabilities(
        media_max_bytes=1_000_000,
        replies=True,
        threads=True,
        spans=SPAN_KINDS,
        parts=frozenset(("location", "poll", "contact", "sticker", "voice")),
        caption_max=1000,
    )

    def __init__(self, login: Login, bridge: Bridge, remembers: int = 0) -> None:
        self._login, self._bridge, self._remembers = login, bridge, remembers
        self._echoes: dict[str, str] = {}
        """What was said, and its echo."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def send(self, out: Outgoing) -> Sent:
        said, echo = token_hex(8), token_hex(8)
        self._echoes[said] = echo
        thread = self._echoes.get(out.thread) if out.thread else None
        message = Message(out.chat, ECHO, echo, out.parts, reply_to=said, thread=thread)
        await self._bridge.receive(message)
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

    async def vote(self, chat: ChatKey, target: str, options: tuple[int, ...]) -> None:
        await self._bridge.receive(Vote(chat, ECHO, self._echo_of(target), options))

    async def history(self, chat: ChatKey, before: str | None, limit: int) -> Page:
        """What was called into the canyon long ago: as much as the settings say."""
        end = int(before) if before else self._remembers
        start = max(0, end - limit)
        old = tuple(
            Message(
                chat, ECHO, f"old{number}", (Text(f"echo {number}"),), sent_at_ms=number * 60_000
            )
            for number in range(start, end)
        )
        return Page(old, str(start) if start else None)

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

    def __init__(self, remembers: int = 0) -> None:
        self._remembers = remembers

    def session(self, login: Login, bridge: Bridge) -> EchoSession:
        return EchoSession(login, bridge, self._remembers)
