"""Letters that nobody waits for: kept until they are taken, across restarts, or too old."""

import logging
from collections.abc import Callable

import pytest
from attrs import define, field
from twisted.internet.defer import Deferred

from homeserver.peers.mail import Letter, MailDelayed, MailRefused
from homeserver.storage import letters, mail_addresses
from homeserver.storage.database import Database
from homeserver.storage.mail_addresses import MailAddress
from homeserver.storage.transaction import Transaction
from homeserver.users import postman
from homeserver.users.postman import AT_ONCE, DAY_MS, Envelopes, Postman
from tests.outcomes import outcome
from tests.people import FakeClock, Server
from tests.post_office import PostOffice

SECRET = "https://matrix.test/reset?proof=opens-the-account"
LETTER = Letter(to="a@example.net", subject="x", text=SECRET, html="x", headers={"X": "y"})
MAIL = "alice@example.net"
KEY = Envelopes(b"k" * 32)


@define(eq=False)
class MailerOfTests:
    """`problem` is what becomes of every letter."""

    problem: Exception | None = None
    hangs: bool = False
    tried: list[Letter] = field(factory=list)
    _answers: list[Deferred[None]] = field(factory=list)

    async def send(self, letter: Letter) -> None:
        self.tried.append(letter)
        if self.hangs:
            self._answers.append(Deferred())
            await self._answers[-1]
        if self.problem is not None:
            raise self.problem


@define(eq=False)
class Office:
    db: Database
    clock: FakeClock
    mailer: MailerOfTests
    postman: Postman

    @classmethod
    def of(cls, db: Database, clock: FakeClock, problem: Exception | None = None) -> "Office":
        mailer = MailerOfTests(problem)
        return cls(db, clock, mailer, Postman(db, clock, mailer, KEY))

    def hands_in(self, letter: Letter = LETTER, lasts_ms: int = DAY_MS, count: int = 1) -> None:
        def hand_in(txn: Transaction) -> None:
            for _ in range(count):
                until = self.clock.now_ms() + lasts_ms
                self.postman.hand_in(txn, letter, "@alice:test", until)

        outcome(self.db.write(hand_in))

    @property
    def waiting(self) -> int:
        return outcome(self.db.read(letters.count))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def office(server: Server, clock: FakeClock) -> Office:
    """Its mail server is away."""
    return Office.of(server.app.database, clock, MailDelayed("away"))


def test_a_letter_is_tried_again_while_the_mail_server_is_away(office: Office) -> None:
    office.hands_in()
    assert office.mailer.tried == [LETTER]

    office.clock.advance(9)
    assert len(office.mailer.tried) == 1
    office.clock.advance(2)
    assert len(office.mailer.tried) == 2
    office.mailer.problem = None
    office.clock.advance(61)
    office.clock.advance(10_000)

    assert len(office.mailer.tried) == 3
    assert office.waiting == 0


def test_a_refused_letter_is_given_up_at_once(office: Office) -> None:
    office.mailer.problem = MailRefused("no such mailbox")

    office.hands_in()

    assert (len(office.mailer.tried), office.waiting) == (1, 0)


def test_no_letter_outlives_its_link_and_the_log_says_so(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.hands_in(lasts_ms=3600_000)
    office.clock.advance(3599)
    assert office.waiting == 1
    tried = len(office.mailer.tried)

    with caplog.at_level(logging.WARNING):
        office.clock.advance(2)

    assert office.waiting == 0
    assert "did not take in time were dropped: 1" in caplog.text
    office.mailer.problem = None
    office.clock.advance(100_000)
    assert len(office.mailer.tried) == tried


def test_letters_outlive_a_restart(office: Office) -> None:
    office.hands_in(count=3)
    office.postman.stop()

    after = Office.of(office.db, office.clock)
    office.clock.advance(11)
    after.postman.look()

    assert after.mailer.tried == [LETTER] * 3
    assert after.waiting == 0


def test_a_letter_that_was_being_handed_in_when_everything_ended_comes_again(
    office: Office,
) -> None:
    """Nobody knows what became of it."""
    office.mailer.hangs = True
    office.hands_in()
    office.postman.stop()

    after = Office.of(office.db, office.clock)
    after.postman.look()
    assert after.mailer.tried == []
    office.clock.advance(121)

    assert after.mailer.tried == [LETTER]


def test_the_database_holds_no_link_in_clear(office: Office) -> None:
    office.hands_in()

    (sealed,) = sealed_in(office)

    assert SECRET.encode() not in sealed and b"example.net" not in sealed
    assert KEY.open(sealed) == LETTER


def test_a_letter_of_another_signing_key_is_dropped(office: Office) -> None:
    office.hands_in()
    office.postman.stop()
    mailer = MailerOfTests()
    other = Postman(office.db, office.clock, mailer, Envelopes(b"o" * 32))

    office.clock.advance(11)
    other.look()

    assert (mailer.tried, office.waiting) == ([], 0)


def test_letters_that_wait_are_bounded(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(postman, "MAX_WAITING", 20)

    office.hands_in(count=30)

    assert office.waiting == 20
    assert "too many letters wait" in caplog.text
    office.mailer.problem, office.mailer.tried = None, []
    office.clock.advance(11)
    office.hands_in()
    assert len(office.mailer.tried) == 21


def test_a_mail_server_that_hangs_is_given_few_at_once(office: Office) -> None:
    office.mailer.hangs = True

    for _ in range(3):
        office.hands_in(count=50)

    assert len(office.mailer.tried) == AT_ONCE


def test_a_server_that_was_killed_writes_its_letters_after_it_has_started_again(
    open_post_office: Callable[..., PostOffice],
) -> None:
    first = open_post_office()
    alice = first.server.person("alice")
    outcome(
        first.server.app.database.write(mail_addresses.add, MailAddress(MAIL, alice.user_id, 0, 0))
    )
    first.mail.is_full = True
    body = {"client_secret": "s", "email": MAIL, "send_attempt": 1}
    first.server.anonymous.post("/v3/account/password/email/requestToken", body)
    assert first.letters() == []
    # Nothing is ended in order: the database is all that is left.
    first.server.stop()

    second = open_post_office()
    second.server.clock.advance(11)
    outcome(second.server.app.accounts.start())

    assert "proof=" in second.link(MAIL)
    assert second.letters() == []


def sealed_in(office: Office) -> list[bytes]:
    rows = outcome(office.db.read(lambda txn: txn.query("SELECT sealed FROM letters")))
    return [bytes(it) for (it,) in rows]
