"""What letters say: plain text and HTML, from the same lines."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape

from attrs import field, frozen

from homeserver.delivery.push.notification import CALLS, ENCRYPTED, Notification
from homeserver.http.languages import Sentences, load, preferred, speaker
from homeserver.peers.mail import Letter, plain_line
from homeserver.storage.pushers import Pusher

MAX_ROOMS = 20
MAX_LINES = 15
"""Of one room."""
MAX_TEXT = 300

KINDS = frozenset({"m.image", "m.audio", "m.video", "m.file", "m.location"})

Say = Callable[..., str]
"""Says the sentence of a key in one language."""


@frozen
class Line:
    sender: str
    text: str
    ts: int


@frozen
class Section:
    """Of one room; `more` lines are left out."""

    title: str
    lines: list[Line] = field(factory=list)
    more: int = 0


@frozen(eq=False)
class Letters:
    """In the language that the pusher asks for, if it is one of ours."""

    _server_name: str
    _sentences: Mapping[str, Sentences] = field(factory=lambda: load(__package__, "sentences"))

    def digest(self, pusher: Pusher, found: Sequence[Notification], unsubscribe: str) -> Letter:
        """About what was missed."""
        say = self._speaker(pusher)
        sections = by_room(say, found)
        count, title = len(found), sections[0].title
        messages = say("one") if count == 1 else say("many", count=count)
        rooms = len(sections)
        where = say("in_room", room=title) if rooms == 1 else say("in_rooms", count=rooms)
        opening = say("opening", messages=messages, where=where)
        footer = say("footer", server_name=self._server_name)
        return Letter(
            to=pusher.pushkey,
            subject=f"[{self._server_name}] {messages} {where}",
            text=_text(say, opening, sections, footer, unsubscribe),
            html=_html(say, opening, sections, footer, unsubscribe),
            headers={
                "List-Unsubscribe": f"<{unsubscribe}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )

    def question(self, pusher: Pusher, confirm: str) -> Letter:
        """Whether somebody wants letters about missed messages."""
        say = self._speaker(pusher)
        opening = say("question.opening", user_id=pusher.user_id)
        yes, closing = say("question.yes"), say("question.closing")
        html = (
            f"<p>{escape(opening)}</p>"
            f'<p><a href="{escape(confirm)}">{escape(yes)}</a></p><p>{escape(closing)}</p>'
        )
        return Letter(
            to=pusher.pushkey,
            subject=f"[{self._server_name}] {say('question.subject')}",
            text=f"{opening}\n\n{yes}:\n{confirm}\n\n{closing}\n",
            html=html,
        )

    def _speaker(self, pusher: Pusher) -> Say:
        return speaker(self._sentences[preferred(str(pusher.content.get("lang", "")))])


def by_room(say: Say, found: Iterable[Notification]) -> list[Section]:
    sections: dict[str, Section] = {}
    for it in found:
        known = sections.get(it.event.room_id)
        if known is None:
            if len(sections) == MAX_ROOMS:
                continue
            known = sections[it.event.room_id] = Section(plain_line(it.room_title))
        if len(known.lines) < MAX_LINES:
            known.lines.append(line_of(say, it))
        else:
            sections[it.event.room_id] = Section(known.title, known.lines, known.more + 1)
    return list(sections.values())


def line_of(say: Say, it: Notification) -> Line:
    return Line(plain_line(it.sender_name), _said(say, it), it.event.origin_server_ts)


def _said(say: Say, it: Notification) -> str:
    event = it.event
    if event.type == ENCRYPTED:
        return say("encrypted")
    if event.type == "m.room.member":
        return say("invited")
    if event.type in CALLS:
        return say("called")
    kind = event.content.get("msgtype")
    if isinstance(kind, str) and kind in KINDS:
        return say(kind)
    body = event.content.get("body")
    if not isinstance(body, str) or not body.strip():
        return say("other")
    text = plain_line(body)
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + " ..."


def _text(
    say: Say, opening: str, sections: Sequence[Section], footer: str, unsubscribe: str
) -> str:
    parts = [opening, ""]
    for section in sections:
        parts += [section.title, "-" * min(len(section.title), 60)]
        parts += [f"{_time(line.ts)}  {line.sender}: {line.text}" for line in section.lines]
        parts += [say("more", count=section.more)] if section.more else []
        parts.append("")
    return "\n".join([*parts, footer, f"{say('stop')}:", unsubscribe, ""])


def _html(
    say: Say, opening: str, sections: Sequence[Section], footer: str, unsubscribe: str
) -> str:
    parts = [f"<p>{escape(opening)}</p>"]
    for section in sections:
        parts.append(f"<h3>{escape(section.title)}</h3><ul>")
        parts += [
            f"<li><small>{_time(line.ts)}</small> <b>{escape(line.sender)}</b>: "
            f"{escape(line.text)}</li>"
            for line in section.lines
        ]
        parts.append("</ul>")
        if section.more:
            parts.append(f"<p>{escape(say('more', count=section.more))}</p>")
    link = f'<a href="{escape(unsubscribe)}">{escape(say("stop"))}</a>'
    return "\n".join([*parts, f"<hr><p><small>{escape(footer)} {link}.</small></p>"])


def _time(ts: int) -> str:
    """Nobody knows in which zone the reader is."""
    try:
        return datetime.fromtimestamp(ts / 1000, UTC).strftime("%H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return ""
