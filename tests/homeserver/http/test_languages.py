"""Which language somebody is spoken to in."""

import pytest

from homeserver.http.languages import preferred


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        ("", "en"),
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("de,en;q=0.5,ru;q=0.7", "ru"),
        ("de", "en"),
        ("ru;q=0,en;q=0.1", "en"),
        ("ru;q=nonsense,*", "en"),
    ],
)
def test_a_browser_says_which_language_it_likes(wish: str, language: str) -> None:
    assert preferred(wish) == language
