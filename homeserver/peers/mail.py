"""Sends e-mail through the mail server of the settings (SMTP: RFC 5321). Who sends waits for it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from io import BytesIO
from ipaddress import ip_address
from typing import Any

from attrs import field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint
from twisted.internet.error import ConnectError
from twisted.mail.smtp import SUCCESS, ESMTPSender, ESMTPSenderFactory, SMTPClientError
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from homeserver.clock import Clock
from homeserver.config.push import Mail as MailSettings
from homeserver.http.deadline import within
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.http.outgoing_names import Dns
from homeserver.http.outgoing_tls import Trust

SECONDS = 60.0
CONNECT_SECONDS = 15
MAX_SUBJECT = 200
_POLICY = policy.SMTP.clone(linesep="\n")
"""Twisted ends lines as the protocol wants it."""


class MailError(Exception):
    """A letter that has not been taken. The text says why, for logs."""


class MailRefused(MailError):
    """The mail server will not take this letter, however often it is asked."""


class MailDelayed(MailError):
    """The mail server cannot be reached, or cannot take it now."""


@frozen(kw_only=True)
class Letter:
    """The same in plain text and in HTML. `headers` are further ones."""

    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(factory=dict)


@frozen(eq=False)
class MailServer:
    """Where letters are handed in, and how it is reached."""

    settings: MailSettings
    own_name: str
    _reactor: Any
    _dns: Dns

    @property
    def sender(self) -> str:
        return self.settings.sender or f"noreply@{self.own_name.partition(':')[0]}"

    async def connect(self, factory: Any) -> None:
        """Raises MailDelayed."""
        host, port = self.settings.host or "", self.settings.port
        if self.settings.tls == "tls":
            factory = TLSMemoryBIOFactory(self.tls(), True, factory, self._reactor)
        problem: Exception | None = None
        for address in await self._addresses(host):
            endpoint = TCP6ClientEndpoint if ":" in address else TCP4ClientEndpoint
            try:
                await endpoint(self._reactor, address, port, timeout=CONNECT_SECONDS).connect(
                    factory
                )
            except ConnectError as error:
                problem = error
            else:
                return
        raise MailDelayed(f"Nobody answers at {host}, port {port}: {problem or 'no such name'}")

    def tls(self) -> Any:
        """With somebody who can prove to be the mail server."""
        trust = Trust(self.settings.custom_ca_paths, True, ())
        return trust.tls_for(self.settings.host or "")

    async def _addresses(self, host: str) -> Sequence[str]:
        try:
            return [str(ip_address(host))]
        except ValueError:
            return await self._dns.addresses(host)


@frozen(eq=False)
class Mailer:
    _server: MailServer
    _clock: Clock

    async def send(self, letter: Letter) -> None:
        """Raises MailRefused or MailDelayed."""
        message = written(letter, self._server, self._clock.now_ms())
        try:
            await within(self._clock, SECONDS, self._hand_in(letter.to, message))
        except OutgoingError as error:
            raise MailDelayed(str(error)) from None

    async def _hand_in(self, to: str, message: bytes) -> None:
        done: Deferred[Any] = Deferred()
        factory = _factory(self._server, to, message, done)
        await self._server.connect(factory)
        try:
            await done
        except SMTPClientError as error:
            kind = MailRefused if 500 <= error.code < 600 and _is_of_letter(error) else MailDelayed
            raise kind(f"The mail server says {error.code}: {_first_line(error)}") from None
        except MailError:
            raise
        except Exception as error:
            raise MailDelayed(f"{type(error).__name__}: {error}") from None
        finally:
            _let_go(factory)


def written(letter: Letter, server: MailServer, now_ms: int) -> bytes:
    """As it is sent. What is put into headers begins no header of its own."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = server.sender
    message["To"] = letter.to
    message["Subject"] = plain_line(letter.subject)[:MAX_SUBJECT]
    message["Date"] = format_datetime(datetime.fromtimestamp(now_ms / 1000, UTC))
    message["Message-ID"] = make_msgid(domain=server.own_name.partition(":")[0])
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message.as_bytes()


def plain_line(text: str) -> str:
    """On one line, without control characters."""
    return " ".join("".join(it if it.isprintable() else " " for it in text).split())


def _factory(server: MailServer, to: str, message: bytes, done: Deferred[Any]) -> Any:
    settings = server.settings
    user = settings.user
    factory: Any = ESMTPSenderFactory(  # type: ignore[no-untyped-call]
        (user or "").encode(),
        (settings.password or "").encode(),
        parseaddr(server.sender)[1],
        to,
        BytesIO(message),
        done,
        retries=0,
        contextFactory=server.tls() if settings.tls == "starttls" else None,
        requireAuthentication=user is not None,
        requireTransportSecurity=settings.tls == "starttls",
    )
    factory.protocol, factory.connected = _Sender, None
    factory.domain = server.own_name.partition(":")[0].encode("ascii", "replace")
    return factory


def _let_go(factory: Any) -> None:
    """End a connection on which nobody waits for anything any more."""
    if not factory.sendFinished:
        factory.sendFinished = True
        if factory.connected is not None:
            factory.connected.abortConnection()


class _Sender(ESMTPSender):
    """Hands in a letter in one piece, and says so if the connection ends before that."""

    factory: Any

    def connectionMade(self) -> None:
        self.factory.connected = self.transport
        super().connectionMade()  # type: ignore[no-untyped-call]

    def smtpState_data(self, code: int, resp: object) -> None:
        taken: Any = SUCCESS
        self._expected = taken
        self._okresponse = self.smtpState_msgSent
        letter = self.transformChunk(self.factory.file.read())  # type: ignore[no-untyped-call]
        self.transport.write(letter)  # type: ignore[union-attr]
        self.finishedFileTransfer(b"\n")  # type: ignore[no-untyped-call]

    def sentMail(self, *outcome: Any) -> None:
        if not self.factory.sendFinished:
            super().sentMail(*outcome)  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Failure = Failure(Exception())) -> None:  # type: ignore[no-untyped-call]  # noqa: B008
        super().connectionLost(reason)  # type: ignore[no-untyped-call]
        if not self.factory.sendFinished:
            self.factory.sendFinished = True
            self.factory.result.errback(MailDelayed(f"The connection broke: {reason.value}"))


def _is_of_letter(error: SMTPClientError) -> bool:
    """Whether it is about the letter or whom it is for, not about us (login, TLS, a greeting)."""
    return type(error).__name__ == "SMTPDeliveryError" and error.code not in (530, 534, 535, 538)


def _first_line(error: SMTPClientError) -> str:
    text = error.resp.decode("utf-8", "replace") if isinstance(error.resp, bytes) else error.resp
    return plain_line(str(text))[:200]
