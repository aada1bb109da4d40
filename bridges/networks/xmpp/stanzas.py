"""Reading messages: what stands in one, whatever wraps it. Nothing here asks or answers."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from xml.etree.ElementTree import Element

from attrs import field, frozen

from bridges.networks.xmpp import names
from bridges.networks.xmpp.names import tag

MAX_REACTIONS = 20
MARKS = ("received", "displayed", "acknowledged")
STATES = ("composing", "paused", "active", "inactive", "gone")


@frozen
class Wrapped:
    """A message, and what wrapped it: `archive_id` in an archive, `sent` from another device."""

    message: Element
    archive_id: str = ""
    query: str = ""
    sent_at_ms: int | None = None


@frozen
class Heard:
    """A message. Empty words are not there; `subject` and `reactions` are None then."""

    type: str
    sender: str
    to: str
    id: str = ""
    stanza_ids: Mapping[str, str] = field(factory=dict)
    origin_id: str = ""
    body: str = ""
    subject: str | None = None
    replaces: str = ""
    retracts: str = ""
    reacts_to: str = ""
    reactions: tuple[str, ...] | None = None
    reply_to: str = ""
    thread: str = ""
    displayed: str = ""
    received: str = ""
    state: str = ""
    url: str = ""
    occupant: str = ""
    error: str = ""
    invited_to: str = ""
    is_encrypted: bool = False
    archive_id: str = ""
    sent_at_ms: int | None = None

    @property
    def stands_alone(self) -> bool:
        """Has words of its own, and is not about another message."""
        about = self.replaces or self.retracts or self.error or self.reactions is not None
        return bool(self.body) and not about

    @property
    def is_group(self) -> bool:
        return self.type == "groupchat"


def bare(jid: str) -> str:
    return jid.partition("/")[0].lower()


def resource(jid: str) -> str:
    return jid.partition("/")[2]


def unwrap(message: Element, own: str) -> Wrapped | None:
    """Copies of what other devices hear and say, and archives. None: somebody pretends."""
    sender = bare(message.get("from") or own)
    for name in ("received", "sent"):
        if (copy := message.find(tag(names.CARBONS, name))) is not None:
            inner = forwarded(copy)
            return Wrapped(inner) if inner is not None and sender == own else None
    if (result := message.find(tag(names.MAM, "result"))) is not None:
        inner = forwarded(result)
        if inner is None:
            return None
        delay = result.find(f"{tag(names.FORWARD, 'forwarded')}/{tag(names.DELAY, 'delay')}")
        at_ms = milliseconds(delay)
        return Wrapped(inner, result.get("id") or "", result.get("queryid") or "", at_ms)
    return Wrapped(message)


def forwarded(wrapper: Element) -> Element | None:
    path = f"{tag(names.FORWARD, 'forwarded')}/{tag(names.CLIENT, 'message')}"
    return wrapper.find(path)


def milliseconds(delay: Element | None) -> int | None:
    if delay is None:
        return None
    try:
        stamp = datetime.fromisoformat((delay.get("stamp") or "").replace("Z", "+00:00"))
        return int(stamp.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def understood(wrapped: Wrapped) -> Heard:
    message = wrapped.message
    reactions = message.find(tag(names.REACTIONS, "reactions"))
    subject = message.find(tag(names.CLIENT, "subject"))
    body = without_fallback(message, text_at(message, tag(names.CLIENT, "body")))
    return Heard(
        type=message.get("type") or "normal",
        sender=message.get("from") or "",
        to=message.get("to") or "",
        id=message.get("id") or "",
        stanza_ids=stanza_ids(message),
        origin_id=attribute(message, tag(names.IDS, "origin-id"), "id"),
        body=body,
        subject=(subject.text or "") if subject is not None else None,
        replaces=attribute(message, tag(names.CORRECT, "replace"), "id"),
        retracts=retracted(message),
        reacts_to=reactions.get("id") or "" if reactions is not None else "",
        reactions=tuple(emoji(reactions)) if reactions is not None else None,
        reply_to=attribute(message, tag(names.REPLY, "reply"), "id"),
        thread=text_at(message, tag(names.CLIENT, "thread")),
        displayed=attribute(message, tag(names.MARKERS, "displayed"), "id"),
        received=attribute(message, tag(names.RECEIPTS, "received"), "id")
        or attribute(message, tag(names.MARKERS, "received"), "id"),
        state=next((it for it in STATES if message.find(tag(names.STATES, it)) is not None), ""),
        url=text_at(message, f"{tag(names.OOB, 'x')}/{tag(names.OOB, 'url')}"),
        occupant=attribute(message, tag(names.OCCUPANT, "occupant-id"), "id"),
        error=in_words(message) if message.get("type") == "error" else "",
        invited_to=invitation(message),
        is_encrypted=any(message.find(tag(it, "encrypted")) is not None for it in names.OMEMO),
        archive_id=wrapped.archive_id,
        sent_at_ms=wrapped.sent_at_ms or milliseconds(message.find(tag(names.DELAY, "delay"))),
    )


def text_at(element: Element, path: str) -> str:
    return element.findtext(path) or ""


def attribute(element: Element, path: str, name: str) -> str:
    found = element.find(path)
    return (found.get(name) or "") if found is not None else ""


def stanza_ids(message: Element) -> dict[str, str]:
    found = message.findall(tag(names.IDS, "stanza-id"))
    return {bare(it.get("by") or ""): it.get("id") or "" for it in found}


def emoji(reactions: Element) -> Iterator[str]:
    for one in reactions.findall(tag(names.REACTIONS, "reaction"))[:MAX_REACTIONS]:
        if one.text:
            yield one.text


def retracted(message: Element) -> str:
    """Both forms that are about: the newer names the message itself, the older fastens."""
    if found := attribute(message, tag(names.RETRACT, "retract"), "id"):
        return found
    fastened, older = message.find(tag(names.FASTEN, "apply-to")), tag(names.RETRACT_OLD, "retract")
    if fastened is None or fastened.find(f".//{older}") is None:
        return ""
    return fastened.get("id") or ""


def invitation(message: Element) -> str:
    """Straight from somebody, or handed on by the room."""
    if found := attribute(message, tag(names.INVITE, "x"), "jid"):
        return found
    mediated = message.find(f"{tag(names.MUC_USER, 'x')}/{tag(names.MUC_USER, 'invite')}")
    return bare(message.get("from") or "") if mediated is not None else ""


def without_fallback(message: Element, body: str) -> str:
    """Without what is only there for programs that know no replies (and would show it twice)."""
    ranges = []
    for fallback in message.findall(tag(names.FALLBACK, "fallback")):
        if fallback.get("for") in (names.REPLY, names.REACTIONS):
            inner = fallback.findall(tag(names.FALLBACK, "body"))
            ranges += [span(it, len(body)) for it in inner] or [(0, len(body))]
    for start, end in sorted(ranges, reverse=True):
        body = body[:start] + body[end:]
    return body


def span(element: Element, length: int) -> tuple[int, int]:
    start, end = element.get("start") or "0", element.get("end") or str(length)
    if not (start.isdecimal() and end.isdecimal()):
        return (0, 0)
    return (min(int(start), length), min(int(end), length)) if int(start) <= int(end) else (0, 0)


REASONS = {
    "forbidden": "That is not allowed here.",
    "not-acceptable": "We are not in that room.",
    "item-not-found": "There is no such room or person.",
    "service-unavailable": "They cannot be reached.",
    "recipient-unavailable": "They cannot be reached.",
    "remote-server-not-found": "Their server cannot be found.",
    "remote-server-timeout": "Their server does not answer.",
    "registration-required": "The room is for its members only.",
    "not-authorized": "The room wants a password.",
    "not-allowed": "That is not allowed here.",
    "conflict": "The nick is taken.",
    "policy-violation": "It breaks a rule of their server.",
    "resource-constraint": "Their server is busy.",
}


def in_words(stanza: Element) -> str:
    """Of an error."""
    error = stanza.find(tag(names.CLIENT, "error"))
    if error is None:
        return "no reason given"
    said = error.findtext(tag(names.STANZA_ERRORS, "text")) or ""
    for one in error:
        name = one.tag.partition("}")[2]
        if name in REASONS:
            return f"{REASONS[name]} {said[:200]}".strip()
    return said[:300] or "no reason given"


def condition(stanza: Element) -> str:
    error = stanza.find(tag(names.CLIENT, "error"))
    inner = [it.tag.partition("}")[2] for it in error] if error is not None else []
    return next((it for it in inner if it != "text"), "")
