"""Telegram's refusals in the kit's words."""

import json
from typing import Any

import pytest

from bridges.kit.failures import BadCredentials, NetworkFailure, Transient
from bridges.kit.web import Lost, Reply
from bridges.networks.telegram.wire import Refused, Wire, result


def reply(status: int, body: bytes) -> Reply:
    return Reply(status, {}, body)


def refusal(code: int, description: str, **parameters: Any) -> NetworkFailure:
    answer = {"ok": False, "error_code": code, "description": description}
    answer |= {"parameters": parameters} if parameters else {}
    with pytest.raises(NetworkFailure) as failure:
        result(reply(code, json.dumps(answer).encode()))
    return failure.value


def test_what_went_well_is_handed_on() -> None:
    assert result(reply(200, b'{"ok": true, "result": {"id": 1}}')) == {"id": 1}


def test_a_flood_is_waited_out_for_as_long_as_telegram_says() -> None:
    failure = refusal(429, "Too Many Requests: retry after 17", retry_after=17)
    assert isinstance(failure, Transient)
    assert failure.after_s == 17


def test_a_token_that_was_revoked_ends_the_login() -> None:
    assert isinstance(refusal(401, "Unauthorized"), BadCredentials)
    assert isinstance(refusal(404, "Not Found"), BadCredentials)


@pytest.mark.parametrize(
    ("code", "description", "words"),
    [
        (403, "Forbidden: bot was blocked by the user", "They have blocked the bot."),
        (403, "Forbidden: bot was kicked from the supergroup chat", "The bot was put out"),
        (400, "Bad Request: not enough rights to manage pinned messages", "administrator"),
        (400, "Bad Request: REACTION_INVALID", "does not allow that reaction"),
        (413, "Request Entity Too Large", "no files over 50 MB"),
        (400, "Bad Request: SOMETHING_NEW", "Telegram says: Bad Request: SOMETHING_NEW"),
        (400, "", "Telegram says no (400)"),
    ],
)
def test_refusals_are_told_in_words(code: int, description: str, words: str) -> None:
    failure = refusal(code, description)
    assert isinstance(failure, Refused)
    assert words in str(failure)


@pytest.mark.parametrize("content", [b"", b"<html>Bad Gateway", b"[]", b"null", b'{"ok": 1}'])
def test_answers_that_make_no_sense_leave_in_doubt_what_was_done(content: bytes) -> None:
    with pytest.raises(NetworkFailure):
        result(reply(502, content))


def test_another_program_with_the_same_token_is_told_of() -> None:
    failure = refusal(409, "Conflict: terminated by other getUpdates request")
    assert isinstance(failure, Transient) and not isinstance(failure, Lost)
    assert "Another program" in str(failure)


def test_a_file_that_is_too_large_to_read_is_refused() -> None:
    with pytest.raises(Refused, match="50 MB"):
        result(reply(413, b"<html>"))


def test_the_token_does_not_show() -> None:
    assert "SECRET" not in repr(Wire(None, "http://x", "1:SECRET"))  # type: ignore[arg-type]
