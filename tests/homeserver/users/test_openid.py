import pytest

from homeserver.storage import openid_tokens
from tests.outcomes import outcome
from tests.people import Refused, Server

HOUR_MS = 3_600_000


def test_a_token_tells_for_an_hour_who_asked_for_it(server: Server) -> None:
    alice = server.person("alice")

    answer = alice.post("/v3/user/@alice:test/openid/request_token")

    assert (answer["token_type"], answer["matrix_server_name"]) == ("Bearer", "test")
    assert answer["expires_in"] == 3600
    assert _owner(server, answer["access_token"]) == "@alice:test"
    assert _owner(server, "another") is None
    server.clock.advance(3600)
    assert _owner(server, answer["access_token"]) is None


def test_a_token_is_only_for_oneself_and_opens_nothing_else(server: Server) -> None:
    alice, mallory = server.people("alice", "mallory")
    with pytest.raises(Refused) as refused:
        mallory.post("/v3/user/@alice:test/openid/request_token")
    assert refused.value.errcode == "M_FORBIDDEN"

    alice.token = alice.post("/v3/user/@alice:test/openid/request_token")["access_token"]
    with pytest.raises(Refused) as refused:
        alice.get("/v3/pushers")
    assert refused.value.errcode == "M_UNKNOWN_TOKEN"


def _owner(server: Server, token: str) -> str | None:
    found: list[str | None] = []
    now_ms = server.clock.now_ms()
    server.app.database.read(openid_tokens.owner, token, now_ms).addCallback(found.append)
    return found[0]


def test_a_token_of_who_was_sent_away_is_worth_nothing(server: Server) -> None:
    accounts, openid = server.app.accounts.accounts, server.app.user_data.openid
    alice, bob = server.people("alice", "bob")
    tokens = [
        person.post(f"/v3/user/{person.user_id}/openid/request_token")["access_token"]
        for person in (alice, bob)
    ]

    outcome(accounts.lock("@alice:test", True))
    outcome(server.app.accounts.deactivation.deactivate("@bob:test", erase=False))

    assert [outcome(openid.owner(token)) for token in tokens] == [None, None]
    outcome(accounts.lock("@alice:test", False))
    assert outcome(openid.owner(tokens[0])) == "@alice:test"
