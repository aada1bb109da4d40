"""Mailboxes: letters about what was missed."""

import re
from email.message import EmailMessage
from itertools import pairwise
from string import Formatter
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from attrs import define

from homeserver.config.limits import RateLimits
from homeserver.config.push import Mail
from homeserver.http.languages import load
from tests.homeserver.delivery.push.conftest import PushTown, Town, a_room
from tests.mail_server import MailServerOfTests
from tests.people import JsonObject, Person, Refused

ADDRESS = "bob@example.net"
HOST = "198.51.100.200"
MINUTE_S = 60
HOUR_S = 3600
PUSHER: JsonObject = {
    "pushkey": ADDRESS,
    "kind": "email",
    "app_id": "m.email",
    "app_display_name": "E-mail",
    "device_display_name": ADDRESS,
    "lang": "en",
    "data": {},
}


@define(eq=False)
class Office:
    """A town with a mail server."""

    here: PushTown
    mail: MailServerOfTests

    def people(self, *names: str) -> list[Person]:
        return self.here.people(*names)

    def passes(self, seconds: float) -> None:
        self.here.passes(seconds)

    def follows(self, method: str, link: str) -> tuple[int, str]:
        """Somebody, who is not logged in, opens a link, or presses its button."""
        parts = urlsplit(link)
        assert f"{parts.scheme}://{parts.netloc}" == "https://test"
        exchange = self.here.server.anonymous.ask(method, f"{parts.path}?{parts.query}")
        status, _, body = exchange.raw()
        return status, body.decode()


def office(town: Town, **changes: Any) -> Office:
    mail = MailServerOfTests()
    here = town(mail=Mail(host="mail.example.org", port=25, tls="none"), **changes)
    here.internet.hosts["mail.example.org"] = [HOST]
    here.internet.listen(HOST, 25, mail.factory)
    return Office(here, mail)


def subscribes(at: Office, person: Person) -> None:
    person.post("/v3/pushers/set", PUSHER)
    at.passes(0)
    (letter,) = at.mail.heard()
    status, _ = at.follows("POST", link_in(letter))
    assert status == 200


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def html_of(letter: EmailMessage) -> str:
    body = letter.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def link_in(letter: EmailMessage) -> str:
    found = re.search(r"https://test/_isthmus/\S+", text_of(letter))
    assert found
    return found[0]


def reads(person: Person, room: str, event_id: str) -> None:
    person.post(f"/v3/rooms/{quote(room)}/receipt/m.read/{quote(event_id)}")


def test_the_owner_of_a_mailbox_is_asked_first(town: Town) -> None:
    at = office(town)
    alice, bob = at.people("alice", "bob")
    room = a_room(alice, bob)
    bob.post("/v3/pushers/set", PUSHER)
    at.passes(0)
    alice.sends(room, "dinner")
    at.passes(HOUR_S)

    (letter,) = at.mail.heard()
    assert "dinner" not in text_of(letter) and "@bob:test" in text_of(letter)
    link = link_in(letter)
    status, page = at.follows("GET", link)
    assert status == 200 and "<form" in page
    assert bob.get("/v3/pushers")["pushers"][0]["activated"] is False
    assert at.follows("POST", link)[0] == 200
    assert bob.get("/v3/pushers")["pushers"][0]["activated"] is True
    assert at.follows("POST", link)[0] == 404


def test_nobody_is_asked_twice_in_five_minutes_and_a_question_ends_after_a_day(town: Town) -> None:
    at = office(town)
    (bob,) = at.people("bob")
    for _ in range(3):
        bob.post("/v3/pushers/set", PUSHER)
        at.passes(1)

    (letter,) = at.mail.heard()
    at.passes(25 * HOUR_S)
    assert at.follows("POST", link_in(letter))[0] == 404


def test_nobody_can_have_letters_sent_to_many_strangers(town: Town) -> None:
    at = office(town, rate_limits=RateLimits())
    (mallory,) = at.people("mallory")

    with pytest.raises(Refused) as refused:
        for number in range(10):
            stranger = {**PUSHER, "pushkey": f"stranger{number}@example.net"}
            mallory.post("/v3/pushers/set", stranger)
            mallory.post("/v3/pushers/set", {**stranger, "kind": None})
            at.passes(1)

    assert refused.value.errcode == "M_LIMIT_EXCEEDED"
    assert len(at.mail.heard()) <= 5


def test_what_stays_unread_for_ten_minutes_is_told_in_one_letter(town: Town) -> None:
    at = office(town)
    alice, bob = at.people("alice", "bob")
    kitchen, cellar = a_room(alice, bob, name="Kitchen"), a_room(alice, bob, name="Cellar")
    subscribes(at, bob)
    alice.sends(kitchen, "dinner <b>now</b>")
    alice.sends(kitchen, "it gets cold")
    alice.sends(cellar, "wine?")

    at.passes(9 * MINUTE_S)
    assert at.mail.heard() == []
    at.passes(2 * MINUTE_S)

    (letter,) = at.mail.heard()
    assert letter["To"] == ADDRESS and letter["Subject"] == "[test] 3 messages in 2 rooms"
    for part in ("Kitchen", "Cellar", "alice: it gets cold", "alice: dinner <b>now</b>"):
        assert part in text_of(letter)
    assert "dinner &lt;b&gt;now&lt;/b&gt;" in html_of(letter)
    at.passes(24 * HOUR_S)
    assert at.mail.heard() == []


def test_a_letter_speaks_the_language_that_the_app_named(town: Town) -> None:
    at = office(town)
    alice, bob = at.people("alice", "bob")
    kitchen = a_room(alice, bob, name="Kitchen")
    bob.post("/v3/pushers/set", {**PUSHER, "lang": "ru-RU"})
    at.passes(0)
    (asked,) = at.mail.heard()
    assert asked["Subject"] == "[test] Уведомления по почте?"
    at.follows("POST", link_in(asked))
    alice.sends(kitchen, "{dinner}")
    picture = {"msgtype": "m.image", "body": "x.png", "url": "mxc://a/b"}
    alice.sends_event(kitchen, "m.room.message", picture)

    at.passes(11 * MINUTE_S)

    (letter,) = at.mail.heard()
    assert letter["Subject"] == "[test] сообщения (2) в комнате «Kitchen»"
    for part in ("Вы пропустили", "alice: {dinner}", "alice: картинка", "Больше не присылать"):
        assert part in text_of(letter) and part in strip_tags(html_of(letter))


def test_all_letters_are_written_in_all_languages() -> None:
    english, *others = load("homeserver.delivery.push", "sentences").values()

    def gaps(sentence: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(sentence) if name}

    for other in others:
        assert other.keys() == english.keys()
        assert [key for key in english if gaps(english[key]) != gaps(other[key])] == []


def strip_tags(html: str) -> str:
    return re.sub("<[^>]*>", "", html)


def test_what_is_read_meanwhile_is_not_told(town: Town) -> None:
    at = office(town)
    alice, bob = at.people("alice", "bob")
    room, other = a_room(alice, bob), a_room(alice, bob)
    subscribes(at, bob)
    reads(bob, room, alice.sends(room, "read"))
    at.passes(8 * MINUTE_S)
    alice.sends(other, "unread")
    at.passes(3 * MINUTE_S)
    assert at.mail.heard() == []

    at.passes(8 * MINUTE_S)
    (letter,) = at.mail.heard()
    assert "unread" in text_of(letter) and "one message" in letter["Subject"]


def test_who_does_not_read_is_written_to_less_and_less(town: Town) -> None:
    at = office(town)
    alice, bob = at.people("alice", "bob")
    room = a_room(alice, bob)
    subscribes(at, bob)

    times = []
    for minute in range(0, 24 * 60, 5):
        if minute % 10 == 0:
            newest = alice.sends(room, str(minute))
        at.passes(5 * MINUTE_S)
        times += [minute + 5] * len(at.mail.heard())

    gaps = [after - before for before, after in pairwise(times)]
    assert gaps[:3] == pytest.approx([10, 30, 90], abs=5) and len(times) <= 6
    reads(bob, room, newest)
    at.passes(24 * HOUR_S)
    alice.sends(room, "again")
    at.passes(11 * MINUTE_S)
    alice.sends(room, "and again")
    at.passes(11 * MINUTE_S)
    assert len(at.mail.heard()) == 2


def test_encrypted_messages_and_pictures_are_named_and_not_shown(town: Town) -> None:
    at = office(town)
    alice, bob = at.people("alice", "bob")
    room = a_room(alice, bob)
    subscribes(at, bob)
    alice.sends_event(room, "m.room.encrypted", {"algorithm": "x", "ciphertext": "SECRET"})
    alice.sends(room, "holiday.jpg", msgtype="m.image", url="mxc://test/x")
    at.passes(11 * MINUTE_S)

    (letter,) = at.mail.heard()
    assert "SECRET" not in letter.as_string() and "holiday" not in letter.as_string()
    assert "alice: sent an encrypted message" in text_of(letter)
    assert "alice: sent a picture" in text_of(letter)


def test_a_letter_can_be_stopped_without_a_login(town: Town) -> None:
    at = office(town)
    alice, bob = at.people("alice", "bob")
    room = a_room(alice, bob)
    subscribes(at, bob)
    alice.sends(room, "dinner")
    at.passes(11 * MINUTE_S)
    (letter,) = at.mail.heard()

    link = str(letter["List-Unsubscribe"]).strip("<>")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link == link_in(letter)
    assert at.follows("GET", link)[0] == 200
    assert len(bob.get("/v3/pushers")["pushers"]) == 1
    assert at.follows("POST", link)[0] == 200
    assert bob.get("/v3/pushers") == {"pushers": []}
    alice.sends(room, "more")
    at.passes(HOUR_S)
    assert at.mail.heard() == []


def test_a_link_that_nobody_was_given_stops_nothing(town: Town) -> None:
    at = office(town)
    alice, bob = at.people("alice", "bob")
    room = a_room(alice, bob)
    subscribes(at, bob)
    alice.sends(room, "dinner")
    at.passes(11 * MINUTE_S)
    link = link_in(at.mail.heard()[0])

    base, _, token = link.partition("=")
    pusher, _, signature = token.partition(".")
    for forged in (f"{int(pusher) + 1}.{signature}", f"{pusher}.x", pusher, "", "§.§", "1" * 5000):
        assert at.follows("POST", f"{base}={quote(forged)}")[0] == 404
    confirm = base.replace("unsubscribe", "confirm")
    assert at.follows("POST", f"{confirm}={token}")[0] == 404
    assert len(bob.get("/v3/pushers")["pushers"]) == 1


def test_a_mail_server_that_is_away_is_waited_for(town: Town) -> None:
    at = office(town)
    alice, bob = at.people("alice", "bob")
    room = a_room(alice, bob)
    subscribes(at, bob)
    at.mail.is_full = True
    alice.sends(room, "dinner")
    at.passes(11 * MINUTE_S)
    at.mail.is_full = False
    at.passes(MINUTE_S)

    assert len(at.mail.heard()) == 1
    assert at.here.metric("isthmus_push_notifications_total", kind="email", outcome="later") >= 1


def test_a_restart_forgets_neither_what_waits_nor_the_rest_between_letters(town: Town) -> None:
    at = office(town)
    alice, bob = at.people("alice", "bob")
    room = a_room(alice, bob)
    subscribes(at, bob)
    alice.sends(room, "one")
    at.passes(11 * MINUTE_S)
    alice.sends(room, "two")
    at.mail.heard()

    at = office(town)
    at.passes(5 * MINUTE_S)
    assert at.mail.heard() == []
    at.passes(6 * MINUTE_S)
    (letter,) = at.mail.heard()
    assert "two" in text_of(letter) and "one message" in letter["Subject"]


def test_without_a_mail_server_there_are_no_such_pushers(town: Town) -> None:
    here = town()
    (bob,) = here.people("bob")

    with pytest.raises(Refused) as refused:
        bob.post("/v3/pushers/set", PUSHER)

    assert refused.value.errcode == "M_INVALID_PARAM"


@pytest.mark.parametrize(
    "wrong",
    [
        {"pushkey": "nobody"},
        {"pushkey": "a@b\r\nBcc: everybody@example.net"},
        {"pushkey": "a@b, c@d"},
        {"pushkey": "ä@example.net"},
        {"app_id": "org.example.app"},
    ],
)
def test_what_is_no_address_is_refused(town: Town, wrong: JsonObject) -> None:
    at = office(town)
    (bob,) = at.people("bob")

    with pytest.raises(Refused) as refused:
        bob.post("/v3/pushers/set", {**PUSHER, **wrong})

    assert refused.value.errcode == "M_INVALID_PARAM"


def test_a_mailbox_outlives_the_device_that_named_it_but_not_the_account(town: Town) -> None:
    at = office(town)
    alice, bob = at.people("alice", "bob")
    room = a_room(alice, bob)
    device = bob.logs_in()
    subscribes(at, device)
    device.post("/v3/logout")
    alice.sends(room, "dinner")
    at.passes(11 * MINUTE_S)
    assert len(at.mail.heard()) == 1

    alice.sends(room, "more")
    identifier = {"type": "m.id.user", "user": "bob"}
    proof = {
        "type": "m.login.password",
        "identifier": identifier,
        "password": "correct horse battery",
    }
    bob.post("/v3/account/deactivate", {"auth": proof})
    at.passes(24 * HOUR_S)
    assert at.mail.heard() == []
