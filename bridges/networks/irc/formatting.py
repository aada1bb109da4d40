"""Texts with spans and the control characters of IRC, both ways."""

import re

from bridges.kit.parts import Span, Text

MARKS = {"bold": "\x02", "italic": "\x1d", "underline": "\x1f", "strike": "\x1e", "code": "\x11"}
KINDS = {mark: kind for kind, mark in MARKS.items()}
SPANS = frozenset((*MARKS, "link"))
COLOUR = re.compile(r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9a-fA-F]{6})?|\x16")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
RESET = "\x0f"


def from_irc(text: str, manner: str = "say") -> Text:
    """Colours are left out."""
    letters: list[str] = []
    spans: list[Span] = []
    begun: dict[str, int] = {}

    def end(kind: str) -> None:
        start = begun.pop(kind)
        if len(letters) > start:
            spans.append(Span(start, len(letters) - start, kind))

    for letter in COLOUR.sub("", text):
        if letter == RESET:
            for kind in list(begun):
                end(kind)
        elif (kind := KINDS.get(letter, "")) in begun:
            end(kind)
        elif kind:
            begun[kind] = len(letters)
        elif not CONTROL.match(letter):
            letters.append(letter)
    for kind in list(begun):
        end(kind)
    spans.sort(key=lambda it: (it.start, -it.length))
    return Text("".join(letters), tuple(spans), manner)


def to_irc(text: Text) -> str:
    """Letters that would be control characters are left out; a link is followed by its address."""
    changes: dict[int, list[str]] = {}
    for span in text.spans:
        end = min(span.start + span.length, len(text.body))
        if span.kind in MARKS:
            changes.setdefault(span.start, []).append(MARKS[span.kind])
            changes.setdefault(end, []).append(MARKS[span.kind])
        elif is_told(text.body[span.start : end], span):
            changes.setdefault(end, []).append(f" ({span.argument})")
    pieces: list[str] = []
    for place in range(len(text.body) + 1):
        pieces += [CONTROL.sub("", it) if len(it) > 1 else it for it in changes.get(place, [])]
        pieces.append(CONTROL.sub("", text.body[place : place + 1]))
    return "".join(pieces)


def is_told(shown: str, span: Span) -> bool:
    """Whether it is a link to somewhere that its words do not say."""
    is_web = span.kind == "link" and span.argument.startswith(("http://", "https://"))
    return is_web and shown != span.argument
