"""The answers of a poll keep their ids and their order."""

from bridges.storage import polls
from tests.bridges.storage.conftest import Write


def test_answers_stay_as_the_poll_began(write: Write) -> None:
    answers = [("b", "no"), ("a", "да")]
    write(polls.remember, "$poll", answers)
    write(polls.remember, "$poll", [("c", "another")])
    assert write(polls.answers, "$poll") == answers
    assert write(polls.answers, "$other") == []
