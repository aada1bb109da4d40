"""Lines of IRC (RFC 1459, RFC 2812, IRCv3 message tags), read and written."""

import re
from collections.abc import Iterator, Mapping

from attrs import field, frozen

MAX_LINE = 512
UNESCAPED = {":": ";", "s": " ", "r": "\r", "n": "\n", "\\": "\\"}
MAX_TAGS = 4094
"""That a client may send."""
FORBIDDEN = re.compile(r"[\r\n\0]+")


@frozen
class Line:
    command: str
    parameters: tuple[str, ...] = ()
    source: str = ""
    tags: Mapping[str, str] = field(factory=dict)

    @property
    def nick(self) -> str:
        return self.source.partition("!")[0]

    def parameter(self, place: int) -> str:
        return self.parameters[place] if place < len(self.parameters) else ""


def parse(text: str) -> Line | None:
    """None for a line that says nothing."""
    tags: dict[str, str] = {}
    source = ""
    if text.startswith("@"):
        given, _, text = text[1:].partition(" ")
        tags = dict(parse_tag(one) for one in given.split(";") if one)
    text = text.lstrip(" ")
    if text.startswith(":"):
        source, _, text = text[1:].partition(" ")
    middle, has_rest, rest = text.lstrip(" ").partition(" :")
    words = middle.split()
    if not words:
        return None
    parameters = (*words[1:], rest) if has_rest else tuple(words[1:])
    return Line(words[0].upper(), parameters, source, tags)


def parse_tag(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, re.sub(r"\\(.?)", lambda it: UNESCAPED.get(it[1], it[1]), value)


def tagged(tags: Mapping[str, str], line: str) -> str:
    """The line with message tags before it."""
    if not tags:
        return line
    return "@" + ";".join(f"{key}={escaped(value)}" for key, value in tags.items()) + " " + line


def escaped(value: str) -> str:
    escapes = {it: f"\\{letter}" for letter, it in UNESCAPED.items()}
    return "".join(escapes.get(it, it) for it in FORBIDDEN.sub(" ", value))


def written(command: str, *parameters: str) -> str:
    """Without what would end the line; the last parameter may hold spaces."""
    clean = [FORBIDDEN.sub(" ", one) for one in parameters]
    clean[:-1] = [one.replace(" ", "").lstrip(":") or "*" for one in clean[:-1]]
    if clean and (not clean[-1] or " " in clean[-1] or clean[-1].startswith(":")):
        clean[-1] = ":" + clean[-1]
    return " ".join((command, *clean))


def cut(text: str, room: int) -> Iterator[str]:
    """Pieces of at most so many bytes in UTF-8, between words where there are any."""
    for line in re.split(r"[\r\n\0]+", text):
        rest = line
        while len(rest.encode(errors="replace")) > room:
            piece = rest.encode(errors="replace")[:room].decode(errors="ignore")
            space = piece.rfind(" ")
            piece = piece[:space] if space > 0 else piece
            yield piece
            rest = rest[len(piece) :].removeprefix(" ")
        if rest:
            yield rest


def fold(name: str, casemapping: str = "rfc1459") -> str:
    """Nicks and channels as the server compares them."""
    lower = "".join(it.lower() if it.isascii() else it for it in name)
    if casemapping == "ascii":
        return lower
    lower = lower.translate(str.maketrans("[]\\", "{}|"))
    return lower if casemapping == "rfc1459-strict" else lower.replace("~", "^")
