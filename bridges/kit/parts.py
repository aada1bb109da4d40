"""What a message is made of, in words that fit every network."""

from attrs import field, frozen

from bridges.kit.sources import Source, source


@frozen
class ChatKey:
    """`receiver` is the login whose chat it is, where ids mean something else for each login."""

    id: str
    receiver: str = ""


@frozen
class Span:
    """A piece of a text that looks different, counted in code points.

    `argument` is the address of a link, the id of a user, the language of code, the reason of a
    spoiler.
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
class Look:
    """How a file is shown, as far as it is known. `waveform`: loudness, from 0 to 100."""

    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    waveform: tuple[int, ...] = ()
    is_animated: bool = False
    is_spoiler: bool = False
    thumbnail: Source | None = None


@frozen
class Media:
    """`kind`: "image", "video", "audio", "voice" (said into a microphone), "sticker" or "file"."""

    kind: str
    name: str
    mime: str
    content: Source = field(converter=source)
    caption: Text | None = None
    look: Look = Look()


@frozen
class Location:
    latitude: float
    longitude: float
    name: str = ""


@frozen
class Poll:
    """`most` options may be chosen; the votes are shown at once if it is `open`."""

    question: str
    options: tuple[str, ...]
    most: int = 1
    is_open: bool = True


@frozen
class Contact:
    """Somebody's card, handed on."""

    name: str
    phones: tuple[str, ...] = ()
    vcard: str = ""


@frozen
class Link:
    """What an address shows before it is followed. Stands beside the text that has the address."""

    url: str
    title: str = ""
    description: str = ""
    image: Source | None = None


@frozen
class Unknown:
    """Something that the other side cannot show: said in words, never dropped in silence."""

    summary: str


Part = Text | Media | Location | Poll | Contact | Link | Unknown


@frozen
class Outgoing:
    """What a person on Matrix says. `transaction` is the same at every try to send it.

    `reply_to` and `thread` (the first message of one) are ids of the network.
    """

    chat: ChatKey
    parts: tuple[Part, ...]
    transaction: str
    reply_to: str | None = None
    thread: str | None = None
    mentions: tuple[str, ...] = ()
    """Ids of users, also of those that the text does not name."""


@frozen
class Sent:
    """`more`: the ids of further messages, if the network needed several for one of ours."""

    id: str
    more: tuple[str, ...] = ()


def plain(parts: tuple[Part, ...]) -> str:
    """The parts for networks that know text only."""
    return "\n".join(map(in_words, parts))


def in_words(part: Part) -> str:
    match part:
        case Text():
            return part.body
        case Media():
            about = f"[{part.kind}: {part.name}]"
            return f"{about} {part.caption.body}" if part.caption else about
        case Location():
            place = f"{part.latitude},{part.longitude}"
            return f"{part.name} ({place})" if part.name else place
        case Poll():
            options = (f"{number}. {it}" for number, it in enumerate(part.options, 1))
            return "\n".join((f"[poll] {part.question}", *options))
        case _:
            return on_a_line(part)


def on_a_line(part: Contact | Link | Unknown) -> str:
    match part:
        case Contact():
            return " ".join(("[contact]", part.name, *part.phones))
        case Link():
            return " ".join(it for it in (part.title, part.url) if it)
        case Unknown():
            return f"[{part.summary}]"
