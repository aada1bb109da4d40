"""How chats and people present themselves."""

from collections.abc import Mapping

from attrs import field, frozen

from bridges.kit.parts import ChatKey
from bridges.kit.sources import Source, source


@frozen
class Picture:
    """Of a person or a chat. The same `id` is the same picture: it is carried over once.

    An empty `id` takes the picture away.
    """

    id: str
    content: Source = field(converter=source, default=Source(b""), repr=False, eq=False)


@frozen
class Levels:
    """What people may do, from 0 (a guest) over 50 (a moderator) to 100 (an owner).

    `users` by id, `others` all who are not named, `speak` what one needs to say something, and
    `change` to change the name, the topic and the picture.
    """

    users: Mapping[str, int] = field(factory=dict)
    others: int = 0
    speak: int = 0
    change: int = 50


@frozen
class Chat:
    """`kind`: "group", "dm" (two people), "channel" (few speak, many read), "space" (holds other
    chats) or "stories". `members` maps ids of users to names; `parent` is the space it belongs to.
    """

    name: str
    topic: str = ""
    kind: str = "group"
    members: Mapping[str, str] = field(factory=dict)
    picture: Picture | None = None
    parent: ChatKey | None = None
    levels: Levels | None = None
    pinned: tuple[str, ...] = ()
    has_all_members: bool = False
    """Nobody is there who is not among `members`: whoever left while we were away is found so."""
    has_history: bool = True
    """Whether `history` may be asked for it, where the session has that ability."""
    timer_ms: int | None = None
    """Messages disappear after so long."""

    @property
    def is_direct(self) -> bool:
        return self.kind == "dm"


@frozen
class User:
    """`handles`: how else they are found, as addresses: "tel:+49...", "mailto:...", "@name"."""

    name: str
    is_bot: bool = False
    picture: Picture | None = None
    handles: tuple[str, ...] = ()


@frozen
class Person:
    """Somebody on Matrix, as they present themselves there. `id` is the Matrix user's."""

    id: str
    name: str
    picture: Picture | None = None


@frozen
class Found:
    """Somebody, or a chat, that was looked for. `id` is a user's, or what `open_chat` takes."""

    id: str
    name: str
    about: str = ""
    is_chat: bool = False
