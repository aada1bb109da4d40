"""What a message is made of, in words that fit every network."""

from collections.abc import Mapping

from attrs import field, frozen


@frozen
class ChatKey:
    """`receiver` is the login whose chat it is, where ids mean something else for each login."""

    id: str
    receiver: str = ""


@frozen
class Span:
    """A piece of a text that looks different, counted in code points.

    `argument` is the address of a link, the name of a user, the language of code.
    """

    start: int
    length: int
    kind: str
    argument: str = ""


SPAN_KINDS = frozenset(
    ("bold", "italic", "underline", "strike", "code", "pre", "quote", "spoiler", "link", "user")
)


@frozen
class Text:
    """`manner` is how it is said: "say", "act" (as in /me) or "notice" (by a machine)."""

    body: str
    spans: tuple[Span, ...] = ()
    manner: str = "say"


@frozen
class Media:
    """`kind` is "image", "video", "audio" or "file"."""

    kind: str
    name: str
    mime: str
    content: bytes = field(repr=False)


@frozen
class Location:
    latitude: float
    longitude: float
    name: str = ""


@frozen
class Unknown:
    """Something that the other side cannot show: said in words, never dropped in silence."""

    summary: str


Part = Text | Media | Location | Unknown


@frozen
class Chat:
    """How a chat presents itself. `members` maps ids of users to names."""

    name: str
    topic: str = ""
    is_direct: bool = False
    members: Mapping[str, str] = field(factory=dict)


@frozen
class User:
    name: str
    is_bot: bool = False


@frozen
class Outgoing:
    """What a person on Matrix says. `transaction` is the same at every try to send it."""

    chat: ChatKey
    parts: tuple[Part, ...]
    transaction: str
    reply_to: str | None = None


@frozen
class Sent:
    id: str


def plain(parts: tuple[Part, ...]) -> str:
    """The parts for networks that know text only."""
    return "\n".join(map(in_words, parts))


def in_words(part: Part) -> str:
    match part:
        case Text():
            return part.body
        case Media():
            return f"[{part.kind}: {part.name}]"
        case Location():
            place = f"{part.latitude},{part.longitude}"
            return f"{part.name} ({place})" if part.name else place
        case Unknown():
            return f"[{part.summary}]"
