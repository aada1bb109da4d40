"""Logging in to XMPP."""

from collections.abc import Mapping
from typing import ClassVar

from bridges.kit.chats import Person
from bridges.kit.ears import Ears
from bridges.kit.failures import Rejected
from bridges.kit.guests import Guests, Limits
from bridges.kit.network import (
    Bridge,
    Field,
    Flow,
    Host,
    Login,
    LoginScreen,
    Network,
    NetworkInfo,
    Session,
)
from bridges.networks.xmpp.account import AccountSession, AccountStream
from bridges.networks.xmpp.address import AddressSession
from bridges.networks.xmpp.component import Component
from bridges.networks.xmpp.session import ADDRESS, Company, XmppSession
from bridges.networks.xmpp.settings import XmppSettings

ADDRESS_FLOW = Flow("address", "Without an account: everybody has an address here")


class Xmpp(Network):
    """With a component everybody has a login without being asked for anything."""

    info = NetworkInfo(id="xmpp", name="XMPP", command_prefix="!xmpp", url="https://xmpp.org")
    flows: ClassVar[tuple[Flow, ...]] = (
        Flow("password", "An account, by its address and password"),
        ADDRESS_FLOW,
    )
    session_class = AccountSession
    more_sessions: ClassVar[Mapping[str, type[Session]]] = {"component": AddressSession}

    def __init__(self, settings: XmppSettings) -> None:
        self.settings = settings
        self._component = Component(settings)
        self._ears = Ears()
        limits = Limits(settings.guests, settings.idle_hours * 3600)
        self._guests = Guests(self._guest, limits)

    async def start(self, host: Host) -> None:
        self._component.host = host

    async def stop(self) -> None:
        await self._guests.stop()
        self._component.close()

    def login_of(self, user_id: str) -> Login | None:
        jid = self._component.jids.of(user_id) if self.settings.component else None
        return Login(jid, jid) if jid else None

    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        if self.settings.component:
            raise Rejected("Your Matrix id has letters that no address of XMPP can hold.")
        if flow == ADDRESS_FLOW:
            raise Rejected("This bridge is no component of a server: log in with an account.")
        question = "Your address at XMPP (you@example.org)?"
        jid = (await screen.ask(Field("jid", question))).strip().lower()
        if not ADDRESS.fullmatch(jid):
            raise Rejected("An address of XMPP looks like you@example.org.")
        asked = Field("password", "Its password?", secret=True, kind="password")
        password = await screen.ask(asked)
        nick = jid.partition("@")[0]
        nick = (await screen.ask(Field("nick", "Your nick in rooms?", default=nick))).strip()
        stream = await AccountStream.open(self.settings, jid, password)
        stream.close()
        return Login(jid, nick, {"password": password, "nick": nick})

    def session(self, login: Login, bridge: Bridge) -> XmppSession:
        if not self.settings.component:
            return AccountSession(self.settings, login, bridge, Company(login.id))
        company, parts = Company("", self._ears), (self.settings, login, bridge)
        return AddressSession(*parts, company, component=self._component, guests=self._guests)

    def _guest(self, person: Person, bridge: Bridge) -> XmppSession:
        jid = self._component.jids.of(person.id)
        assert jid is not None
        self._ears.listens_last(jid)
        return self.session(Login(jid, person.name), bridge)
