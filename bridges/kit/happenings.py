"""What happens on a network. A session hands each to `Bridge.receive` and may then forget it."""

from attrs import frozen

from bridges.kit.parts import ChatKey, Part


@frozen
class Sender:
    """`me`: the login's own person said it, on another of their devices."""

    id: str
    name: str = ""
    me: bool = False


@frozen
class Message:
    """`id` is unique within the chat: the same id again is the same message again."""

    chat: ChatKey
    sender: Sender
    id: str
    parts: tuple[Part, ...]
    reply_to: str | None = None
    sent_at_ms: int | None = None


@frozen
class Edit:
    """`id` names this change, `target` the message that changes."""

    chat: ChatKey
    sender: Sender
    id: str
    target: str
    parts: tuple[Part, ...]


@frozen
class Remove:
    chat: ChatKey
    sender: Sender
    target: str


@frozen
class React:
    chat: ChatKey
    sender: Sender
    target: str
    emoji: str


@frozen
class Unreact:
    chat: ChatKey
    sender: Sender
    target: str
    emoji: str


@frozen
class Typing:
    """Zero seconds: they stopped."""

    chat: ChatKey
    sender: Sender
    seconds: int


@frozen
class Read:
    """Everything up to `upto` was read."""

    chat: ChatKey
    sender: Sender
    upto: str


@frozen
class ChatChange:
    """None leaves a thing as it is."""

    chat: ChatKey
    sender: Sender
    id: str
    name: str | None = None
    topic: str | None = None


@frozen
class MemberChange:
    """Somebody (`sender`) came, went, or has another name now."""

    chat: ChatKey
    sender: Sender
    id: str
    present: bool
    reason: str = ""


Lasting = Message | Edit | Remove | React | Unreact | ChatChange | MemberChange
"""Kept until it has arrived."""

Passing = Typing | Read
"""Only worth something now: dropped while the homeserver is away."""

Happening = Lasting | Passing
