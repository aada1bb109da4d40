"""Logging in with an account of one's own."""

import asyncio

import pytest

from bridges.kit.contract import Answers
from bridges.kit.failures import Rejected
from bridges.kit.network import QR, Flow, Login
from bridges.networks.telegram.network import Telegram
from bridges.networks.telegram.settings import TelegramSettings
from bridges.networks.telegram.user.account import Answer
from bridges.networks.telegram.user.logins import PHONE, SCAN
from tests.bridges.networks.telegram.user.script import CODE, PASSWORD, PICTURE, SESSION, Script


def log_in(script: Script | None, flow: Flow, answers: Answers) -> Login:
    return asyncio.run(Telegram(TelegramSettings(), script).login(flow, answers))


def test_a_code_by_phone_is_enough() -> None:
    login = log_in(Script(), PHONE, Answers({"phone": "+491", "code": CODE}))
    assert (login.id, login.name) == ("501", "Alice")
    assert login.secrets == {"session": SESSION}
    assert SESSION not in repr(login)


def test_a_password_is_asked_for_where_there_is_one() -> None:
    script = Script(has_password=True)
    answers = Answers({"phone": "+491", "code": CODE, "password": PASSWORD})
    assert log_in(script, PHONE, answers).id == "501"
    assert script.done[-1] == ("closed",)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"phone": "491", "code": CODE}, "no account with that number"),
        ({"phone": "+491", "code": "1"}, "did not let you in"),
        ({"phone": "+491", "code": CODE, "password": "guess"}, "did not let you in"),
    ],
)
def test_who_does_not_know_the_answers_stays_outside(given: dict[str, str], words: str) -> None:
    script = Script(has_password=True)
    with pytest.raises(Rejected, match=words):
        log_in(script, PHONE, Answers(given))
    assert script.done[-1] == ("closed",)


def test_a_picture_is_shown_anew_until_it_is_scanned() -> None:
    answers = Answers({})
    script = Script(scans=[Answer.EXPIRED, Answer.ADMITTED])
    assert log_in(script, SCAN, answers).id == "501"
    assert answers.shown == [QR(f"{PICTURE}1"), QR(f"{PICTURE}2")]


def test_after_the_scan_the_password_is_asked_for() -> None:
    script = Script(scans=[Answer.PASSWORD])
    assert log_in(script, SCAN, Answers({"password": PASSWORD})).id == "501"


def test_a_picture_that_nobody_scans_is_given_up() -> None:
    script = Script()
    with pytest.raises(Rejected, match="Begin again"):
        log_in(script, SCAN, Answers({}))
    assert script.pictures == 6


def test_without_the_operators_application_it_is_said_what_is_missing() -> None:
    with pytest.raises(Rejected, match=r"my\.telegram\.org"):
        log_in(None, PHONE, Answers({}))
