"""Texts with spans and Telegram's entities, which count in UTF-16 code units."""

from bisect import bisect_left
from collections.abc import Iterator

from bridges.kit.json_values import JsonObject
from bridges.kit.parts import Span, Text
from bridges.kit.utf16 import length, places_of

TYPES = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strike": "strikethrough",
    "spoiler": "spoiler",
    "code": "code",
    "quote": "blockquote",
}
KINDS = {type: kind for kind, type in TYPES.items()} | {"expandable_blockquote": "quote"}
SPANS = frozenset((*TYPES, "pre", "link", "user"))
LINKS = ("http://", "https://", "tg://", "mailto:", "tel:")
MAX_ENTITIES = 100
"""Telegram ignores what is more."""


def from_entities(body: str, entities: object, manner: str = "say") -> Text:
    """What is no entity, or lies outside of the text, is left out."""
    places = places_of(body)
    given = entities if isinstance(entities, list) else []
    spans = [span for one in given if isinstance(one, dict) for span in to_spans(one, places, body)]
    spans.sort(key=lambda it: (it.start, -it.length))
    return Text(body, tuple(spans), manner)


def to_spans(entity: JsonObject, places: list[int], body: str) -> Iterator[Span]:
    offset, size, type = entity.get("offset"), entity.get("length"), entity.get("type")
    if not isinstance(offset, int) or not isinstance(size, int) or offset < 0 or size <= 0:
        return
    start, end = bisect_left(places, offset), bisect_left(places, offset + size)
    end = min(end, len(body))
    if start >= end:
        return
    words = body[start:end]
    match type:
        case "pre":
            yield Span(start, end - start, "pre", str(entity.get("language") or ""))
        case "text_link":
            yield Span(start, end - start, "link", str(entity.get("url") or ""))
        case "text_mention":
            user = entity.get("user")
            if isinstance(user, dict) and "id" in user:
                yield Span(start, end - start, "user", str(user["id"]))
        case "mention":
            yield Span(start, end - start, "link", f"https://t.me/{words.lstrip('@')}")
        case "url":
            yield Span(start, end - start, "link", with_scheme(words))
        case "email":
            yield Span(start, end - start, "link", f"mailto:{words}")
        case str() if type in KINDS:
            yield Span(start, end - start, KINDS[type])


def with_scheme(address: str) -> str:
    return address if "://" in address else f"https://{address}"


def to_entities(text: Text) -> list[JsonObject]:
    places = places_of(text.body)
    entities = []
    for span in text.spans:
        start = min(max(span.start, 0), len(text.body))
        end = min(max(span.start + span.length, start), len(text.body))
        if start < end and (looks := entity(span)):
            place = {"offset": places[start], "length": places[end] - places[start]}
            entities.append(looks | place)
    return entities[:MAX_ENTITIES]


def entity(span: Span) -> JsonObject | None:
    if span.kind in TYPES:
        return {"type": TYPES[span.kind]}
    if span.kind == "pre":
        return {"type": "pre"} | ({"language": span.argument} if span.argument else {})
    if span.kind == "link" and span.argument.startswith(LINKS):
        return {"type": "text_link", "url": span.argument}
    if span.kind == "user" and span.argument.isdecimal():
        return {"type": "text_mention", "user": person(int(span.argument))}
    return None


def person(id: int) -> JsonObject:
    """Of a user in an entity Telegram reads the id only, and wants the rest."""
    return {"id": id, "is_bot": False, "first_name": "?"}


def pieces(text: Text, limit: int) -> Iterator[Text]:
    """No longer than `limit` code units each, cut at the end of a line or word where there is one.

    A text without words has no pieces: Telegram takes none.
    """
    start, body = 0, text.body
    while body[start:].strip():
        end = cut(body, start, limit)
        yield part_of(text, start, end)
        start = end


def cut(body: str, start: int, limit: int) -> int:
    taken, end = 0, start
    while end < len(body) and taken + length(body[end]) <= limit:
        taken += length(body[end])
        end += 1
    if end == len(body):
        return end
    for gap in ("\n", " "):
        place = body.rfind(gap, start + (end - start) // 2, end)
        if place > start:
            return place + 1
    return end


def part_of(text: Text, start: int, end: int) -> Text:
    """A piece with the spans, or their pieces, that lie in it."""
    kept = []
    for span in text.spans:
        first, last = max(span.start, start), min(span.start + span.length, end)
        if first < last:
            kept.append(Span(first - start, last - first, span.kind, span.argument))
    return Text(text.body[start:end], tuple(kept), text.manner)
