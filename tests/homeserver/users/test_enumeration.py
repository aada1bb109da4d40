"""Nobody learns by the time that an answer takes who has an account."""

from collections.abc import Callable

import pytest

from tests.browser import Browser
from tests.homeserver.accounts_web.conftest import browser, server
from tests.homeserver.rooms.test_joining import refusal
from tests.outcomes import outcome
from tests.people import Server

__all__ = ["browser", "server"]


@pytest.mark.parametrize("name", ["alice", "closed", "nobody", "not a name"])
def test_every_wrong_password_costs_as_much(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Hashing is what takes time: it is done once for each attempt, whoever is meant."""
    server.person("closed")
    outcome(server.app.accounts.deactivation.deactivate("@closed:test", erase=False))
    hashed: list[object] = []
    passwords = server.app.accounts.foundations.passwords
    plain: Callable[..., object] = passwords.matches

    def counted(password: str, hash: str | None) -> object:
        hashed.append(hash)
        return plain(password, hash)

    monkeypatch.setattr(passwords, "matches", counted)
    login = {"type": "m.login.password", "user": name, "password": "a guess"}
    status, _ = refusal(server.anonymous, "POST", "/v3/login", login)
    page = Browser(server).signs_in(name, "a guess")

    assert (status, page.status) == (403, 403)
    assert len(hashed) == 2
