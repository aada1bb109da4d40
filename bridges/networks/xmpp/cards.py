"""How people of a component present themselves, and what they can: answers to questions."""

import base64
from hashlib import sha1
from xml.etree.ElementTree import Element, SubElement

from attrs import frozen

from bridges.kit.chats import Person
from bridges.kit.failures import Rejected, Transient
from bridges.networks.xmpp import names
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.writing import clean, element

MAX_PICTURE = 200_000
MAX_NICK = 60
ABLE = (
    *(names.DISCO_INFO, names.VCARD, names.PING, names.STATES, names.RECEIPTS, names.CORRECT),
    *(names.MARKERS, names.RETRACT, names.REACTIONS, names.REPLY),
)
PNG, GIF = b"\x89PNG", b"GIF8"


@frozen
class Card:
    """`picture` is empty where there is none, or it is too large for an address book."""

    nick: str
    picture: bytes = b""

    @classmethod
    async def of(cls, person: Person) -> "Card":
        picture = b""
        if person.picture is not None:
            try:
                picture = await person.picture.content.read(MAX_PICTURE)
            except (Rejected, Transient):
                picture = b""
        return cls(nick_of(person), picture)

    def vcard(self) -> Element:
        card = element(names.VCARD, "vCard")
        for name in ("FN", "NICKNAME"):
            SubElement(card, tag(names.VCARD, name)).text = self.nick
        if self.picture:
            photo = SubElement(card, tag(names.VCARD, "PHOTO"))
            SubElement(photo, tag(names.VCARD, "TYPE")).text = mime_of(self.picture)
            data = base64.b64encode(self.picture).decode()
            SubElement(photo, tag(names.VCARD, "BINVAL")).text = data
        return card

    def update(self) -> Element:
        """By which others see that there is another picture (XEP-0153)."""
        update = element(names.VCARD_UPDATE, "x")
        photo = SubElement(update, tag(names.VCARD_UPDATE, "photo"))
        photo.text = sha1(self.picture, usedforsecurity=False).hexdigest() if self.picture else ""
        return update


def nick_of(person: Person) -> str:
    """As a room takes it: without what cannot be seen."""
    name = "".join(it if it.isprintable() else " " for it in clean(person.name))
    return " ".join(name.split())[:MAX_NICK].strip() or person.id


def mime_of(picture: bytes) -> str:
    if picture.startswith(PNG):
        return "image/png"
    return "image/gif" if picture.startswith(GIF) else "image/jpeg"


def answer(question: Element, card: Card | None) -> tuple[Element, ...] | None:
    """To what is asked of somebody (`card`), or of the component itself. None: we do not know."""
    match question.tag:
        case name if name == tag(names.DISCO_INFO, "query"):
            return (about(card),)
        case name if name == tag(names.DISCO_ITEMS, "query"):
            return (element(names.DISCO_ITEMS, "query"),)
        case name if name == tag(names.PING, "ping"):
            return ()
        case name if name == tag(names.VCARD, "vCard") and card is not None:
            return (card.vcard(),)
        case _:
            return None


def about(card: Card | None) -> Element:
    found = element(names.DISCO_INFO, "query")
    if card is None:
        who = {"category": "gateway", "type": "matrix", "name": "Matrix"}
    else:
        who = {"category": "account", "type": "registered", "name": card.nick}
    SubElement(found, tag(names.DISCO_INFO, "identity"), who)
    for one in ABLE:
        SubElement(found, tag(names.DISCO_INFO, "feature"), var=one)
    return found
