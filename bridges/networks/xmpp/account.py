"""Logins with an account at some server."""

import asyncio
import ssl
from contextlib import suppress
from secrets import token_hex
from typing import Any
from xml.etree.ElementTree import Element

from attrs import define, field
from slixmpp import ClientXMPP
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from bridges.kit.chats import Found
from bridges.kit.failures import BadCredentials, Rejected, Transient
from bridges.networks.xmpp import names
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.session import XmppSession
from bridges.networks.xmpp.settings import XmppSettings
from bridges.networks.xmpp.stream import Stream

CONNECT_S = 30
REASON_S = 0.2
UNTRUSTED = (
    "XMPP: the server cannot prove who it is ({}), so no password was given to it. If an authority "
    "of your own signs its certificate, the operator names that in ca_path."
)


@define(eq=False)
class AccountStream(Stream):
    """The connection of one account."""

    _settings: XmppSettings = field(kw_only=True)
    _begun: asyncio.Future[None] = field(factory=lambda: asyncio.get_running_loop().create_future())
    _asking: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, settings: XmppSettings, jid: str, password: str) -> "AccountStream":
        """Raises BadCredentials or Transient."""
        full, config = f"{jid}/isthmus-{token_hex(4)}", plain(settings)
        client = ClientXMPP(full, password, plugin_config=config)
        client.auto_authorize, client.auto_subscribe = None, False
        if not settings.tls:
            client.enable_plaintext = True
            client.enable_starttls = client.enable_direct_tls = False
        elif settings.ca_path:
            client.ssl_context.load_verify_locations(settings.ca_path)
        stream = cls(client, jid, jid.partition("@")[2], settings=settings)
        stream._listen()
        host, _, port = settings.server.rpartition(":")
        await stream._connect(host or None, int(port) if host else None)
        return stream

    def _listen(self) -> None:
        client = self._client
        for name in ("message", "presence"):
            matcher = MatchXPath(tag(names.CLIENT, name))
            client.register_handler(Callback(f"every {name}", matcher, self._heard))
        client.add_event_handler("session_start", lambda _: self._begin(None))
        client.add_event_handler("failed_all_auth", lambda _: self._begin(self._unproved()))
        client.add_event_handler("ssl_invalid_chain", self._distrusted)
        client.add_event_handler("connection_failed", self._distrusted)
        client.add_event_handler("disconnected", lambda _: self.ended())

    def _unproved(self) -> Exception:
        """Over an open line we prove nothing: whoever is there may be anybody."""
        if self._settings.tls and not self._is_sealed():
            return Transient("XMPP: the server offers no TLS, so no password was given to it.")
        return BadCredentials("XMPP does not take this address with this password.")

    def _is_sealed(self) -> bool:
        transport = self._client.transport
        return transport is not None and transport.get_extra_info("ssl_object") is not None

    def _distrusted(self, failure: object) -> None:
        if isinstance(failure, ssl.SSLCertVerificationError):
            self._begin(Transient(UNTRUSTED.format(failure.verify_message)))

    async def _connect(self, host: str | None, port: int | None) -> None:
        try:
            async with asyncio.timeout(CONNECT_S):
                self._client.connect(host, port)
                await self._begun
        except (TimeoutError, OSError):
            self.close()
            raise Transient("XMPP: the server cannot be reached.") from None
        except BaseException:
            self.close()
            raise
        finally:
            self._client.cancel_connection_attempt()
        with suppress(Rejected, Transient):
            await self.ask("set", "", Element(tag(names.CARBONS, "enable")))
        self._client.send_presence()
        self._asking = asyncio.create_task(self._keep_asking())

    def _begin(self, failure: Exception | None) -> None:
        if not self._begun.done():
            if failure:
                self._begun.set_exception(failure)
            else:
                self._begun.set_result(None)

    def _heard(self, stanza: Any) -> None:
        self.heard(stanza.xml)

    def ended(self) -> None:
        """Why a connection cannot begin is told after its end."""
        lost = Transient("XMPP: the connection was lost.")
        asyncio.get_running_loop().call_later(REASON_S, self._begin, lost)
        super().ended()

    async def _keep_asking(self) -> None:
        """A server that no longer answers is left."""
        while True:
            await asyncio.sleep(self._settings.quiet_s)
            try:
                await self.confirm()
            except Transient:
                self.close()

    def close(self) -> None:
        if self._asking:
            self._asking.cancel()
        self._client.abort()
        self.ended()


def plain(settings: XmppSettings) -> dict[str, dict[str, bool]]:
    """Passwords in the clear stay refused, also on an open line."""
    return {} if settings.tls else {"feature_mechanisms": {"unencrypted_scram": True}}


@define(eq=False)
class AccountSession(XmppSession):
    """A client beside the person's others."""

    async def _open(self) -> tuple[Stream, str]:
        secrets = self._login.secrets
        stream = await AccountStream.open(self._settings, self._login.id, secrets["password"])
        return stream, secrets.get("nick") or self._login.name

    async def contacts(self) -> list[Found]:
        return await self._now().directory.contacts()
