"""Nobody learns by the time that an answer takes who has an account."""

from collections.abc import Callable

import pytest
from attrs import evolve

from homeserver.errors import MatrixError
from homeserver.media.threads import at_once
from homeserver.peers.ldap_directory import DirectoryError, Entry
from homeserver.users.guesses import Guesses, Place
from homeserver.users.sso.directory_login import DirectoryAway, DirectoryLogin
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


class DirectoryThatCounts:
    """It knows dave."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.is_away = False

    def check(self, username: str, password: str) -> Entry | None:
        self.asked.append((username, password))
        if self.is_away:
            raise DirectoryError("it does not answer")
        is_right = (username, password) == ("dave", "dave's secret")
        return Entry("dave", "Dave", "") if is_right else None


@pytest.mark.parametrize("is_away", [False, True])
def test_a_directory_is_asked_as_often_whoever_is_meant(
    server: Server, browser: Browser, is_away: bool
) -> None:
    """Otherwise who has an account here would be refused sooner than others."""
    it, directory = server.app.accounts.foundations, DirectoryThatCounts()
    people = DirectoryLogin(directory, it.workshop, it.external_accounts, at_once, True)
    credentials = evolve(it.credentials, directory=people)
    server.person("closed")
    outcome(server.app.accounts.deactivation.deactivate("@closed:test", erase=False))
    outcome(credentials.check("dave", "dave's secret", Place("192.0.2.1")))
    directory.is_away = is_away

    for name in ("alice", "closed", "nobody", "dave"):
        directory.asked.clear()
        with pytest.raises(DirectoryAway if is_away else MatrixError):
            outcome(credentials.check(name, "a guess", Place("192.0.2.1")))
        assert len(directory.asked) == 1, name
        if name in ("alice", "closed"):
            # What people here mistype is not told to anybody.
            assert "alice" not in directory.asked[0][0] and "a guess" not in directory.asked[0][1]


def test_a_directory_that_is_away_counts_no_less_guesses(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    it, directory = server.app.accounts.foundations, DirectoryThatCounts()
    directory.is_away = True
    people = DirectoryLogin(directory, it.workshop, it.external_accounts, at_once, True)
    credentials = evolve(it.credentials, directory=people)
    counted: list[str] = []

    async def count(self: Guesses, kind: str, who: str, place: Place) -> None:
        counted.append(who)

    monkeypatch.setattr(Guesses, "failed", count)

    with pytest.raises(DirectoryAway):
        outcome(credentials.check("alice", "a guess", Place("192.0.2.1")))

    assert counted == ["@alice:test"]
