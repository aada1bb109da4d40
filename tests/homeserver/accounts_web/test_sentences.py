"""The pages speak English and Russian, and say the same in both."""

import re
from pathlib import Path
from string import Formatter

from homeserver.http.languages import load
from homeserver.storage.all_holdings import REASONS
from tests.browser import Browser
from tests.people import Server

SOURCES = Path(__file__).parents[3] / "homeserver/accounts_web"
KEY = re.compile(
    r"[\"']((?:sign_in|sign_out|register|field|hint|button|link|consent|account|device|password"
    r"|deactivate|forgotten|reset|mail|invitation|proof|second_step|two_steps|cross_signing|problem"
    r"|confirm|export|erased|kept|passkeys?|sso|for_apps)\.(?!html|js)[a-z_]+)[\"']"
)

SENTENCES = load("homeserver.accounts_web", "sentences")


def gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_every_sentence_is_there_in_every_language_with_the_same_gaps() -> None:
    first, *others = SENTENCES.values()

    for other in others:
        assert other.keys() == first.keys()
        assert [key for key in first if gaps(first[key]) != gaps(other[key])] == []


def test_every_sentence_is_used_and_none_is_missing() -> None:
    files = [*SOURCES.glob("*.py"), *SOURCES.glob("templates/*.html")]
    used = {key for path in files for key in KEY.findall(path.read_text())}

    reasons = {f"kept.{reason}" for reason in REASONS}
    assert used | reasons == SENTENCES["en"].keys()


def test_a_page_comes_in_the_browsers_language(server: Server) -> None:
    page = Browser(server, language="ru").opens("/_isthmus/account/sign-in")

    assert '<html lang="ru">' in page.text
    assert "Войти" in page.text
    assert page.headers["content-language"] == "ru"
