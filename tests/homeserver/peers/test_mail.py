"""Letters that are handed in at a mail server."""

from typing import Any

import pytest

from homeserver.config.push import Mail
from homeserver.peers.mail import Letter, MailDelayed, Mailer, MailRefused, MailServer
from tests.internet import Internet, Speaker
from tests.mail_server import MailServerOfTests

HERE = "198.51.100.9"
LETTER = Letter(to="bob@example.net", subject="Hello", text="Hi Bob\n", html="<p>Hi Bob</p>")


def mailer(internet: Internet, **settings: Any) -> Mailer:
    internet.hosts["mail.example.org"] = [HERE]
    mail = Mail(host="mail.example.org", **{"port": 25, "tls": "none", **settings})
    return Mailer(MailServer(mail, "example.org", internet.reactor, internet), internet.clock)


def test_a_letter_arrives_with_text_and_html(internet: Internet) -> None:
    server = MailServerOfTests()
    internet.listen(HERE, 25, server.factory)

    internet.run(mailer(internet).send(LETTER))

    (letter,) = server.letters
    assert (letter["To"], letter["From"]) == ("bob@example.net", "noreply@example.org")
    assert letter["Subject"] == "Hello" and letter["Auto-Submitted"] == "auto-generated"
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain and html
    assert plain.get_content() == "Hi Bob\n" and "<p>Hi Bob</p>" in html.get_content()


def test_letters_go_over_tls_to_who_can_prove_to_be_the_mail_server(internet: Internet) -> None:
    server = MailServerOfTests()
    internet.listen(HERE, 465, server.factory, "mail.example.org")
    ca = (internet.authority.path,)

    internet.run(mailer(internet, port=465, tls="tls", custom_ca_paths=ca).send(LETTER))
    assert len(server.heard()) == 1

    with pytest.raises(MailDelayed):
        internet.run(mailer(internet, port=465, tls="tls").send(LETTER))
    assert server.heard() == []


def test_without_starttls_nothing_is_handed_in_where_it_is_asked_for(internet: Internet) -> None:
    server = MailServerOfTests(users={"isthmus": "secret"})
    internet.listen(HERE, 25, server.factory)

    with pytest.raises(MailDelayed):
        internet.run(
            mailer(internet, tls="starttls", user="isthmus", password="secret").send(LETTER)
        )

    assert server.letters == []


def test_who_must_log_in_does(internet: Internet) -> None:
    server = MailServerOfTests(users={"isthmus": "secret"})
    internet.listen(HERE, 25, server.factory)

    internet.run(mailer(internet, user="isthmus", password="secret").send(LETTER))
    assert len(server.letters) == 1

    with pytest.raises(MailDelayed):
        internet.run(mailer(internet, user="isthmus", password="wrong").send(LETTER))


def test_an_unknown_address_is_refused_and_a_full_disk_only_delays(internet: Internet) -> None:
    server = MailServerOfTests(unknown=["bob@example.net"])
    internet.listen(HERE, 25, server.factory)

    with pytest.raises(MailRefused):
        internet.run(mailer(internet).send(LETTER))
    server.unknown.clear()
    server.is_full = True
    with pytest.raises(MailDelayed):
        internet.run(mailer(internet).send(LETTER))


def test_a_mail_server_that_is_away_hangs_or_breaks_off_only_delays(internet: Internet) -> None:
    with pytest.raises(MailDelayed):
        internet.run(mailer(internet).send(LETTER))

    internet.listen(HERE, 25, Speaker(b"", hangs_up=True))
    waiting = internet.begin(mailer(internet).send(LETTER))
    assert waiting == []
    internet.pass_time(61)
    (failure,) = waiting
    assert isinstance(getattr(failure, "value", None), MailDelayed)


def test_what_others_wrote_begins_no_header_of_its_own(internet: Internet) -> None:
    server = MailServerOfTests()
    internet.listen(HERE, 25, server.factory)
    bad = "Hello\r\nBcc: everybody@example.net\n\nbody"

    internet.run(
        mailer(internet).send(Letter(to="bob@example.net", subject=bad, text=".\n.\n", html=""))
    )

    (letter,) = server.letters
    assert letter["Bcc"] is None and letter["Subject"].startswith("Hello Bcc: everybody")
    plain = letter.get_body(("plain",))
    assert plain and plain.get_content() == ".\n.\n"
