"""Looks of a text in marks, as WhatsApp and XMPP (XEP-0393) have them: *bold*, > quotes."""

import re

from bridges.kit.parts import Span, Text

MARKS = {"bold": "*", "italic": "_", "strike": "~", "code": "`", "pre": "```"}
SPANS = frozenset((*MARKS, "quote", "link"))
CODE = re.compile(r"```(?P<pre>.+?)```|`(?P<code>[^`\n]+)`", re.DOTALL)
STYLE = re.compile(r"(?<![\w*_~])(?P<mark>[*_~])(?P<inner>\S(?:[^\n]*?\S)?)(?P=mark)(?![\w*_~])")
KINDS = {mark: kind for kind, mark in MARKS.items()}
MAX_DEPTH = 3


def from_marks(body: str) -> Text:
    writer = Writer()
    for number, line in enumerate(split_quotes(body)):
        if number:
            writer.text += "\n"
        quoted = line.startswith("> ")
        start, before = len(writer.text), len(writer.spans)
        writer.write(line[2:] if quoted else line, 0)
        if quoted and len(writer.text) > start:
            writer.spans.insert(before, Span(start, len(writer.text) - start, "quote"))
    return Text(writer.text, tuple(sorted(writer.spans, key=lambda it: (it.start, -it.length))))


def split_quotes(body: str) -> list[str]:
    """Lines, but what stands together outside of quotes stays together, for marks over lines."""
    lines: list[str] = []
    for line in body.split("\n"):
        if lines and not line.startswith("> ") and not lines[-1].startswith("> "):
            lines[-1] += "\n" + line
        else:
            lines.append(line)
    return lines


class Writer:
    def __init__(self) -> None:
        self.text = ""
        self.spans: list[Span] = []

    def write(self, piece: str, depth: int) -> None:
        at = 0
        for found in CODE.finditer(piece):
            self._styled(piece[at : found.start()], depth)
            kind = str(found.lastgroup)
            self._looks(kind, found[kind])
            at = found.end()
        self._styled(piece[at:], depth)

    def _styled(self, piece: str, depth: int) -> None:
        at = 0
        for found in STYLE.finditer(piece):
            self.text += piece[at : found.start()]
            start = len(self.text)
            if depth < MAX_DEPTH:
                self._styled(found["inner"], depth + 1)
            else:
                self.text += found["inner"]
            self.spans.append(Span(start, len(self.text) - start, KINDS[found["mark"]]))
            at = found.end()
        self.text += piece[at:]

    def _looks(self, kind: str, inner: str) -> None:
        self.spans.append(Span(len(self.text), len(inner), kind))
        self.text += inner


def to_marks(text: Text) -> str:
    """Marks stand only around words: others are shown as they are."""
    body = text.body
    marks: list[tuple[int, int, str]] = []
    for order, span in enumerate(text.spans):
        start, end = trimmed(body, span)
        if start >= end:
            continue
        if span.kind in MARKS:
            marks += [(start, order, MARKS[span.kind]), (end, -order - 1, MARKS[span.kind])]
        elif span.kind == "link" and span.argument not in body:
            marks.append((end, -order - 1, f" ({span.argument})"))
        elif span.kind == "quote":
            lines = [at for at in range(start, end) if at == start or body[at - 1] == "\n"]
            marks += [(at, -1_000, "> ") for at in lines]
    pieces, at = [], 0
    for place, _, mark in sorted(marks, key=lambda it: (it[0], it[1])):
        pieces += [body[at:place], mark]
        at = place
    return "".join((*pieces, body[at:]))


def trimmed(body: str, span: Span) -> tuple[int, int]:
    """Without the blanks at its ends."""
    start, end = max(span.start, 0), min(span.start + span.length, len(body))
    while start < end and body[start].isspace():
        start += 1
    while end > start and body[end - 1].isspace():
        end -= 1
    return start, end
