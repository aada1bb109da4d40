"""Letters that nobody waits for."""

from attrs import define, field

from homeserver.peers.mail import Letter, MailDelayed, MailRefused
from homeserver.users.postman import MAX_WAITING, Postman
from tests.people import FakeClock

LETTER = Letter(to="a@example.net", subject="x", text="x", html="x")


@define(eq=False)
class MailerOfTests:
    """`problem` is what becomes of every letter."""

    problem: Exception | None = None
    tried: list[Letter] = field(factory=list)

    async def send(self, letter: Letter) -> None:
        self.tried.append(letter)
        if self.problem is not None:
            raise self.problem


def test_a_letter_is_tried_again_while_the_mail_server_is_away() -> None:
    clock, mailer = FakeClock(), MailerOfTests(MailDelayed("away"))
    postman = Postman(mailer, clock)
    postman.hand_in(LETTER)
    assert len(mailer.tried) == 1

    clock.advance(11)
    assert len(mailer.tried) == 2
    mailer.problem = None
    clock.advance(61)
    clock.advance(10_000)

    assert len(mailer.tried) == 3


def test_after_an_hour_a_letter_is_given_up_and_a_refused_one_at_once() -> None:
    clock, mailer = FakeClock(), MailerOfTests(MailDelayed("away"))
    postman = Postman(mailer, clock)
    postman.hand_in(LETTER)
    for _ in range(100):
        clock.advance(600)
    assert len(mailer.tried) == 5

    mailer.problem, mailer.tried = MailRefused("no such mailbox"), []
    postman.hand_in(LETTER)
    clock.advance(10_000)

    assert len(mailer.tried) == 1


def test_letters_that_wait_are_bounded() -> None:
    clock, mailer = FakeClock(), MailerOfTests(MailDelayed("away"))
    postman = Postman(mailer, clock)

    for _ in range(MAX_WAITING + 50):
        postman.hand_in(LETTER)

    assert len(mailer.tried) == MAX_WAITING
    mailer.problem = None
    clock.advance(11)
    postman.hand_in(LETTER)
    assert len(mailer.tried) == 2 * MAX_WAITING + 1
