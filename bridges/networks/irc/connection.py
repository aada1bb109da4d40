"""One connection to a server: what it can do, who we are there, what we ask and what it says."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from attrs import define, field

from bridges.kit.failures import Rejected, Transient
from bridges.networks.irc.features import Features
from bridges.networks.irc.handshake import Handshake
from bridges.networks.irc.lines import MAX_LINE, Line
from bridges.networks.irc.questions import ANSWER_S, Questions
from bridges.networks.irc.sasl import Account
from bridges.networks.irc.settings import IrcSettings
from bridges.networks.irc.stream import Stream


@define(eq=False)
class Connection:
    settings: IrcSettings
    account: Account
    nick: str
    features: Features
    _stream: Stream
    questions: Questions = field(factory=Questions)
    prefix: str = ""
    """`nick!user@host` as others see us, once we know it."""
    _turn: asyncio.Lock = field(factory=asyncio.Lock)

    @classmethod
    async def open(cls, settings: IrcSettings, account: Account) -> "Connection":
        """Raises Transient or BadCredentials."""
        stream, features = await Stream.open(settings, account), Features()
        handshake = Handshake(settings, account, stream, features)
        try:
            async with asyncio.timeout(ANSWER_S):
                await handshake.run()
            connection = cls(settings, account, handshake.nick, features, stream)
            if account.password and not handshake.is_proved:
                await connection.identify()
        except TimeoutError as error:
            stream.close()
            raise Transient("The IRC server does not answer.") from error
        except BaseException:
            stream.close()
            raise
        return connection

    async def identify(self) -> None:
        """Where there is no SASL, the one who looks after nicks is told the password."""
        words = f"IDENTIFY {self.account.account} {self.account.password}"
        await self._stream.write("PRIVMSG", self.settings.nickserv, words)

    def close(self) -> None:
        self._stream.close()
        self.questions.lost()

    def fold(self, name: str) -> str:
        return self.features.fold(name)

    def is_channel(self, name: str) -> bool:
        return self.features.is_channel(name)

    def is_us(self, nick: str) -> bool:
        return self.fold(nick) == self.fold(self.nick)

    def room_for(self, command: str, target: str) -> int:
        """How many bytes of text fit into a line of ours as others receive it."""
        prefix = self.prefix or f"{self.nick}!{'x' * 10}@{'x' * 63}"
        return MAX_LINE - len(f":{prefix} {command} {target} :\r\n".encode())

    async def write(
        self, command: str, *parameters: str, tags: Mapping[str, str] | None = None
    ) -> None:
        await self._stream.write(command, *parameters, tags=tags)

    async def ask(
        self, command: str, *parameters: str, tags: Mapping[str, str] | None = None
    ) -> list[Line]:
        """The answer, if the server can say which it is. Raises Rejected in the server's words,
        and Transient if it may not have been heard.
        """
        if not self.features.has_labels:
            await self.confirm([(command, *parameters)])
            return []
        label, question = self.questions.ask()
        await self._stream.write(command, *parameters, tags={"label": label, **(tags or {})})
        lines = await self.questions.answered(label, question)
        for line in lines:
            if line.command[:1] in "45" and line.command.isdecimal():
                raise Rejected(f"IRC: {line.parameters[-1]}")
            if line.command == "FAIL":
                raise Rejected(f"IRC: {line.parameters[-1]}")
        return lines

    async def confirm(self, lines: Sequence[tuple[str, ...]]) -> None:
        """Returns when the server has worked through them. Raises Transient if it may not have."""
        async with self._turn:
            for line in lines:
                await self._stream.write(*line)
            token, question = self.questions.ask()
            await self._stream.put("PING", token)
            await self.questions.answered(token, question)

    async def lines(self) -> AsyncIterator[Line]:
        """Until the connection ends. A quiet server is asked whether it is there."""
        was_asked = False
        while True:
            try:
                async with asyncio.timeout(self.settings.quiet_s):
                    line = await self._stream.next()
                was_asked = False
            except TimeoutError:
                if was_asked:
                    return
                was_asked = True
                await self._stream.put("PING", "isthmus-alive")
                continue
            if line is None:
                return
            if line.command == "PING":
                await self._stream.put("PONG", *line.parameters)
            elif line.command == "PONG":
                self.questions.pong(line.parameters[-1] if line.parameters else "")
            else:
                self._learn(line)
                yield line
                self.questions.note(line)

    def _learn(self, line: Line) -> None:
        match line.command:
            case "005":
                self.features.learn(line)
            case "CAP" if line.parameter(1) == "DEL":
                self.features.caps -= set(line.parameters[-1].split())
            case "NICK" if self.is_us(line.nick):
                self.nick, self.prefix = line.parameter(0), ""
            case "JOIN" if self.is_us(line.nick):
                self.prefix = line.source
            case "396":
                # Our host as others see it has changed.
                self.prefix = ""

    async def regain(self, freed: str) -> None:
        """Take our own nick back when whoever had it lets it go."""
        wanted = self.account.nick
        if self.fold(freed) == self.fold(wanted) != self.fold(self.nick):
            await self.write("NICK", wanted)
