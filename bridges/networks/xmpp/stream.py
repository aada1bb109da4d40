"""How an address speaks and hears. The protocol below stanzas is slixmpp's."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from xml.etree.ElementTree import Element

from attrs import define, field
from slixmpp.exceptions import IqError, IqTimeout

from bridges.kit.failures import Rejected, Transient
from bridges.networks.xmpp import names
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.stanzas import condition, in_words

ANSWER_S = 30
MAX_NEWS = 10_000
"""Stanzas that wait for us. When there are more, the connection is ended and caught up later."""
LATER = ("resource-constraint", "remote-server-timeout", "recipient-unavailable")


class Refused(Rejected):
    """`condition` is the name of the error in XMPP."""

    def __init__(self, stanza: Element) -> None:
        super().__init__(f"XMPP: {in_words(stanza)}")
        self.condition = condition(stanza)


@define(eq=False)
class Stream:
    """How one address speaks and hears. `news` are messages and presences in their order; None is
    the end. `home` is the server whose services are the person's.
    """

    _client: Any
    own: str
    home: str
    news: asyncio.Queue[Element | None] = field(factory=lambda: asyncio.Queue(MAX_NEWS))
    archived: Callable[[Element], bool] = field(default=lambda stanza: False)
    """Takes what was asked of an archive: it comes among all other messages."""

    def heard(self, stanza: Element) -> None:
        if self.archived(stanza):
            return
        try:
            self.news.put_nowait(stanza)
        except asyncio.QueueFull:
            self.close()

    def ended(self) -> None:
        with suppress(asyncio.QueueFull):
            self.news.put_nowait(None)

    def close(self) -> None:
        self.ended()

    def _as_whom(self) -> str | None:
        """The server knows whose an account's stanzas are."""
        return None

    async def ask(self, type: str, to: str, payload: Element) -> Element:
        """The answer. An empty address is the own account's. Raises Refused or Transient."""
        question = self._client.make_iq(ito=to or None, itype=type, ifrom=self._as_whom())
        question.xml.append(payload)
        try:
            answer = await question.send(timeout=ANSWER_S)
        except IqError as error:
            if condition(error.iq.xml) in LATER:
                raise Transient(f"XMPP: {in_words(error.iq.xml)}") from None
            raise Refused(error.iq.xml) from None
        except IqTimeout:
            raise Transient("XMPP: the server does not answer.") from None
        return answer.xml  # type: ignore[no-any-return]

    async def confirm(self) -> None:
        """Returns when the server has worked through what we sent before."""
        with suppress(Refused):
            await self.ask("get", self.home, Element(tag(names.PING, "ping")))

    def say(self, type: str, to: str, id: str, contents: Iterable[Element]) -> None:
        message = self._client.make_message(mto=to, mtype=type, mfrom=self._as_whom())
        message.xml.set("id", id)
        for one in contents:
            message.xml.append(one)
        message.send()

    def appear(self, to: str, *contents: Element, type: str | None = None) -> None:
        presence = self._client.make_presence(pto=to, ptype=type, pfrom=self._as_whom())
        for one in contents:
            presence.xml.append(one)
        presence.send()
