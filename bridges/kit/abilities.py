"""What a session can do besides sending: it claims an ability by defining the method.

Each may raise `Rejected` or `Transient`, as `send` may.
"""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from attrs import frozen

from bridges.kit.chats import Chat, Found, Person, Picture
from bridges.kit.happenings import Message, React
from bridges.kit.network import Session
from bridges.kit.parts import ChatKey, Outgoing


@runtime_checkable
class Edits(Protocol):
    async def edit(self, target: str, out: Outgoing) -> None: ...


@runtime_checkable
class Redacts(Protocol):
    async def redact(self, chat: ChatKey, target: str) -> None: ...


@runtime_checkable
class Reacts(Protocol):
    async def react(self, chat: ChatKey, target: str, emoji: str) -> None: ...

    async def unreact(self, chat: ChatKey, target: str, emoji: str) -> None: ...


@runtime_checkable
class Votes(Protocol):
    """`options` are places, from 0; none at all takes the vote back."""

    async def vote(self, chat: ChatKey, target: str, options: tuple[int, ...]) -> None: ...


@runtime_checkable
class EndsPolls(Protocol):
    async def end_poll(self, chat: ChatKey, target: str) -> None: ...


@runtime_checkable
class Types(Protocol):
    async def typing(self, chat: ChatKey, is_typing: bool) -> None: ...


@runtime_checkable
class Reads(Protocol):
    async def read(self, chat: ChatKey, upto: str) -> None: ...


@runtime_checkable
class Fetches(Protocol):
    """Gets what `sources.kept_there` names."""

    async def fetch(self, reference: str, max_bytes: int) -> bytes: ...


@frozen
class Page:
    """A piece of the past, the oldest message first.

    `before` asks for the page that goes before it; None: the chat begins here. `reactions` are
    those to its messages.
    """

    messages: tuple[Message, ...]
    before: str | None = None
    reactions: tuple[React, ...] = ()


@runtime_checkable
class HasHistory(Protocol):
    """Without `before`: the newest page. The messages have `sent_at_ms`, and the ids by which
    `send` and `receive` know them: so what is known does not come again.
    """

    async def history(self, chat: ChatKey, before: str | None, limit: int) -> Page: ...


@runtime_checkable
class SetsTopic(Protocol):
    async def set_topic(self, chat: ChatKey, topic: str) -> None: ...


@runtime_checkable
class SetsName(Protocol):
    async def set_name(self, chat: ChatKey, name: str) -> None: ...


@runtime_checkable
class SetsPicture(Protocol):
    """None takes it away."""

    async def set_picture(self, chat: ChatKey, picture: Picture | None) -> None: ...


@runtime_checkable
class SetsTimer(Protocol):
    """Messages disappear after so long; 0: they stay."""

    async def set_timer(self, chat: ChatKey, timer_ms: int) -> None: ...


@runtime_checkable
class Pins(Protocol):
    async def pin(self, chat: ChatKey, target: str, is_pinned: bool) -> None: ...


@runtime_checkable
class Invites(Protocol):
    async def invite(self, chat: ChatKey, user: str) -> None: ...


@runtime_checkable
class Kicks(Protocol):
    async def kick(self, chat: ChatKey, user: str, reason: str) -> None: ...


@runtime_checkable
class Bans(Protocol):
    async def ban(self, chat: ChatKey, user: str, reason: str) -> None: ...

    async def unban(self, chat: ChatKey, user: str) -> None: ...


@runtime_checkable
class SetsLevels(Protocol):
    """By id of the user, as in `Levels`: only those that change."""

    async def set_levels(self, chat: ChatKey, users: Mapping[str, int]) -> None: ...


@runtime_checkable
class OpensChats(Protocol):
    """A channel is joined, or a conversation with somebody begins."""

    async def open_chat(self, name: str) -> ChatKey: ...

    async def leave_chat(self, chat: ChatKey) -> None: ...


@runtime_checkable
class MakesGroups(Protocol):
    async def make_group(self, name: str, users: tuple[str, ...]) -> ChatKey: ...


@runtime_checkable
class LooksAround(Protocol):
    """Chats that anybody may join."""

    async def directory(self, search: str) -> dict[str, Chat]: ...


@runtime_checkable
class Searches(Protocol):
    """People, by words or by a handle (a telephone number, a name)."""

    async def search(self, words: str) -> list[Found]: ...


@runtime_checkable
class HasContacts(Protocol):
    async def contacts(self) -> list[Found]: ...


@runtime_checkable
class LogsOut(Protocol):
    """The network is told that the login is over, so that its secrets open nothing any more."""

    async def logout(self) -> None: ...


@runtime_checkable
class Follows(Protocol):
    """The login's person came into the room of a chat that others share, or left it."""

    async def follow(self, chat: ChatKey, is_present: bool) -> None: ...


@runtime_checkable
class LendsVoices(Protocol):
    """People without a login speak in shared chats with a name of their own: `guests.py`."""

    async def voice(self, chat: ChatKey, person: Person) -> Session | None:
        """Theirs, by which whatever they do is done. None: this login carries their words."""

    async def silence(self, chat: ChatKey, user_id: str) -> None:
        """They have left the room."""


@runtime_checkable
class Presents(Protocol):
    """The session's person has another name or picture now."""

    async def present(self, person: Person) -> None: ...


ABILITIES: dict[str, type] = {
    "edits": Edits,
    "redactions": Redacts,
    "reactions": Reacts,
    "votes": Votes,
    "ending polls": EndsPolls,
    "typing": Types,
    "receipts": Reads,
    "files fetched when needed": Fetches,
    "history": HasHistory,
    "topic": SetsTopic,
    "name": SetsName,
    "picture": SetsPicture,
    "disappearing messages": SetsTimer,
    "pins": Pins,
    "inviting": Invites,
    "kicking": Kicks,
    "banning": Bans,
    "levels": SetsLevels,
    "opening chats": OpensChats,
    "making groups": MakesGroups,
    "directory": LooksAround,
    "search": Searches,
    "contacts": HasContacts,
    "logging out": LogsOut,
    "a name for whoever has no login": LendsVoices,
}


def methods(ability: type) -> tuple[str, ...]:
    return tuple(name for name in vars(ability) if not name.startswith("_"))


METHODS: dict[str, tuple[str, ...]] = {name: methods(it) for name, it in ABILITIES.items()}


def claimed(session: type) -> list[str]:
    """The abilities of a class of sessions, for the tables of the documentation."""
    return [
        name
        for name, methods in METHODS.items()
        if all(callable(getattr(session, method, None)) for method in methods)
    ]
