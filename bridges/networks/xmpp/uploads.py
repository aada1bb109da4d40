"""Files: put where the own server keeps them (XEP-0363), and fetched from where others' do."""

from xml.etree.ElementTree import Element

from attrs import define

from bridges.kit.failures import Rejected, Transient
from bridges.kit.parts import Media
from bridges.kit.web import FILE_S, Web
from bridges.networks.xmpp import names
from bridges.networks.xmpp.directory import Directory
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.stream import Stream
from bridges.networks.xmpp.writing import element

HEADERS = ("authorization", "cookie", "expires")


@define(eq=False)
class Uploads:
    _stream: Stream
    _web: Web
    _directory: Directory
    _max_bytes: int

    async def put(self, media: Media) -> str:
        """The address under which others get it."""
        service = await self._directory.service("store", "file")
        if not service:
            raise Rejected("The XMPP server keeps no files.")
        content = await media.content.read(self._max_bytes)
        slot = await self._slot(service, media, len(content))
        put, get = slot.find(tag(names.UPLOAD, "put")), slot.find(tag(names.UPLOAD, "get"))
        there = put.get("url") if put is not None else None
        address = get.get("url") if get is not None else None
        if put is None or not there or not address:
            raise Rejected("The XMPP server takes no files.")
        sent = headers(put) | {"Content-Type": media.mime}
        reply = await self._web.call("PUT", there, data=content, headers=sent, wait_s=FILE_S)
        if reply.status >= 500:
            raise Transient("The XMPP server has trouble with files.")
        if reply.status not in (200, 201, 204):
            raise Rejected(f"The XMPP server does not take the file ({reply.status}).")
        return address

    async def _slot(self, service: str, media: Media, size: int) -> Element:
        asked = {"filename": media.name or "file", "size": str(size), "content-type": media.mime}
        answer = await self._stream.ask("get", service, element(names.UPLOAD, "request", **asked))
        slot = answer.find(tag(names.UPLOAD, "slot"))
        if slot is None:
            raise Rejected("The XMPP server takes no files.")
        return slot


def headers(put: Element) -> dict[str, str]:
    """Those that the XEP allows."""
    given = {it.get("name") or "": it.text or "" for it in put.findall(tag(names.UPLOAD, "header"))}
    return {name: it for name, it in given.items() if name.lower() in HEADERS and "\n" not in it}
