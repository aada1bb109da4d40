"""Letters about accounts."""

from string import Formatter

import pytest

from homeserver.http.languages import LANGUAGES, load
from homeserver.users.account_letters import ALARMING, AccountLetters

SENTENCES = load("homeserver.users", "letters")
VALUES = {
    "user_id": "@alice:test",
    "address": "a@example.net",
    "time": "now",
    "ip": "192.0.2.1",
    "device": "<b>Phone</b>",
    "device_id": "X",
}
KINDS = sorted({key.partition(".")[0] for key in SENTENCES["en"] if "." in key})


def gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_every_language_says_the_same_with_the_same_gaps() -> None:
    english, *others = SENTENCES.values()

    for other in others:
        assert other.keys() == english.keys()
        assert [key for key in english if gaps(english[key]) != gaps(other[key])] == []


@pytest.mark.parametrize("language", [*LANGUAGES, "", "de"])
@pytest.mark.parametrize("kind", [it for it in KINDS if it != "unknown"])
def test_every_letter_can_be_written(kind: str, language: str) -> None:
    letter = AccountLetters("test").written(
        kind, language, "a@example.net", "https://x/y", **VALUES
    )

    assert letter.subject.startswith("[test] ") and "\n" not in letter.subject
    assert "https://x/y" in letter.text and 'href="https://x/y"' in letter.html
    assert "{" not in letter.text


def test_what_others_chose_is_no_markup() -> None:
    letter = AccountLetters("test").written("sign_in", "en", "a@example.net", "https://x", **VALUES)

    assert "<b>Phone</b>" in letter.text and "&lt;b&gt;Phone" in letter.html


def test_letters_about_what_has_happened_sound_the_alarm() -> None:
    letters = AccountLetters("test")
    for kind in KINDS:
        if kind != "unknown":
            text = letters.written(kind, "en", "a@example.net", "https://x", **VALUES).text
            assert ("set a new password at once" in text) == (kind in ALARMING)
