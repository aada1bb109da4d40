"""Logging in to IRC."""

from bridges.kit.chats import Person
from bridges.kit.ears import Ears
from bridges.kit.failures import Rejected
from bridges.kit.guests import Guests, Limits
from bridges.kit.network import Bridge, Field, Flow, Login, LoginScreen, Network, NetworkInfo
from bridges.networks.irc.certificates import fingerprint, new_certificate
from bridges.networks.irc.guest import IrcGuest
from bridges.networks.irc.lines import fold
from bridges.networks.irc.names import NICK, guest_nick
from bridges.networks.irc.session import Company, IrcSession
from bridges.networks.irc.settings import IrcSettings

CERTIFICATE = Flow("certificate", "A nick with a client certificate (CertFP)")


class Irc(Network):
    info = NetworkInfo(id="irc", name="IRC", command_prefix="!irc")
    flows = (Flow("nick", "A nick, with a password if it is registered"), CERTIFICATE)
    session_class = IrcSession

    def __init__(self, settings: IrcSettings) -> None:
        self.settings = settings
        self._ears = Ears()
        limits = Limits(settings.guests, settings.idle_hours * 3600)
        self._guests = Guests(self._guest, limits)

    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        nick = await screen.ask(Field("nick", "Which nick do you want to have?"))
        if not NICK.fullmatch(nick):
            raise Rejected("A nick has letters, digits and some of []\\`_^{|}-, and no spaces.")
        id = f"{fold(nick)}@{self.settings.host}"
        if 0 < self.settings.max_connections <= self._ears.connections:
            raise Rejected(
                f"This bridge holds {self.settings.max_connections} connections at most. Without "
                "a login, another's carries your words."
            )
        if flow.id == CERTIFICATE.id:
            return Login(id, nick, {"certificate": await self._certificate(nick, screen)})
        question = "Its password, if it is registered?"
        password = await screen.ask(
            Field("password", question, secret=True, default="", kind="password")
        )
        return Login(id, nick, {"password": password} if password else {})

    async def _certificate(self, nick: str, screen: LoginScreen) -> str:
        if not self.settings.tls:
            raise Rejected("Certificates need TLS, and this bridge connects without it.")
        pem = new_certificate(nick)
        await screen.note(
            f"Say to {self.settings.nickserv}, as the owner of the nick: "
            f"CERT ADD {fingerprint(pem)}"
        )
        return pem

    def session(self, login: Login, bridge: Bridge) -> IrcSession:
        return IrcSession(self.settings, login, bridge, Company(self._ears, self._guests))

    def _guest(self, person: Person, bridge: Bridge) -> IrcSession:
        nick = guest_nick(person, self.settings.guest_nick)
        login = Login(f"guest {person.id}", nick)
        self._ears.listens_last(login.id)
        return IrcGuest(self.settings, login, bridge, Company(self._ears, self._guests))

    async def stop(self) -> None:
        await self._guests.stop()
