"""People of a directory. What speaks LDAP is tested with a real one, in tests/accounts."""

import pytest
from attrs import define, field

from homeserver.media.threads import at_once
from homeserver.peers.ldap_directory import DirectoryError, Entry
from homeserver.storage import accounts
from homeserver.storage.accounts import Account
from homeserver.users.sso.directory_login import DirectoryAway, DirectoryLogin
from tests.outcomes import outcome
from tests.people import Server

DAVE = Entry("Dave", "Dave D.", "dave@example.org")


@define
class DirectoryOfTests:
    """`entries` are by name; everybody has the same password."""

    entries: dict[str, Entry] = field(factory=dict)
    is_away: bool = False

    def check(self, username: str, password: str) -> Entry | None:
        if self.is_away:
            raise DirectoryError("it does not answer")
        return self.entries.get(username.lower()) if password == "secret" else None


@pytest.fixture
def directory() -> DirectoryOfTests:
    return DirectoryOfTests({"dave": DAVE})


def login(server: Server, directory: DirectoryOfTests, makes: bool = True) -> DirectoryLogin:
    it = server.app.accounts.foundations
    return DirectoryLogin(directory, it.workshop, it.external_accounts, at_once, makes)


def test_who_comes_first_gets_an_account_and_later_the_same(
    server: Server, directory: DirectoryOfTests
) -> None:
    people = login(server, directory)

    for name in ("@dave:test", "@DAVE:test", "@dave:test"):
        found = outcome(people.account_of(name, "secret"))
        assert found is not None and found.user_id == "@dave:test"

    assert found is not None and found.password_hash is None
    profile = server.anonymous.get("/v3/profile/@dave:test")
    assert profile["displayname"] == "Dave D."
    assert outcome(people.keeps("@dave:test")) and not outcome(people.keeps("@other:test"))


@pytest.mark.parametrize(
    ("user_id", "password"),
    [("@dave:test", "guess"), ("@nobody:test", "secret"), ("@dave:elsewhere", "secret")],
)
def test_nobody_else_comes_in(
    server: Server, directory: DirectoryOfTests, user_id: str, password: str
) -> None:
    assert outcome(login(server, directory).account_of(user_id, password)) is None


def test_a_name_that_is_taken_is_not_given_to_who_has_it_there(
    server: Server, directory: DirectoryOfTests
) -> None:
    """Also not one without a password, such as a bridge makes."""
    ghost = Account(user_id="@dave:test", created_ts=1, appservice="bridge")
    outcome(server.app.database.write(accounts.add, ghost))

    assert outcome(login(server, directory).account_of("@dave:test", "secret")) is None


def test_strangers_get_no_accounts_where_they_may_not(
    server: Server, directory: DirectoryOfTests
) -> None:
    people = login(server, directory, makes=False)

    assert outcome(people.account_of("@dave:test", "secret")) is None


def test_names_that_nobody_can_have_here_are_left_out(
    server: Server, directory: DirectoryOfTests
) -> None:
    directory.entries["алиса"] = Entry("Алиса", "", "")

    assert outcome(login(server, directory).account_of("@алиса:test", "secret")) is None


def test_a_directory_that_is_away_is_no_wrong_password(
    server: Server, directory: DirectoryOfTests
) -> None:
    directory.is_away = True

    with pytest.raises(DirectoryAway):
        outcome(login(server, directory).account_of("@dave:test", "secret"))
