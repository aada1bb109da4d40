"""Texts with spans and Matrix's HTML, both ways."""

from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser

from bridges.kit.parts import Span, Text

TAGS = {
    "bold": "strong",
    "italic": "em",
    "underline": "u",
    "strike": "del",
    "code": "code",
    "pre": "pre",
    "quote": "blockquote",
}
KINDS = {tag: kind for kind, tag in TAGS.items()} | {
    "b": "bold",
    "i": "italic",
    "s": "strike",
    "strike": "strike",
    "a": "link",
}
BLOCKS = frozenset(
    ("p", "div", "blockquote", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6")
)
MAX_HTML = 100_000
LINKS = ("http://", "https://", "mailto:", "matrix:", "xmpp:", "irc:", "ircs:", "tel:")


def to_html(text: Text) -> str | None:
    """None for a text without spans."""
    if not text.spans:
        return None
    spans = list(nested(text))
    pieces: list[str] = []
    stack: list[tuple[int, str]] = []
    for place, letter in enumerate([*text.body, ""]):
        while stack and stack[-1][0] <= place:
            pieces.append(stack.pop()[1])
        while spans and spans[0][0] == place:
            _, end, opening, closing = spans.pop(0)
            pieces.append(opening)
            stack.append((end, closing))
        pieces.append("<br>" if letter == "\n" else escape(letter, quote=False))
    return "".join(pieces)


def nested(text: Text) -> Iterator[tuple[int, int, str, str]]:
    """Start, end, opening and closing tag; spans that overlap are cut so that they nest."""
    open_ends: list[int] = []
    for span in sorted(text.spans, key=lambda it: (it.start, -it.length)):
        end = min(span.start + span.length, len(text.body))
        while open_ends and open_ends[-1] <= span.start:
            open_ends.pop()
        end = min([end, *open_ends])
        tags = tags_of(span)
        if tags and end > span.start >= 0:
            open_ends.append(end)
            yield span.start, end, *tags


def tags_of(span: Span) -> tuple[str, str] | None:
    if span.kind == "pre" and span.argument:
        return f'<pre><code class="language-{escape(span.argument)}">', "</code></pre>"
    if span.kind in TAGS:
        return f"<{TAGS[span.kind]}>", f"</{TAGS[span.kind]}>"
    if span.kind == "spoiler":
        why = f'="{escape(span.argument)}"' if span.argument else ""
        return f"<span data-mx-spoiler{why}>", "</span>"
    if span.kind == "link" and span.argument.startswith(LINKS):
        return f'<a href="{escape(span.argument)}">', "</a>"
    if span.kind == "user" and span.argument.startswith("@"):
        return f'<a href="https://matrix.to/#/{escape(span.argument)}">', "</a>"
    return None


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.letters: list[str] = []
        self.spans: list[Span] = []
        self._open: list[tuple[str, str, int, str]] = []
        self._length = 0
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "mx-reply":
            self._skipped += 1
        elif tag == "br":
            self.handle_data("\n")
        elif tag == "li":
            self._begin_line()
            self.handle_data("• ")
        if tag in BLOCKS:
            self._begin_line()
        kind = "spoiler" if "data-mx-spoiler" in given else KINDS.get(tag, "")
        if tag == "code" and self._open and self._open[-1][1] == "pre":
            language = (given.get("class") or "").removeprefix("language-")
            self._open[-1] = (*self._open[-1][:3], language)
        elif kind:
            argument = given.get("href") or given.get("data-mx-spoiler") or ""
            self._open.append((tag, kind, self._length, argument))

    def handle_endtag(self, tag: str) -> None:
        if tag == "mx-reply":
            self._skipped = max(0, self._skipped - 1)
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place][0] == tag:
                _, kind, start, argument = self._open.pop(place)
                if self._length > start:
                    self.spans.append(Span(start, self._length - start, kind, argument))
                break
        if tag in BLOCKS:
            self._begin_line()

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.letters.append(data)
            self._length += len(data)

    def _begin_line(self) -> None:
        if self.letters and not self.letters[-1].endswith("\n"):
            self.handle_data("\n")


def from_html(html: str, manner: str = "say") -> Text:
    reader = Reader()
    reader.feed(html[:MAX_HTML])
    reader.close()
    # The outer tag ends last, and is to stand first.
    reader.spans.reverse()
    body = "".join(reader.letters)
    kept = len(body.rstrip())
    spans = tuple(
        Span(it.start, min(it.length, kept - it.start), it.kind, it.argument)
        for it in sorted(reader.spans, key=lambda it: (it.start, -it.length))
        if it.start < kept
    )
    return Text(body[:kept], spans, manner)


def prefixed(prefix: str, text: Text) -> Text:
    """With words before it; spans stay on their letters."""
    moved = tuple(
        Span(it.start + len(prefix), it.length, it.kind, it.argument) for it in text.spans
    )
    return Text(prefix + text.body, moved, text.manner)
