"""A mail server in memory, which speaks real SMTP."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from attrs import define, field
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import Factory
from twisted.mail.imap4 import LOGINCredentials, PLAINCredentials
from twisted.mail.smtp import (
    ESMTP,
    IMessage,
    IMessageDelivery,
    SMTPBadRcpt,
    SMTPServerError,
)
from zope.interface import implementer


@define(eq=False)
class MailServerOfTests:
    """`letters` are those that were taken; `unknown` addresses are refused."""

    users: dict[str, str] = field(factory=dict)
    unknown: list[str] = field(factory=list)
    is_full: bool = False
    letters: list[EmailMessage] = field(factory=list)

    @property
    def factory(self) -> Factory:
        server = self

        class Connections(Factory):
            noisy = False

            def buildProtocol(self, addr: object) -> Any:
                return server.connection()

        return Connections()

    def connection(self) -> Any:
        challenges = {b"LOGIN": LOGINCredentials, b"PLAIN": PLAINCredentials}
        protocol: Any = ESMTP(challenges if self.users else None)  # type: ignore[no-untyped-call]
        protocol.timeout = None
        delivery = Delivery(self)
        if self.users:
            checker = InMemoryUsernamePasswordDatabaseDontUse(
                **{name: word.encode() for name, word in self.users.items()}
            )
            protocol.portal = Portal(Realm(delivery), [checker])
        else:
            protocol.delivery = delivery
        return protocol

    def heard(self) -> list[EmailMessage]:
        """The letters since this was asked last."""
        letters, self.letters = self.letters, []
        return letters


@implementer(IRealm)
@define(eq=False)
class Realm:
    _delivery: "Delivery"

    def requestAvatar(self, name: object, mind: object, *interfaces: object) -> Any:
        return succeed((IMessageDelivery, self._delivery, lambda: None))


@implementer(IMessageDelivery)
@define(eq=False)
class Delivery:
    _server: MailServerOfTests

    def receivedHeader(self, helo: object, origin: object, recipients: object) -> bytes:
        return b"Received: by a test"

    def validateFrom(self, helo: object, origin: Any) -> Any:
        return origin

    def validateTo(self, user: Any) -> Any:
        if str(user.dest) in self._server.unknown:
            raise SMTPBadRcpt(user)  # type: ignore[no-untyped-call]
        if self._server.is_full:
            raise SMTPServerError(452, "The disk is full")  # type: ignore[no-untyped-call]
        return lambda: Message(self._server)


@implementer(IMessage)
@define(eq=False)
class Message:
    _server: MailServerOfTests
    _lines: list[bytes] = field(factory=list)

    def lineReceived(self, line: bytes) -> None:
        self._lines.append(line)

    def eomReceived(self) -> "Deferred[None]":
        data = b"\n".join(self._lines)
        letter = message_from_bytes(data, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self._server.letters.append(letter)
        return succeed(None)

    def connectionLost(self) -> None:
        self._lines.clear()
