"""Answers go nowhere but where the app lives. The examples are the specification's."""

import pytest

from homeserver.users.oauth.redirects import matches, may_register, source_of

WEB = ["https://example.com/callback", "https://app.example.com/callback"]
WEB += ["https://example.com:5173/?query=value"]
NO_WEB = ["https://example.com/callback#fragment", "http://example.com/callback"]
NO_WEB += ["http://localhost/", "https://example.com.evil.org/", "https://evilexample.com/"]
NO_WEB += [
    "https://example.com@evil.org/",
    "https://evil.org\\@example.com/",
    "javascript:alert(1)",
]
NATIVE = ["com.example.app:/callback", "com.example:/", "com.example:callback"]
NATIVE += ["http://localhost/callback", "http://127.0.0.1/callback", "http://[::1]/callback"]
NO_NATIVE = ["example:/callback", "com.example.app://callback", "https://localhost/callback"]
NO_NATIVE += ["http://localhost:1234/callback", "com.examples:/x", "http://me@localhost/"]


@pytest.mark.parametrize("uri", WEB)
def test_websites_are_answered_at_their_own_host(uri: str) -> None:
    assert may_register(uri, "example.com", "web")
    assert may_register(uri, "example.com", "native")


@pytest.mark.parametrize("uri", NO_WEB)
def test_websites_are_answered_nowhere_else(uri: str) -> None:
    assert not may_register(uri, "example.com", "web")


@pytest.mark.parametrize("uri", NATIVE)
def test_programs_are_answered_by_their_own_scheme_or_on_their_machine(uri: str) -> None:
    assert may_register(uri, "example.com", "native")
    assert not may_register(uri, "example.com", "web")


@pytest.mark.parametrize("uri", NO_NATIVE)
def test_programs_are_answered_nowhere_else(uri: str) -> None:
    assert not may_register(uri, "example.com", "native")


def test_on_the_own_machine_any_port_will_do() -> None:
    assert matches("http://127.0.0.1:40123/back", "http://127.0.0.1/back")
    assert matches("http://[::1]:40123/back", "http://[::1]/back")
    assert not matches("http://127.0.0.1:40123/other", "http://127.0.0.1/back")
    assert not matches("http://localhost:40123/back", "http://127.0.0.1/back")
    assert not matches("http://127.0.0.1:80@evil.org/back", "http://127.0.0.1/back")


def test_anything_else_must_be_the_same_letter_for_letter() -> None:
    registered = "https://example.com/back"

    assert matches(registered, registered)
    for uri in (registered + "/", registered + "?x=1", "https://example.com:444/back"):
        assert not matches(uri, registered)


def test_browsers_are_told_what_a_page_may_lead_to() -> None:
    assert source_of("https://app.example.com:444/back?x=1") == "https://app.example.com:444"
    assert source_of("com.example.app:/back") == "com.example.app:"
    assert source_of("http://[::1]:4000/back") == "http:"
