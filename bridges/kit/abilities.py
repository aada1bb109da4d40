"""What a session can do besides sending: it claims an ability by defining the method."""

from typing import Protocol, runtime_checkable

from bridges.kit.parts import Chat, ChatKey, Outgoing


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
class Types(Protocol):
    async def typing(self, chat: ChatKey, is_typing: bool) -> None: ...


@runtime_checkable
class Reads(Protocol):
    async def read(self, chat: ChatKey, upto: str) -> None: ...


@runtime_checkable
class SetsTopic(Protocol):
    async def set_topic(self, chat: ChatKey, topic: str) -> None: ...


@runtime_checkable
class SetsName(Protocol):
    async def set_name(self, chat: ChatKey, name: str) -> None: ...


@runtime_checkable
class OpensChats(Protocol):
    """A channel is joined, or a conversation with somebody begins."""

    async def open_chat(self, name: str) -> ChatKey: ...

    async def leave_chat(self, chat: ChatKey) -> None: ...


@runtime_checkable
class LooksAround(Protocol):
    async def directory(self, search: str) -> dict[str, Chat]: ...


@runtime_checkable
class LogsOut(Protocol):
    """The network is told that the login is over, so that its secrets open nothing any more."""

    async def logout(self) -> None: ...


ABILITIES: dict[str, type] = {
    "edits": Edits,
    "redactions": Redacts,
    "reactions": Reacts,
    "typing": Types,
    "receipts": Reads,
    "topic": SetsTopic,
    "name": SetsName,
    "opening chats": OpensChats,
    "directory": LooksAround,
    "logging out": LogsOut,
}
METHODS: dict[str, tuple[str, ...]] = {
    "edits": ("edit",),
    "redactions": ("redact",),
    "reactions": ("react", "unreact"),
    "typing": ("typing",),
    "receipts": ("read",),
    "topic": ("set_topic",),
    "name": ("set_name",),
    "opening chats": ("open_chat", "leave_chat"),
    "directory": ("directory",),
    "logging out": ("logout",),
}


def claimed(session: type) -> list[str]:
    """The abilities of a class of sessions, for the tables of the documentation."""
    return [
        name
        for name, methods in METHODS.items()
        if all(callable(getattr(session, method, None)) for method in methods)
    ]
