"""Looking around: what addresses are (XEP-0030), who people are (XEP-0054), whom one knows."""

import base64
import binascii
from contextlib import suppress
from hashlib import sha256
from xml.etree.ElementTree import Element

from attrs import define, field

from bridges.kit.chats import Found, Picture, User
from bridges.kit.failures import Rejected, Transient
from bridges.networks.xmpp import names
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.stanzas import bare, resource
from bridges.networks.xmpp.stream import Stream

MAX_ITEMS = 200
MAX_PICTURE = 2_000_000


@define(eq=False)
class Directory:
    _stream: Stream
    _services: dict[tuple[str, str], str] = field(factory=dict)

    async def identities(self, jid: str) -> dict[tuple[str, str], str]:
        """Kind and type of what answers at the address, with the name."""
        answer = await self._stream.ask("get", jid, Element(tag(names.DISCO_INFO, "query")))
        found = answer.findall(f".//{tag(names.DISCO_INFO, 'identity')}")
        return {
            (it.get("category") or "", it.get("type") or ""): it.get("name") or "" for it in found
        }

    async def is_room(self, jid: str) -> bool:
        """A room that does not exist yet is one, at a service of rooms."""
        node, _, host = jid.partition("@")
        try:
            asked = await self.identities(host)
        except Rejected:
            return False
        return bool(node) and any(category == "conference" for category, _ in asked)

    async def name_of(self, room: str) -> str:
        with suppress(Rejected):
            for (category, _), name in (await self.identities(room)).items():
                if category == "conference" and name:
                    return name
        return room

    async def items(self, jid: str) -> list[tuple[str, str]]:
        answer = await self._stream.ask("get", jid, Element(tag(names.DISCO_ITEMS, "query")))
        found = answer.findall(f".//{tag(names.DISCO_ITEMS, 'item')}")[:MAX_ITEMS]
        return [(it.get("jid") or "", it.get("name") or "") for it in found]

    async def service(self, category: str, type: str) -> str:
        """Of the own server; empty if it has none."""
        if (category, type) not in self._services:
            host = self._stream.home
            for jid, _ in [(host, ""), *await self.items(host)]:
                # A service that is away is none.
                with suppress(Rejected, Transient):
                    if (category, type) in await self.identities(jid):
                        self._services[category, type] = jid
                        break
        return self._services.get((category, type), "")

    async def rooms(self, search: str) -> dict[str, str]:
        service = await self.service("conference", "text")
        found = await self.items(service) if service else []
        wanted = search.casefold()
        return {jid: name for jid, name in found if wanted in f"{jid} {name}".casefold()}

    async def contacts(self) -> list[Found]:
        answer = await self._stream.ask("get", "", Element(tag(names.ROSTER, "query")))
        found = answer.findall(f".//{tag(names.ROSTER, 'item')}")
        jids = [(it.get("jid") or "", it.get("name") or "") for it in found]
        return [Found(jid, name or jid.partition("@")[0]) for jid, name in jids if jid]

    async def user(self, id: str, nick: str = "") -> User:
        """What cannot be asked has the name that its address says."""
        name = nick or resource(id) or id.partition("@")[0]
        card = None
        if "/#" not in id:
            with suppress(Rejected, Transient):
                answer = await self._stream.ask("get", id, Element(tag(names.VCARD, "vCard")))
                card = answer.find(tag(names.VCARD, "vCard"))
        if card is None:
            return User(name)
        full = card.findtext(tag(names.VCARD, "NICKNAME")) or card.findtext(tag(names.VCARD, "FN"))
        handles = () if resource(id) else (f"xmpp:{bare(id)}",)
        return User(nick or full or name, picture=picture(card), handles=handles)


def picture(card: Element) -> Picture | None:
    text = card.findtext(f"{tag(names.VCARD, 'PHOTO')}/{tag(names.VCARD, 'BINVAL')}") or ""
    if not text or len(text) > MAX_PICTURE:
        return None
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return Picture(sha256(content).hexdigest(), content)
