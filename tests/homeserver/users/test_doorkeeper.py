"""Who asks, and what it costs to know."""

from collections.abc import Awaitable

import pytest

from homeserver.errors import UnknownToken, Unrecognized
from homeserver.http.request import Request
from homeserver.http.requester import Requester
from homeserver.http.routing import Access
from tests.outcomes import outcome
from tests.people import Person, Server

# Which database it is makes no difference to these.
pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)


def request_of(person: Person) -> Request:
    headers = {b"authorization": b"bearer " + person.token.encode()}
    return Request("GET", "/_matrix/client/v3/sync", "", headers, b"", "203.0.113.7")


def identified(person: Person, access: Access = Access.USER) -> Requester | None:
    found = person.server.app.accounts.doorkeeper.identify(request_of(person), access)
    return outcome(found) if isinstance(found, Awaitable) else found


def test_who_was_seen_before_is_known_at_once(server: Server) -> None:
    alice = server.person("alice")
    first = identified(alice)

    second = server.app.accounts.doorkeeper.identify(request_of(alice), Access.USER)

    assert isinstance(second, Requester)
    assert second is first
    assert second.user_id == "@alice:test"


def test_a_token_opens_nothing_meant_for_servers(server: Server) -> None:
    with pytest.raises(Unrecognized):
        identified(server.person("alice"), Access.SERVER)


def test_where_a_token_is_optional_a_wrong_one_is_still_refused(server: Server) -> None:
    doorkeeper = server.app.accounts.doorkeeper
    nobody = Request("GET", "/", "", {}, b"", "203.0.113.7")

    assert doorkeeper.identify(nobody, Access.OPTIONAL) is None
    with pytest.raises(UnknownToken):
        identified(Person(server, "x", "guess"), Access.OPTIONAL)


def test_requests_know_of_suspensions_and_administrators_at_once(server: Server) -> None:
    alice = server.person("alice")
    identified(alice)
    accounts = server.app.accounts.accounts

    outcome(accounts.suspend("@alice:test", True))
    outcome(accounts.make_admin("@alice:test", True))
    outcome(accounts.free_of_limits("@alice:test", True))

    requester = identified(alice)
    assert requester is not None
    assert (requester.is_suspended, requester.is_admin, requester.is_unlimited) == (
        True,
        True,
        True,
    )


def test_a_token_in_the_address_counts_for_nothing(server: Server) -> None:
    alice = server.person("alice")
    exchange = server.anonymous.ask("GET", "/v3/account/whoami", access_token=alice.token)

    assert exchange.raw()[0] == 401
