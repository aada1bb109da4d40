"""Making what a message carries, as elements. Nothing here asks or answers."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from xml.etree.ElementTree import Element, SubElement

from bridges.kit.marks import to_marks
from bridges.kit.parts import Media, Outgoing, Part, Text, in_words
from bridges.networks.xmpp import names
from bridges.networks.xmpp.names import tag

FORBIDDEN = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None}
FORBIDDEN |= dict.fromkeys(range(55296, 57344)) | {0xFFFF: None}
"""XML has no such letters."""


def clean(text: str) -> str:
    return text.translate(FORBIDDEN)


def element(space: str, name: str, **attributes: str) -> Element:
    return Element(tag(space, name), {key: clean(it) for key, it in attributes.items()})


def id_of(transaction: str) -> str:
    """The same at every try, by which a repetition is known in the archive."""
    return "isthmus-" + sha256(transaction.encode(errors="replace")).hexdigest()[:32]


def worded(parts: Iterable[Part]) -> str:
    """Files stand in messages of their own."""
    return "\n".join(it for it in map(words, parts) if it)


def words(part: Part) -> str:
    match part:
        case Text(manner="act"):
            return clean(f"/me {to_marks(part)}")
        case Text():
            return clean(to_marks(part))
        case Media():
            return clean(to_marks(part.caption)) if part.caption else ""
        case _:
            return clean(in_words(part))


def said(body: str, id: str) -> Iterator[Element]:
    text = Element(tag(names.CLIENT, "body"))
    text.text = body
    yield text
    yield element(names.IDS, "origin-id", id=id)
    yield element(names.RECEIPTS, "request")
    yield element(names.MARKERS, "markable")
    yield element(names.STATES, "active")


def answering(out: Outgoing) -> Iterator[Element]:
    if out.reply_to:
        yield element(names.REPLY, "reply", id=out.reply_to)
    if out.thread:
        thread = Element(tag(names.CLIENT, "thread"))
        thread.text = clean(out.thread)
        yield thread


def file_at(url: str) -> Element:
    found = element(names.OOB, "x")
    SubElement(found, tag(names.OOB, "url")).text = url
    return found


def correction(target: str) -> Element:
    return element(names.CORRECT, "replace", id=target)


def reactions(target: str, emoji: Iterable[str]) -> Iterator[Element]:
    found = element(names.REACTIONS, "reactions", id=target)
    for one in emoji:
        SubElement(found, tag(names.REACTIONS, "reaction")).text = clean(one)
    yield found
    yield element(names.HINTS, "store")


def retraction(target: str) -> Iterator[Element]:
    yield element(names.RETRACT, "retract", id=target)
    yield element(names.FALLBACK, "fallback", **{"for": names.RETRACT})
    body = Element(tag(names.CLIENT, "body"))
    body.text = "This person took back a message, which your program cannot do."
    yield body
    yield element(names.HINTS, "store")


def state(is_typing: bool) -> Iterator[Element]:
    yield element(names.STATES, "composing" if is_typing else "paused")
    yield element(names.HINTS, "no-store")


def displayed(target: str) -> Iterator[Element]:
    yield element(names.MARKERS, "displayed", id=target)
    yield element(names.HINTS, "store")


def archive_query(
    query: str, limit: int, *, after: str = "", before: str | None = None, other: str = ""
) -> Element:
    """After an id, the oldest first; or before one (empty: the newest page)."""
    asked = element(names.MAM, "query", queryid=query)
    form = SubElement(asked, tag(names.DATA, "x"), type="submit")
    fill(form, "FORM_TYPE", names.MAM)
    if other:
        fill(form, "with", other)
    paging = SubElement(asked, tag(names.RSM, "set"))
    SubElement(paging, tag(names.RSM, "max")).text = str(limit)
    if before is not None:
        SubElement(paging, tag(names.RSM, "before")).text = before
    elif after:
        SubElement(paging, tag(names.RSM, "after")).text = after
    return asked


def fill(form: Element, name: str, value: str) -> None:
    asked = SubElement(form, tag(names.DATA, "field"), var=name)
    SubElement(asked, tag(names.DATA, "value")).text = value
