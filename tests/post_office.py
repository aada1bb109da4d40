"""A homeserver whose letters arrive at a mail server in memory."""

import re
from email.message import EmailMessage
from typing import Any

from attrs import define, evolve

from homeserver.config.push import Mail
from homeserver.config.settings import Settings
from tests.browser import BASE, Browser
from tests.internet import Internet
from tests.mail_server import MailServerOfTests
from tests.people import Server

HOST = "198.51.100.200"


@define(eq=False)
class PostOffice:
    server: Server
    internet: Internet
    mail: MailServerOfTests

    @classmethod
    def of(cls, settings: Settings, internet: Internet, **changes: Any) -> "PostOffice":
        mail = MailServerOfTests()
        internet.hosts["mail.example.org"] = [HOST]
        internet.listen(HOST, 25, mail.factory)
        sending = Mail(host="mail.example.org", port=25, tls="none")
        changed = evolve(settings, **{"public_baseurl": BASE, "mail": sending, **changes})
        return cls(Server(changed, internet), internet, mail)

    def letters(self) -> list[EmailMessage]:
        """What has come since this was asked last."""
        self.internet.settle()
        return self.mail.heard()

    def letter(self, to: str) -> EmailMessage:
        (letter,) = self.letters()
        assert letter["To"] == to
        return letter

    def link(self, to: str) -> str:
        """The one in the only letter that has come."""
        return link_in(self.letter(to))

    def browser(self, language: str = "en") -> Browser:
        return Browser(self.server, language)


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(letter: EmailMessage) -> str:
    (found,) = re.findall(r"https://matrix\.test(/\S+)", text_of(letter))
    return str(found)
