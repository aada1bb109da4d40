"""The contract uses every ability, and lets nobody pass who claims one and does not do it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, ClassVar

import pytest

from bridges.kit.abilities import METHODS, Page
from bridges.kit.chats import Chat, Found, Person, Picture
from bridges.kit.contract import Contract, Notebook, Town
from bridges.kit.failures import Rejected
from bridges.kit.happenings import Message
from bridges.kit.network import Bridge as Ear
from bridges.kit.network import Login, Session
from bridges.kit.parts import ChatKey, Media, Outgoing, Sent, Text, plain
from bridges.kit.sources import TooLarge, kept_there
from bridges.networks.echo.network import CANYON, ECHO, Echo, EchoSession

CHAT = ChatKey(CANYON, "alice")


class Everything(EchoSession):
    """An echo that can do all there is, and writes down by which method it was asked."""

    used: ClassVar[set[str]] = set()
    files: ClassVar[dict[str, bytes]] = {}
    groups: ClassVar[dict[str, str]] = {}

    def __getattribute__(self, name: str) -> Any:
        if name in ALL_METHODS:
            Everything.used.add(name)
        return super().__getattribute__(name)

    async def send(self, out: Outgoing) -> Sent:
        if isinstance(out.parts[0], Text) and "\ud83d" in plain(out.parts):
            raise Rejected("That is no text.")
        return await super().send(out)

    async def chat(self, key: ChatKey) -> Chat:
        name = self.groups.get(key.id, "")
        return Chat(name) if name else await super().chat(key)

    async def end_poll(self, chat: ChatKey, target: str) -> None:
        self._echo_of(target)

    async def typing(self, chat: ChatKey, is_typing: bool) -> None: ...

    async def read(self, chat: ChatKey, upto: str) -> None: ...

    async def fetch(self, reference: str, max_bytes: int) -> bytes:
        if reference not in self.files:
            raise Rejected("There is no such file.")
        if len(self.files[reference]) > max_bytes:
            raise TooLarge(max_bytes)
        return self.files[reference]

    async def set_topic(self, chat: ChatKey, topic: str) -> None: ...

    async def set_name(self, chat: ChatKey, name: str) -> None: ...

    async def set_picture(self, chat: ChatKey, picture: Picture | None) -> None: ...

    async def set_timer(self, chat: ChatKey, timer_ms: int) -> None: ...

    async def pin(self, chat: ChatKey, target: str, is_pinned: bool) -> None: ...

    async def invite(self, chat: ChatKey, user: str) -> None: ...

    async def kick(self, chat: ChatKey, user: str, reason: str) -> None:
        raise Rejected("The canyon keeps everybody.")

    async def ban(self, chat: ChatKey, user: str, reason: str) -> None: ...

    async def unban(self, chat: ChatKey, user: str) -> None: ...

    async def set_levels(self, chat: ChatKey, users: Mapping[str, int]) -> None: ...

    async def make_group(self, name: str, users: tuple[str, ...]) -> ChatKey:
        self.groups["group"] = name
        return ChatKey("group")

    async def directory(self, search: str) -> dict[str, Chat]:
        return {CANYON: Chat("Canyon")}

    async def search(self, words: str) -> list[Found]:
        return [Found(ECHO.id, ECHO.name)]

    async def contacts(self) -> list[Found]:
        return await self.search("")

    async def logout(self) -> None: ...

    async def voice(self, chat: ChatKey, person: Person) -> Session | None:
        return None

    async def silence(self, chat: ChatKey, user_id: str) -> None: ...


ALL_METHODS = {method for methods in METHODS.values() for method in methods}


class Village(Echo):
    session_class: ClassVar[type[EchoSession]] = Everything

    def session(self, login: Login, bridge: Ear) -> EchoSession:
        return self.session_class(login, bridge, 45)


def suite(session: type[Everything]) -> Contract:
    class Here(Village):
        session_class = session

    class Suite(Contract):
        def town(self, notebook: Notebook) -> AbstractAsyncContextManager[Town]:
            return village(Here(), notebook)

    return Suite()


@asynccontextmanager
async def village(network: Village, notebook: Notebook) -> AsyncIterator[Town]:
    caller = network.session(Login("bob", "Bob"), notebook)

    async def says(text: str) -> None:
        await caller.send(Outgoing(CHAT, (Text(text),), text))

    async def hears(text: str) -> None:
        await notebook.message(text)

    async def shows(content: bytes) -> None:
        Everything.files["picture"] = content
        media = Media("image", "picture.png", "image/png", kept_there("picture", len(content)))
        await notebook.receive(Message(CHAT, ECHO, "shown", (media,)))

    yield Town(network, {"name": "Alice"}, CHAT, says, hears, shows=shows)


def held_to(session: type[Everything]) -> None:
    contract = suite(session)
    for name in dir(contract):
        if name.startswith("test_"):
            getattr(contract, name)()


def test_every_ability_is_used_by_the_contract() -> None:
    Everything.used.clear()
    held_to(Everything)
    assert ALL_METHODS - Everything.used == set()


async def refuses(*_: object) -> None:
    raise Rejected("I only said that I could.")


async def breaks(*_: object) -> None:
    raise KeyError("a mistake")


async def refuses_without_a_word(*_: object) -> None:
    raise Rejected("")


async def other_bytes(*_: object) -> bytes:
    return b"something else"


async def nameless(*_: object) -> list[Found]:
    return [Found("rio", "")]


async def nameless_chats(*_: object) -> dict[str, Chat]:
    return {"north": Chat("")}


async def the_same_page(*_: object) -> Page:
    said = Message(CHAT, ECHO, "m1", (Text("again"),), sent_at_ms=1)
    return Page((said, said), "1")


LIES = {
    **dict.fromkeys(("edit", "react", "unreact", "vote", "end_poll", "redact"), refuses),
    **dict.fromkeys(("typing", "read", "set_topic"), refuses),
    **dict.fromkeys(("set_name", "set_picture", "set_timer", "pin", "invite"), breaks),
    **dict.fromkeys(("kick", "ban", "unban", "set_levels"), refuses_without_a_word),
    **dict.fromkeys(("leave_chat", "open_chat", "logout", "voice", "silence"), breaks),
    **dict.fromkeys(("contacts", "search"), nameless),
    "fetch": other_bytes,
    "history": the_same_page,
    "directory": nameless_chats,
}


@pytest.mark.parametrize("method", sorted(LIES))
def test_who_claims_an_ability_and_does_not_do_it_fails(method: str) -> None:
    liar = type("Liar", (Everything,), {method: LIES[method]})
    with pytest.raises((AssertionError, KeyError)):
        held_to(liar)


def test_a_group_must_be_there_when_it_was_made() -> None:
    class Liar(Everything):
        async def make_group(self, name: str, users: tuple[str, ...]) -> ChatKey:
            return ChatKey("")

        async def chat(self, key: ChatKey) -> Chat:
            return Chat("") if not key.id else await super().chat(key)

    with pytest.raises(AssertionError):
        held_to(Liar)


def test_a_lie_is_known_of_every_ability() -> None:
    assert ALL_METHODS - set(LIES) == {"make_group"}
