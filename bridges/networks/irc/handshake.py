"""From an open connection to being welcome: capabilities, SASL, a nick."""

from attrs import define, field

from bridges.kit.failures import BadCredentials, Transient
from bridges.networks.irc import sasl
from bridges.networks.irc.features import WANTED, Features
from bridges.networks.irc.lines import Line
from bridges.networks.irc.sasl import Account
from bridges.networks.irc.settings import IrcSettings
from bridges.networks.irc.stream import Stream

NO_NICK = ("432", "433", "436", "437")
REFUSED = ("464", "465")
MOST_TRIES = 9


@define(eq=False)
class Handshake:
    """`nick` is the one that we have got, which may not be the account's."""

    _settings: IrcSettings
    _account: Account
    _stream: Stream
    _features: Features
    nick: str = field(init=False)
    is_proved: bool = field(default=False, init=False)
    _tries: int = field(default=0, init=False)
    _offered: dict[str, str] = field(factory=dict, init=False)
    _mechanism: str | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.nick = self._account.nick

    async def run(self) -> None:
        """Raises Transient or BadCredentials."""
        if self._settings.server_password:
            await self._stream.put("PASS", self._settings.server_password)
        await self._stream.put("CAP", "LS", "302")
        await self._stream.put("NICK", self.nick)
        await self._stream.put("USER", "isthmus", "0", "*", self._account.nick)
        while True:
            line = await self._stream.next()
            if line is None:
                raise Transient("The IRC server hung up.")
            if line.command == "001":
                self.nick = line.parameter(0) or self.nick
                return
            await self._answer(line)

    async def _answer(self, line: Line) -> None:
        match line.command:
            case "PING":
                await self._stream.put("PONG", *line.parameters)
            case "CAP":
                await self._negotiate(line)
            case "AUTHENTICATE" if self._mechanism:
                for piece in sasl.answers(self._account, self._mechanism):
                    await self._stream.put("AUTHENTICATE", piece)
            case "903" | "907":
                self.is_proved = True
                await self._stream.put("CAP", "END")
            case command if command in sasl.FAILED:
                raise BadCredentials(
                    "The IRC server does not accept the password or the certificate. Log in again."
                )
            case command if command in NO_NICK:
                self.nick = self._another_nick()
                await self._stream.put("NICK", self.nick)
            case command if command in REFUSED:
                raise BadCredentials(f"The IRC server refuses us: {line.parameters[-1]}")
            case "ERROR":
                raise Transient(f"The IRC server hung up: {line.parameter(0)}", after_s=10)

    async def _negotiate(self, line: Line) -> None:
        kind, listed = line.parameter(1), line.parameters[-1].split()
        if kind == "LS":
            self._offered |= {
                name: value for name, _, value in (it.partition("=") for it in listed)
            }
            if line.parameter(2) != "*":
                await self._ask()
        elif kind == "ACK":
            self._features.caps |= set(listed)
            if "sasl" in listed and self._mechanism:
                await self._stream.put("AUTHENTICATE", self._mechanism)
            else:
                await self._stream.put("CAP", "END")
        elif kind == "NAK":
            await self._stream.put("CAP", "END")

    async def _ask(self) -> None:
        wanted = set(self._offered) & WANTED
        if "sasl" in wanted:
            self._mechanism = sasl.mechanism(self._account, self._offered["sasl"])
        if self._mechanism is None:
            wanted.discard("sasl")
        if wanted:
            await self._stream.put("CAP", "REQ", " ".join(sorted(wanted)))
        else:
            await self._stream.put("CAP", "END")

    def _another_nick(self) -> str:
        """Somebody has it, or it is too long: one that differs in its end."""
        self._tries += 1
        if self._tries > MOST_TRIES:
            raise Transient("The IRC server gives us no nick.", after_s=60)
        return variant(self._account.nick, self._tries)


def variant(nick: str, number: int) -> str:
    return f"{nick[:7]}{'_' if number == 1 else number}"


def variants(nick: str) -> set[str]:
    """Whatever we may be called when we want to be called so."""
    return {nick, *(variant(nick, number) for number in range(1, MOST_TRIES + 1))}
