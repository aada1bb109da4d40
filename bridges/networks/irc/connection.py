"""One connection to a server: registration, keep-alive, and lines no faster than is allowed."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from itertools import count

from attrs import define, field

from bridges.kit.failures import BadCredentials, Transient
from bridges.networks.irc.lines import MAX_LINE, Line, fold, parse, written
from bridges.networks.irc.settings import IrcSettings

WANTED = frozenset(
    ("server-time", "message-tags", "account-tag", "multi-prefix", "setname", "batch", "sasl")
)
CONNECT_S = 30
ANSWER_S = 60
MAX_READ = 16_384
SASL_PIECE = 400
FAILED_SASL = ("902", "904", "905", "906")
NO_NICK = ("432", "433", "436", "437")
REFUSED = ("464", "465")


@define
class Account:
    """With whom we come; the password is for SASL, where the server offers it."""

    nick: str
    password: str = field(default="", repr=False)


@define(eq=False)
class Bucket:
    """So many lines at once, then one for each so many seconds."""

    _burst: int
    _seconds_per_line: float
    _full_at: float = 0.0

    async def take(self) -> None:
        now = asyncio.get_running_loop().time()
        self._full_at = max(self._full_at, now) + self._seconds_per_line
        ahead = self._full_at - now - self._burst * self._seconds_per_line
        if ahead > 0:
            await asyncio.sleep(ahead)


@define(eq=False)
class Connection:
    _settings: IrcSettings
    _account: Account
    nick: str
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter
    _bucket: Bucket
    prefix: str = ""
    """`nick!user@host` as others see us, once we know it."""
    casemapping: str = "rfc1459"
    channel_types: str = "#&"
    nick_length: int = 9
    _turn: asyncio.Lock = field(factory=asyncio.Lock)
    _numbers: "count[int]" = field(factory=count)
    _waiting: dict[str, asyncio.Future[None]] = field(factory=dict)

    @classmethod
    async def open(cls, settings: IrcSettings, account: Account) -> "Connection":
        """Raises Transient or BadCredentials."""
        context = ssl.create_default_context() if settings.tls else None
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_connection(
                    settings.host, settings.port, ssl=context, limit=MAX_READ
                )
        except (OSError, TimeoutError) as error:
            raise Transient("The IRC server cannot be reached.") from error
        bucket = Bucket(settings.burst, settings.seconds_per_line)
        connection = cls(settings, account, account.nick, reader, writer, bucket)
        try:
            async with asyncio.timeout(ANSWER_S):
                await connection._register()
        except TimeoutError as error:
            connection.close()
            raise Transient("The IRC server does not answer.") from error
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        self._writer.close()
        for one in self._waiting.values():
            if not one.done():
                one.set_exception(Transient("The connection to IRC was lost."))
        self._waiting.clear()

    def fold(self, name: str) -> str:
        return fold(name, self.casemapping)

    def is_channel(self, name: str) -> bool:
        return name[:1] in self.channel_types

    def room_for(self, command: str, target: str) -> int:
        """How many bytes of text fit into a line of ours as others receive it."""
        prefix = self.prefix or f"{self.nick}!{'x' * 10}@{'x' * 63}"
        return MAX_LINE - len(f":{prefix} {command} {target} :\r\n".encode())

    async def write(self, command: str, *parameters: str) -> None:
        await self._bucket.take()
        await self._put(written(command, *parameters))

    async def write_and_confirm(self, lines: Sequence[tuple[str, ...]]) -> None:
        """Returns when the server has worked through them. Raises Transient if it may not have."""
        async with self._turn:
            for line in lines:
                await self.write(*line)
            token = f"isthmus-{next(self._numbers)}"
            answered = self._waiting[token] = asyncio.get_running_loop().create_future()
            try:
                await self._put(written("PING", token))
                async with asyncio.timeout(ANSWER_S):
                    await answered
            except TimeoutError as error:
                raise Transient("The IRC server does not answer.") from error
            finally:
                self._waiting.pop(token, None)

    async def _put(self, line: str) -> None:
        if self._writer.is_closing():
            raise Transient("The connection to IRC was lost.")
        try:
            self._writer.write(line.encode(errors="replace")[: MAX_LINE - 2] + b"\r\n")
            await self._writer.drain()
        except OSError as error:
            raise Transient("The connection to IRC was lost.") from error

    async def lines(self) -> AsyncIterator[Line]:
        """Until the connection ends. A quiet server is asked whether it is there."""
        was_asked = False
        while True:
            try:
                async with asyncio.timeout(self._settings.quiet_s):
                    line = await self._next()
                was_asked = False
            except TimeoutError:
                if was_asked:
                    return
                was_asked = True
                await self._put(written("PING", "isthmus-alive"))
                continue
            if line is None:
                return
            if line.command == "PING":
                await self._put(written("PONG", *line.parameters))
            elif line.command == "PONG":
                waiting = self._waiting.get(line.parameters[-1] if line.parameters else "")
                if waiting and not waiting.done():
                    waiting.set_result(None)
            else:
                self._learn(line)
                yield line

    async def _next(self) -> Line | None:
        """None at the end."""
        while True:
            try:
                raw = await self._reader.readline()
            except (OSError, ValueError):
                return None
            if not raw:
                return None
            if line := parse(raw.decode(errors="replace").rstrip("\r\n")):
                return line

    def _learn(self, line: Line) -> None:
        if line.command == "005":
            for word in line.parameters[1:-1]:
                key, _, value = word.partition("=")
                if key == "CASEMAPPING":
                    self.casemapping = value
                elif key == "CHANTYPES" and value:
                    self.channel_types = value
                elif key == "NICKLEN" and value.isdecimal():
                    self.nick_length = int(value)
        elif line.command == "NICK" and self.fold(line.nick) == self.fold(self.nick):
            self.nick, self.prefix = line.parameter(0), ""
        elif line.command == "JOIN" and self.fold(line.nick) == self.fold(self.nick):
            self.prefix = line.source

    async def _register(self) -> None:
        if self._settings.server_password:
            await self._put(written("PASS", self._settings.server_password))
        await self._put("CAP LS 302")
        await self._put(written("NICK", self.nick))
        await self._put(written("USER", "isthmus", "0", "*", self._account.nick))
        offered: set[str] = set()
        while True:
            line = await self._next()
            if line is None:
                raise Transient("The IRC server hung up.")
            if line.command == "001":
                self.nick = line.parameter(0) or self.nick
                return
            await self._answer(line, offered)

    async def _answer(self, line: Line, offered: set[str]) -> None:
        """While we are not yet welcome."""
        match line.command:
            case "PING":
                await self._put(written("PONG", *line.parameters))
            case "CAP":
                await self._negotiate(line, offered)
            case "AUTHENTICATE":
                await self._authenticate()
            case "903" | "907":
                await self._put("CAP END")
            case command if command in FAILED_SASL:
                raise BadCredentials("The IRC server does not accept the password. Log in again.")
            case command if command in NO_NICK:
                self.nick = self._another_nick()
                await self._put(written("NICK", self.nick))
            case command if command in REFUSED:
                raise BadCredentials(f"The IRC server refuses us: {line.parameters[-1]}")
            case "ERROR":
                raise Transient(f"The IRC server hung up: {line.parameter(0)}", after_s=10)

    async def _negotiate(self, line: Line, offered: set[str]) -> None:
        kind = line.parameter(1)
        if kind == "LS":
            offered.update(it.partition("=")[0] for it in line.parameters[-1].split())
            if line.parameter(2) == "*":
                return
            wanted = offered & WANTED if self._account.password else (offered & WANTED) - {"sasl"}
            await self._put(
                written("CAP", "REQ", " ".join(sorted(wanted))) if wanted else "CAP END"
            )
        elif kind == "ACK" and "sasl" in line.parameters[-1].split():
            await self._put("AUTHENTICATE PLAIN")
        elif kind in ("ACK", "NAK"):
            await self._put("CAP END")

    async def _authenticate(self) -> None:
        name = self._account.nick
        secret = b64encode(f"{name}\0{name}\0{self._account.password}".encode()).decode()
        for start in range(0, len(secret) + 1, SASL_PIECE):
            await self._put(f"AUTHENTICATE {secret[start : start + SASL_PIECE] or '+'}")

    async def regain(self, freed: str) -> None:
        """Take our own nick back when whoever had it lets it go."""
        wanted = self._account.nick
        if self.fold(freed) == self.fold(wanted) != self.fold(self.nick):
            await self.write("NICK", wanted)

    def _another_nick(self) -> str:
        """Somebody has it, or it is too long: one that differs in its end."""
        number = next(self._numbers) + 1
        if number > 9:
            raise Transient("The IRC server gives us no nick.", after_s=60)
        return f"{self._account.nick[:7]}{'_' if number == 1 else number}"
