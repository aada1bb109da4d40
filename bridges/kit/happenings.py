"""What happens on a network. A session hands each to `Bridge.receive` and may then forget it."""

from attrs import frozen

from bridges.kit.chats import Levels, Picture, User
from bridges.kit.parts import ChatKey, Part


@frozen
class Sender:
    """`me`: the login's own person said it, on another of their devices."""

    id: str
    name: str = ""
    me: bool = False


@frozen
class Message:
    """`id` is unique within the chat: the same id again is the same message again.

    `thread` is the id of the first message of a thread, `forwarded_from` whose words they were.
    """

    chat: ChatKey
    sender: Sender
    id: str
    parts: tuple[Part, ...]
    reply_to: str | None = None
    sent_at_ms: int | None = None
    thread: str | None = None
    forwarded_from: str = ""
    expires_in_ms: int | None = None


@frozen
class Story:
    """What somebody shows for a while; `chat` is `stories.stories_of(login)`. `Remove` takes it
    away before its time.
    """

    chat: ChatKey
    sender: Sender
    id: str
    parts: tuple[Part, ...]
    expires_at_ms: int
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
class Vote:
    """In the poll `target`: the places of the options, from 0. None at all takes the vote back."""

    chat: ChatKey
    sender: Sender
    target: str
    options: tuple[int, ...]


@frozen
class PollEnd:
    """`counts`: how many chose each option, where the network says only that."""

    chat: ChatKey
    sender: Sender
    target: str
    counts: tuple[int, ...] = ()


@frozen
class ChatChange:
    """None leaves a thing as it is. A timer of 0 means that messages stay."""

    chat: ChatKey
    sender: Sender
    id: str
    name: str | None = None
    topic: str | None = None
    picture: Picture | None = None
    levels: Levels | None = None
    pinned: tuple[str, ...] | None = None
    timer_ms: int | None = None


@frozen
class MemberChange:
    """Somebody (`sender`) came, went, or has another name now.

    `how`, where it is more than that: "invited", "kicked", "banned" (they are not present) or
    "unbanned". `by` is who did it, if it was somebody else.
    """

    chat: ChatKey
    sender: Sender
    id: str
    present: bool
    reason: str = ""
    how: str = ""
    by: Sender | None = None


@frozen
class Notice:
    """The network, or the session, has something to say in a chat."""

    chat: ChatKey
    id: str
    text: str


@frozen
class CallNoticed:
    """`state`: "ringing", "missed", "declined" or "ended"."""

    chat: ChatKey
    sender: Sender
    id: str
    state: str
    is_video: bool = False


@frozen
class ChatGone:
    """It was removed, or we were put out of it. `successor` goes on in its place."""

    chat: ChatKey
    id: str
    reason: str = ""
    successor: ChatKey | None = None


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
class Delivered:
    """What we sent, up to `upto`, is on a device of `sender`."""

    chat: ChatKey
    sender: Sender
    upto: str


@frozen
class Presence:
    """`state`: "online", "unavailable" or "offline"."""

    sender: Sender
    state: str
    text: str = ""


@frozen
class UserChange:
    """Somebody presents themselves otherwise now."""

    sender: Sender
    user: User


Lasting = (
    Message
    | Story
    | Edit
    | Remove
    | React
    | Unreact
    | Vote
    | PollEnd
    | ChatChange
    | MemberChange
    | Notice
    | CallNoticed
    | ChatGone
)
"""Kept until it has arrived."""

Passing = Typing | Read | Delivered | Presence | UserChange
"""Only worth something now: dropped while the homeserver is away."""

Happening = Lasting | Passing
