"""Lines to and from a server, no faster than is allowed."""

import asyncio
import ssl
from collections.abc import Mapping

from attrs import define

from bridges.kit.failures import BadCredentials, Transient
from bridges.networks.irc import certificates
from bridges.networks.irc.lines import MAX_LINE, Line, parse, tagged, written
from bridges.networks.irc.sasl import Account
from bridges.networks.irc.settings import IrcSettings

CONNECT_S = 30
MAX_READ = 16_384


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
class Stream:
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter
    _bucket: Bucket

    @classmethod
    async def open(cls, settings: IrcSettings, account: Account) -> "Stream":
        """Raises Transient or BadCredentials."""
        try:
            context = tls_context(settings, account) if settings.tls else None
        except (OSError, ValueError) as error:
            raise BadCredentials(f"The certificate cannot be used: {error}") from error
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_connection(
                    settings.host, settings.port, ssl=context, limit=MAX_READ
                )
        except ssl.SSLCertVerificationError as error:
            why = f"The IRC server does not prove who it is: {error.verify_message}"
            raise Transient(why, after_s=60) from error
        except (OSError, TimeoutError) as error:
            raise Transient("The IRC server cannot be reached.") from error
        return cls(reader, writer, Bucket(settings.burst, settings.seconds_per_line))

    def close(self) -> None:
        """With a word, where there is somebody to hear it."""
        if not self._writer.is_closing():
            self._writer.write(b"QUIT :gone\r\n")
        self._writer.close()

    async def write(
        self, command: str, *parameters: str, tags: Mapping[str, str] | None = None
    ) -> None:
        """When it is our turn."""
        await self._bucket.take()
        await self.put(command, *parameters, tags=tags)

    async def put(
        self, command: str, *parameters: str, tags: Mapping[str, str] | None = None
    ) -> None:
        """At once."""
        if self._writer.is_closing():
            raise Transient("The connection to IRC was lost.")
        line = written(command, *parameters).encode(errors="replace")[: MAX_LINE - 2]
        try:
            self._writer.write(tagged(tags or {}, "").encode() + line + b"\r\n")
            await self._writer.drain()
        except OSError as error:
            raise Transient("The connection to IRC was lost.") from error

    async def next(self) -> Line | None:
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


def tls_context(settings: IrcSettings, account: Account) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_path:
        context.load_verify_locations(settings.ca_path)
    if account.certificate:
        certificates.use(context, account.certificate)
    return context
