"""The connection of a whole domain (XEP-0114): every address of it is somebody on Matrix."""

import asyncio
import logging
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from attrs import define, field
from slixmpp.componentxmpp import ComponentXMPP
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from bridges.kit.failures import Fatal, Rejected, Transient
from bridges.kit.network import Host
from bridges.networks.xmpp import names
from bridges.networks.xmpp.cards import Card, answer
from bridges.networks.xmpp.jids import Jids
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.settings import XmppSettings
from bridges.networks.xmpp.stanzas import bare
from bridges.networks.xmpp.stream import Stream
from bridges.networks.xmpp.writing import element

log = logging.getLogger(__name__)

COMPONENT = "{jabber:component:accept}"
RESOURCE = "isthmus"
CONNECT_S = WELCOME_S = 20
BUSY_S = 10
"""The server may believe for a while that an earlier connection of ours still stands."""
MAX_KNOCKING = 200
REFUSED = "XMPP: the server does not take the domain {} of this bridge: {}."


class Connection(ComponentXMPP):
    """Its stanzas are read as those of accounts are."""

    def incoming_filter(self, xml: Element) -> Element:
        if not xml.tag.endswith("}handshake"):
            for one in xml.iter():
                if one.tag.startswith(COMPONENT):
                    one.tag = tag(names.CLIENT, one.tag[len(COMPONENT) :])
        return xml


@define(eq=False)
class PersonStream(Stream):
    """One of the addresses. It has no archive and no list of contacts."""

    card: Card = field(kw_only=True)
    component: "Component" = field(kw_only=True)

    def _as_whom(self) -> str:
        return f"{self.own}/{RESOURCE}"

    async def ask(self, type: str, to: str, payload: Element) -> Element:
        if not to:
            raise Rejected("XMPP: an address of a component has nothing of its own.")
        return await super().ask(type, to, payload)

    def appear(self, to: str, *contents: Element, type: str | None = None) -> None:
        more = () if type else (self.card.update(),)
        super().appear(to, *contents, *more, type=type)

    def close(self) -> None:
        self.component.forget(self)
        self.ended()


@define(eq=False)
class Component:
    _settings: XmppSettings
    host: Host | None = None
    _client: Any = None
    _people: dict[str, PersonStream] = field(factory=dict)
    _opening: asyncio.Lock = field(factory=asyncio.Lock)
    _knocking: dict[str, list[Element]] = field(factory=dict)
    _errands: set[asyncio.Task[None]] = field(factory=set)

    @property
    def jids(self) -> Jids:
        return Jids(self._settings.component, self.host.domain if self.host else "")

    async def attach(self, jid: str, card: Card) -> PersonStream:
        """Raises Transient or Fatal."""
        async with self._opening:
            if self._client is None:
                self._client = await self._connected()
        home = self._settings.component.partition(".")[2]
        stream = PersonStream(self._client, jid, home, card=card, component=self)
        self._people[jid] = stream
        for stanza in self._knocking.pop(jid, ()):
            stream.heard(stanza)
        return stream

    def forget(self, stream: PersonStream) -> None:
        if self._people.get(stream.own) is stream:
            del self._people[stream.own]

    def close(self) -> None:
        for task in self._errands:
            task.cancel()
        if self._client is not None:
            self._client.abort()

    async def _connected(self) -> Any:
        settings = self._settings
        host, _, port = settings.component_server.rpartition(":")
        made: Any = Connection
        client = made(
            settings.component, settings.component_secret, host, int(port), use_jc_ns=True
        )
        client.auto_authorize, client.auto_subscribe = None, False
        client.del_event_handler("presence_probe", client._handle_probe)
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listen(client, begun)
        try:
            async with asyncio.timeout(CONNECT_S):
                client.connect()
                await begun
        except TimeoutError:
            client.abort()
            raise Transient("XMPP: the server cannot be reached.") from None
        except BaseException:
            client.abort()
            raise
        finally:
            client.cancel_connection_attempt()
        return client

    def _listen(self, client: Any, begun: asyncio.Future[None]) -> None:
        def end(failure: Exception | None) -> None:
            if not begun.done() and failure:
                begun.set_exception(failure)
            elif not begun.done():
                begun.set_result(None)

        def refused(error: Any) -> None:
            why = REFUSED.format(self._settings.component, error["condition"])
            is_final = error["condition"] in ("not-authorized", "host-unknown")
            end(Fatal(why) if is_final else Transient(why, after_s=BUSY_S))

        def lost(_: object) -> None:
            end(Transient("XMPP: the connection was lost."))
            self._lost(client)

        for name, hear in (("message", self._heard), ("presence", self._present)):
            matcher = MatchXPath(tag(names.CLIENT, name))
            client.register_handler(Callback(f"every {name}", matcher, hear))
        questions = MatchXPath(tag(names.CLIENT, "iq"))
        client.register_handler(Callback("every question", questions, self._asked))
        client.add_event_handler("session_start", lambda _: end(None))
        client.add_event_handler("stream_error", refused)
        client.add_event_handler("disconnected", lost)

    def _lost(self, client: Any) -> None:
        if self._client in (client, None):
            self._client = None
            people, self._people = list(self._people.values()), {}
            for one in people:
                one.ended()

    # -- what comes

    def _heard(self, stanza: Any) -> None:
        xml, jid = stanza.xml, bare(stanza.xml.get("to") or "")
        if person := self._people.get(jid):
            person.heard(xml)
        elif xml.get("type") not in ("error", "groupchat"):
            self._knock(jid, xml)

    def _knock(self, jid: str, xml: Element) -> None:
        """Somebody is spoken to who has not been here yet."""
        if jid in self._knocking and len(self._knocking[jid]) < MAX_KNOCKING:
            self._knocking[jid].append(xml)
        elif jid in self._knocking or len(self._knocking) >= MAX_KNOCKING:
            self._bounce(xml, "wait", "resource-constraint")
        else:
            self._knocking[jid] = [xml]
            task = asyncio.create_task(self._welcome(jid))
            self._errands.add(task)
            task.add_done_callback(self._errands.discard)

    async def _welcome(self, jid: str) -> None:
        user_id = self.jids.user_of(jid)
        if self.host and user_id and await self.host.welcome(user_id):
            for _ in range(WELCOME_S * 10):
                if jid not in self._knocking:
                    return
                await asyncio.sleep(0.1)
        for xml in self._knocking.pop(jid, ()):
            self._bounce(xml, "cancel", "item-not-found")

    def _bounce(self, xml: Element, type: str, condition: str) -> None:
        if self._client is not None and xml.find(tag(names.CLIENT, "body")) is not None:
            message = self._client.make_message(xml.get("from"), mtype="error")
            self._answer(message, xml, error(type, condition))

    def _answer(self, reply: Any, asked: Element, *contents: Element) -> None:
        reply.xml.set("from", asked.get("to") or "")
        reply.xml.set("id", asked.get("id") or "")
        reply.xml.extend(contents)
        reply.send()

    def _present(self, stanza: Any) -> None:
        """Who wants to see whether somebody is there sees it; the rest is the person's."""
        xml = stanza.xml
        person = self._people.get(bare(xml.get("to") or ""))
        if person is None:
            return
        sender = xml.get("from") or ""
        match xml.get("type"):
            case "subscribe":
                person.appear(bare(sender), type="subscribed")
                person.appear(bare(sender))
            case "unsubscribe":
                person.appear(bare(sender), type="unsubscribed")
            case "probe":
                person.appear(sender)
            case _:
                person.heard(xml)

    def _asked(self, question: Any) -> None:
        xml = question.xml
        if xml.get("type") not in ("get", "set") or len(xml) == 0:
            return
        to = bare(xml.get("to") or "")
        person = self._people.get(to)
        known = person is not None or to == self._settings.component
        content = answer(xml[0], person.card if person else None)
        if known and xml.get("type") == "get" and content is not None:
            reply = self._client.make_iq(ito=xml.get("from"), itype="result")
            self._answer(reply, xml, *content)
        else:
            reply = self._client.make_iq(ito=xml.get("from"), itype="error")
            condition = "service-unavailable" if known else "item-not-found"
            self._answer(reply, xml, error("cancel", condition))


def error(type: str, condition: str) -> Element:
    found = element(names.CLIENT, "error", type=type)
    SubElement(found, tag(names.STANZA_ERRORS, condition))
    return found
