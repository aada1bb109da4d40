"""What letters say: plain text and HTML, from the same lines."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

from attrs import field, frozen

from homeserver.delivery.push.notification import CALLS, ENCRYPTED, Notification
from homeserver.peers.mail import Letter, plain_line

MAX_ROOMS = 20
MAX_LINES = 15
"""Of one room."""
MAX_TEXT = 300

KINDS = {
    "m.image": "sent a picture",
    "m.audio": "sent a recording",
    "m.video": "sent a film",
    "m.file": "sent a file",
    "m.location": "sent a place",
}


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


def digest(
    to: str, found: Sequence[Notification], more: int, server_name: str, unsubscribe: str
) -> Letter:
    """A letter about what was missed; `more` that is not in `found`."""
    sections = by_room(found)
    count = len(found) + more
    messages = "one message" if count == 1 else f"{count} messages"
    where = f"in {sections[0].title}" if len(sections) == 1 else f"in {len(sections)} rooms"
    opening = f"You missed {messages} {where}."
    footer = f"{server_name} sends this because you asked to be told what you miss."
    return Letter(
        to=to,
        subject=f"[{server_name}] {messages} {where}",
        text=_text(opening, sections, footer, unsubscribe),
        html=_html(opening, sections, footer, unsubscribe),
        headers={
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def question(to: str, user_id: str, server_name: str, confirm: str) -> Letter:
    """Whether somebody wants letters about missed messages."""
    opening = f"{user_id} wants to get messages that were missed at this address."
    closing = "If this is not you, do nothing: nothing more will be sent."
    html = (
        f"<p>{escape(opening)}</p>"
        f'<p><a href="{escape(confirm)}">Yes, send them here</a></p><p>{escape(closing)}</p>'
    )
    return Letter(
        to=to,
        subject=f"[{server_name}] Notifications by e-mail?",
        text=f"{opening}\n\nYes, send them here:\n{confirm}\n\n{closing}\n",
        html=html,
    )


def by_room(found: Iterable[Notification]) -> list[Section]:
    sections: dict[str, Section] = {}
    for it in found:
        known = sections.get(it.event.room_id)
        if known is None:
            if len(sections) == MAX_ROOMS:
                continue
            known = sections[it.event.room_id] = Section(plain_line(it.room_title))
        if len(known.lines) < MAX_LINES:
            known.lines.append(line_of(it))
        else:
            sections[it.event.room_id] = Section(known.title, known.lines, known.more + 1)
    return list(sections.values())


def line_of(it: Notification) -> Line:
    return Line(plain_line(it.sender_name), _said(it), it.event.origin_server_ts)


def _said(it: Notification) -> str:
    event = it.event
    if event.type == ENCRYPTED:
        return "sent an encrypted message"
    if event.type == "m.room.member":
        return "invited you"
    if event.type in CALLS:
        return "called"
    kind = KINDS.get(str(event.content.get("msgtype")))
    if kind is not None:
        return kind
    body = event.content.get("body")
    if not isinstance(body, str) or not body.strip():
        return "sent something that only an app can show"
    text = plain_line(body)
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + " ..."


def _text(opening: str, sections: Sequence[Section], footer: str, unsubscribe: str) -> str:
    parts = [opening, ""]
    for section in sections:
        parts += [section.title, "-" * min(len(section.title), 60)]
        parts += [f"{_time(line.ts)}  {line.sender}: {line.text}" for line in section.lines]
        parts += [f"... and {section.more} more"] if section.more else []
        parts.append("")
    return "\n".join([*parts, footer, "No more of these letters:", unsubscribe, ""])


def _html(opening: str, sections: Sequence[Section], footer: str, unsubscribe: str) -> str:
    parts = [f"<p>{escape(opening)}</p>"]
    for section in sections:
        parts.append(f"<h3>{escape(section.title)}</h3><ul>")
        parts += [
            f"<li><small>{_time(line.ts)}</small> <b>{escape(line.sender)}</b>: "
            f"{escape(line.text)}</li>"
            for line in section.lines
        ]
        parts.append(f"</ul><p>... and {section.more} more</p>" if section.more else "</ul>")
    link = f'<a href="{escape(unsubscribe)}">No more of these letters</a>'
    return "\n".join([*parts, f"<hr><p><small>{escape(footer)} {link}.</small></p>"])


def _time(ts: int) -> str:
    """Nobody knows in which zone the reader is."""
    try:
        return datetime.fromtimestamp(ts / 1000, UTC).strftime("%H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return ""
