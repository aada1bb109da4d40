"""Answers are told apart by their labels, also where they come in batches."""

import asyncio

import pytest

from bridges.kit.failures import Transient
from bridges.networks.irc.lines import Line, parse
from bridges.networks.irc.questions import Questions


def line(text: str) -> Line:
    found = parse(text)
    assert found is not None
    return found


def test_a_single_line_and_a_batch_answer_their_questions() -> None:
    async def story() -> None:
        questions = Questions()
        first, one = questions.ask()
        second, other = questions.ask()
        questions.note(line(f"@label={second} :irc BATCH +1 :labeled-response"))
        questions.note(line("@batch=1 :irc BATCH +2 chathistory #a"))
        questions.note(line("@batch=2;msgid=x :bob!b@h PRIVMSG #a :of old"))
        questions.note(line(f"@label={first};msgid=y :alice!a@h PRIVMSG #a :hello"))
        assert [it.tags["msgid"] for it in await questions.answered(first, one)] == ["y"]
        questions.note(line(":irc BATCH -2"))
        assert not other.done.done()
        questions.note(line(":irc BATCH -1"))
        assert [it.tags.get("msgid") for it in await questions.answered(second, other)] == ["x"]

    asyncio.run(story())


def test_a_lost_connection_answers_with_patience() -> None:
    async def story() -> None:
        questions = Questions()
        label, question = questions.ask()
        questions.lost()
        with pytest.raises(Transient, match="was lost"):
            await questions.answered(label, question)

    asyncio.run(story())
