"""What people on Matrix say, as the network can take it: nothing is dropped in silence."""

from collections.abc import Iterator

from attrs import evolve, frozen

from bridges.kit.network import Accepts, Capabilities
from bridges.kit.parts import Contact, Location, Media, Part, Poll, Span, Text, in_words
from bridges.kit.sources import MAX_BYTES, Source
from bridges.portals.conversion import fitted
from bridges.portals.formatting import prefixed
from bridges.portals.readings import card_of

PLAIN_KINDS = {"voice": "audio", "sticker": "image"}
"""What a network takes a kind for that it does not know."""
NAMES = {Location: "location", Poll: "poll", Contact: "contact"}


@frozen
class Fitting:
    """For one session in one chat."""

    _can: Capabilities

    async def parts(self, part: Part) -> list[Part]:
        """Each is a message of its own. Raises `Rejected` for a file that does not fit."""
        if isinstance(part, Media):
            if "contact" in self._can.parts and (card := await card_of(part)):
                return [card]
            return await self._media(part)
        if isinstance(part, Text):
            return list(pieces(simplified(part, self._can.spans), self._can.text_max))
        if NAMES.get(type(part)) in self._can.parts:
            return [part]
        return list(pieces(Text(in_words(part)), self._can.text_max))

    async def _media(self, media: Media) -> list[Part]:
        if media.kind in PLAIN_KINDS and media.kind not in self._can.parts:
            media = evolve(media, kind=PLAIN_KINDS[media.kind])
        accepts = self._can.media.get(media.kind, Accepts((), self._can.media_max_bytes))
        if not accepts.max_bytes:
            return list(pieces(Text(in_words(media)), self._can.text_max))
        media, beside = self._caption(media)
        return [await self._file(media, accepts), *beside]

    def _caption(self, media: Media) -> tuple[Media, list[Text]]:
        """What is too long to stand at the file stands beside it."""
        if media.caption is None:
            return media, []
        caption = simplified(media.caption, self._can.spans)
        if len(caption.body) <= self._can.caption_max:
            return evolve(media, caption=caption), []
        return evolve(media, caption=None), list(pieces(caption, self._can.text_max))

    async def _file(self, media: Media, accepts: Accepts) -> Media:
        """Read now only if something may have to be changed about it."""
        size = media.content.size
        if not accepts.mimes and size is not None and size <= accepts.max_bytes:
            return media
        data = await media.content.read(MAX_BYTES)
        media, data = await fitted(media, data, accepts)
        return evolve(media, content=Source(data, size=len(data)))


def simplified(text: Text, spans: frozenset[str]) -> Text:
    """Where a network has no links in words, the address stands behind them."""
    if "link" in spans:
        return text
    for span in sorted(text.spans, key=lambda it: -(it.start + it.length)):
        words = text.body[span.start : span.start + span.length]
        if span.kind == "link" and span.argument and span.argument.removeprefix("mailto:") != words:
            text = inserted(text, span.start + span.length, f" ({span.argument})")
    return text


def inserted(text: Text, place: int, words: str) -> Text:
    def moved(span: Span) -> Span:
        if span.start >= place:
            return evolve(span, start=span.start + len(words))
        return span

    body = text.body[:place] + words + text.body[place:]
    return evolve(text, body=body, spans=tuple(map(moved, text.spans)))


def pieces(text: Text, most: int | None) -> Iterator[Text]:
    """At most so many code points in each, cut between lines or words where there are any."""
    while most is not None and len(text.body) > most:
        cut = max(text.body.rfind("\n", 0, most), text.body.rfind(" ", 0, most))
        cut = cut if cut > most // 2 else most
        yield part_of(text, 0, cut)
        text = part_of(text, cut + (text.body[cut] in " \n"), len(text.body))
    yield text


def part_of(text: Text, start: int, end: int) -> Text:
    spans = []
    for span in text.spans:
        begin, stop = max(span.start, start), min(span.start + span.length, end)
        if stop > begin:
            spans.append(evolve(span, start=begin - start, length=stop - begin))
    return evolve(text, body=text.body[start:end], spans=tuple(spans))


def said_by(name: str, part: Part) -> list[Part]:
    """The words of somebody whom another's login carries."""
    match part:
        case Text(manner="act"):
            return [prefixed(f"* {name} ", Text(part.body, part.spans))]
        case Text():
            return [prefixed(f"<{name}> ", part)]
        case Media():
            return [evolve(part, caption=prefixed(f"<{name}> ", part.caption or Text("")))]
        case Poll():
            return [evolve(part, question=f"<{name}> {part.question}")]
        case _:
            return [Text(f"<{name}>"), part]
