"""Parrots that can do everything, and write down what they were asked."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from attrs import define, evolve, field

from bridges.kit.abilities import Page
from bridges.kit.chats import Chat, Picture, User
from bridges.kit.failures import Rejected, Transient
from bridges.kit.happenings import Happening, Message, React, Sender
from bridges.kit.network import Bridge, Capabilities, Login, NetworkInfo
from bridges.kit.parts import SPAN_KINDS, ChatKey, Outgoing, Part, Text
from tests.bridges.portals.house import ALICE, House, in_a_house
from tests.bridges.portals.parrots import Parrots, ParrotSession

CHAT = ChatKey("north")
POLLY = Sender("polly", "Polly")
EVERYTHING = Capabilities(
    media_max_bytes=1000,
    replies=True,
    threads=True,
    spans=SPAN_KINDS,
    parts=frozenset(("location", "poll", "contact", "sticker", "voice")),
    caption_max=100,
)


@define(eq=False)
class MacawSession(ParrotSession):
    can: Capabilities = EVERYTHING
    asked: list[tuple[Any, ...]] = field(factory=list)
    about: Chat = field(factory=lambda: Chat("North", members={"polly": "Polly"}))
    files: dict[str, bytes] = field(factory=dict)
    fetched: list[str] = field(factory=list)
    past: list[Message] = field(factory=list)
    past_reactions: list[React] = field(factory=list)
    page_size: int = 3
    pages_asked: int = 0
    history_away: int = 0
    not_yet: int = 0
    """So many times a file is not ready."""
    users: dict[str, User] = field(factory=dict)

    def capabilities_in(self, chat: ChatKey) -> Capabilities:
        return self.can

    async def chat(self, key: ChatKey) -> Chat:
        return self.about

    async def user(self, id: str) -> User:
        return self.users.get(id, User(id.title()))

    async def edit(self, target: str, out: Outgoing) -> None:
        self.asked.append(("edit", target, out.parts))

    async def redact(self, chat: ChatKey, target: str) -> None:
        self.asked.append(("redact", target))

    async def react(self, chat: ChatKey, target: str, emoji: str) -> None:
        self.asked.append(("react", target, emoji))

    async def unreact(self, chat: ChatKey, target: str, emoji: str) -> None:
        self.asked.append(("unreact", target, emoji))

    async def vote(self, chat: ChatKey, target: str, options: tuple[int, ...]) -> None:
        self.asked.append(("vote", target, options))

    async def end_poll(self, chat: ChatKey, target: str) -> None:
        self.asked.append(("end_poll", target))

    async def fetch(self, reference: str, max_bytes: int) -> bytes:
        self.fetched.append(reference)
        if len(self.fetched) <= self.not_yet:
            raise Transient("Not yet.", 0.01)
        if reference not in self.files:
            raise Rejected("The file is gone.")
        return self.files[reference]

    async def history(self, chat: ChatKey, before: str | None, limit: int) -> Page:
        self.pages_asked += 1
        if self.pages_asked <= self.history_away:
            raise Transient("Not yet.", 0.01)
        end = int(before) if before else len(self.past)
        start = max(0, end - min(limit, self.page_size))
        shown = tuple(self.past[start:end])
        ids = {it.id for it in shown}
        reactions = tuple(it for it in self.past_reactions if it.target in ids)
        return Page(shown, str(start) if start else None, reactions)

    async def set_topic(self, chat: ChatKey, topic: str) -> None:
        self.asked.append(("set_topic", topic))

    async def set_picture(self, chat: ChatKey, picture: Picture | None) -> None:
        content = await picture.content.read() if picture else None
        self.asked.append(("set_picture", content))

    async def set_timer(self, chat: ChatKey, timer_ms: int) -> None:
        self.asked.append(("set_timer", timer_ms))

    async def pin(self, chat: ChatKey, target: str, is_pinned: bool) -> None:
        self.asked.append(("pin", target, is_pinned))

    async def invite(self, chat: ChatKey, user: str) -> None:
        self.asked.append(("invite", user))

    async def kick(self, chat: ChatKey, user: str, reason: str) -> None:
        self.asked.append(("kick", user, reason))

    async def ban(self, chat: ChatKey, user: str, reason: str) -> None:
        self.asked.append(("ban", user, reason))

    async def unban(self, chat: ChatKey, user: str) -> None:
        self.asked.append(("unban", user))

    async def set_levels(self, chat: ChatKey, users: Mapping[str, int]) -> None:
        self.asked.append(("set_levels", dict(users)))


class Macaws(Parrots):
    info = NetworkInfo("macaws", "Macaws", "!macaws")
    session_class: ClassVar[type[MacawSession]] = MacawSession

    def session(self, login: Login, bridge: Bridge) -> MacawSession:
        session = self.session_class(login, bridge)
        self.sessions[login.id] = session
        return session


@define(eq=False)
class Visit:
    """Alice is logged in, and Polly has said hello in the chat."""

    house: House
    session: MacawSession
    room: str
    hello: str
    """The event of Polly's words, which are "m0" on the network."""

    @property
    def heard(self) -> list[Outgoing]:
        return self.session.heard

    @property
    def files(self) -> dict[str, bytes]:
        """Of the homeserver."""
        return self.house.scribe.files

    @property
    def said(self) -> list[tuple[str, str, dict[str, Any], str]]:
        return self.house.scribe.said

    async def says(self, content: dict[str, Any], type: str = "m.room.message") -> str:
        return await self.house.hears(self.room, type, ALICE, content)

    async def sends(self, content: dict[str, Any], type: str = "m.room.message") -> Outgoing:
        """What the network is given for it."""
        before = len(self.heard)
        await self.says(content, type)
        await self.house.until(lambda: self.heard[before:])
        return self.heard[before]

    async def is_asked(self, count: int = 1) -> list[tuple[Any, ...]]:
        await self.house.until(lambda: len(self.session.asked) >= count)
        return self.session.asked

    async def happens(self, happening: Happening) -> None:
        await self.session.ear.receive(happening)

    async def polly_says(self, *parts: Part, id: str = "m1", **more: Any) -> dict[str, Any]:
        """The content of the last event that becomes of it."""
        before = len(self.house.scribe.said)
        await self.happens(evolve(Message(CHAT, POLLY, id, parts), **more))
        await self.house.until(lambda: len(self.house.scribe.said) >= before + len(parts))
        room, _, content, sender = self.house.scribe.said[-1]
        assert (room, sender) == (self.room, "@net_polly:localhost")
        return content

    @property
    def last_event(self) -> str:
        return list(self.house.scribe.sent.values())[-1]


def visit(
    path: Path, story: Callable[[Visit], Awaitable[None]], breed: type[Macaws] = Macaws
) -> None:
    async def act(house: House) -> None:
        session = await house.logs_in()
        assert isinstance(session, MacawSession)
        room = await house.portal(session, Message(CHAT, POLLY, "m0", (Text("hello"),)))
        await house.reads(room, "hello")
        hello = list(house.scribe.sent.values())[-1]
        await story(Visit(house, session, room, hello))

    in_a_house(path / "bridge.db", act, breed)
