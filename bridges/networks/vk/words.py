"""Texts of VK: mentions in brackets, and looks beside the text (`format_data`), in UTF-16 units."""

import re
from bisect import bisect_left
from typing import Any

from bridges.kit.parts import Span, Text
from bridges.kit.utf16 import places_of

LOOKS = {"bold": "bold", "italic": "italic", "underline": "underline", "url": "link"}
KINDS = {kind: type for type, kind in LOOKS.items()}
SPANS = frozenset((*KINDS, "user"))
MENTION = re.compile(r"\[(id|club|public)(\d{1,12})\|([^\]\n]{1,200})\]")
MAX_ITEMS = 200


def from_vk(body: str, format_data: object) -> Text:
    spans = looks(body, format_data)
    return without_brackets(body, spans)


def looks(body: str, format_data: object) -> list[Span]:
    items = format_data.get("items") if isinstance(format_data, dict) else None
    places, spans = places_of(body), []
    for item in items[:MAX_ITEMS] if isinstance(items, list) else []:
        match item:
            case {"type": str(type), "offset": int(offset), "length": int(length)}:
                start = bisect_left(places, max(offset, 0))
                end = min(bisect_left(places, max(offset + length, 0)), len(body))
                if type in LOOKS and start < end:
                    argument = str(item.get("url") or "") if type == "url" else ""
                    spans.append(Span(start, end - start, LOOKS[type], argument))
    return spans


def without_brackets(body: str, spans: list[Span]) -> Text:
    """Names instead of `[id1|Name]`; other spans move along."""
    pieces, mentions, moved, at, shift = [], [], [(0, 0)], 0, 0
    for found in MENTION.finditer(body):
        kind, number, name = found.groups()
        pieces += [body[at : found.start()], name]
        user = number if kind == "id" else f"-{number}"
        mentions.append(Span(found.start() - shift, len(name), "user", user))
        before = found.start(3) - found.start()
        shift += before
        moved.append((found.start(3), shift))
        shift += 1
        moved.append((found.end(), shift))
        at = found.end()
    text = "".join((*pieces, body[at:]))

    def place(old: int) -> int:
        return old - max(by for begin, by in moved if begin <= old)

    kept = []
    for span in spans:
        start, end = place(span.start), min(place(span.start + span.length), len(text))
        if start < end:
            kept.append(Span(start, end - start, span.kind, span.argument))
    return Text(text, tuple(sorted((*kept, *mentions), key=lambda it: (it.start, -it.length))))


def to_vk(text: Text) -> tuple[str, dict[str, Any] | None]:
    """The body and its `format_data`. People are named in brackets."""
    body, inserted = text.body, []
    people = (it for it in text.spans if it.kind == "user" and is_id(it.argument))
    for span in sorted(people, key=lambda it: -it.start):
        end = span.start + span.length
        name = body[span.start : end].replace("]", ")").replace("\n", " ")
        number = span.argument
        opening = f"[club{number[1:]}|" if number.startswith("-") else f"[id{number}|"
        body = f"{body[: span.start]}{opening}{name}]{body[end:]}"
        inserted += [(span.start, len(opening)), (end, 1)]
    places, items = places_of(body), []

    def place(old: int, *, is_end: bool = False) -> int:
        before = sum(size for at, size in inserted if at < old or (at == old and not is_end))
        return min(max(old + before, 0), len(body))

    for span in text.spans:
        if span.kind in KINDS:
            start, end = place(span.start), place(span.start + span.length, is_end=True)
            if start < end:
                item: dict[str, Any] = {"type": KINDS[span.kind], "offset": places[start]}
                item["length"] = places[end] - places[start]
                if span.kind == "link":
                    item["url"] = span.argument
                items.append(item)
    return body, {"version": "1", "items": items[:MAX_ITEMS]} if items else None


def is_id(argument: str) -> bool:
    return argument.lstrip("-").isdecimal()
