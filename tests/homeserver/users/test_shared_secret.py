"""Registration by tools that know a secret."""

import hmac
from collections.abc import Callable
from typing import Any

import pytest

from homeserver.config.accounts import Registration
from tests.conftest import SHARED_SECRET
from tests.people import JsonObject, Person, Refused, Server

# Which database it is makes no difference to these.
pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)

PATH = "/_synapse/admin/v1/register"


def signed(nonce: str, secret: str = SHARED_SECRET, **wish: Any) -> JsonObject:
    body = {"nonce": nonce, "username": "alice", "password": "pw", **wish}
    parts = [
        nonce,
        body["username"],
        body["password"],
        "admin" if body.get("admin") else "notadmin",
    ]
    if "user_type" in body:
        parts.append(body["user_type"])
    mac = hmac.new(secret.encode(), "\0".join(parts).encode(), "sha1").hexdigest()
    return {**body, "mac": mac}


def new_nonce(server: Server) -> str:
    return str(server.anonymous.get(PATH)["nonce"])


def test_tools_make_accounts_on_a_closed_server(start_server: Callable[..., Server]) -> None:
    server = start_server(registration=Registration(enabled=False, shared_secret=SHARED_SECRET))

    answer = server.anonymous.post(PATH, signed(new_nonce(server), displayname="Alice A."))

    assert answer["user_id"] == "@alice:test"
    assert answer["home_server"] == "test"
    alice = Person(server, "alice", answer["access_token"])
    assert alice.get("/v3/account/whoami")["device_id"] == answer["device_id"]
    assert alice.get("/v3/profile/@alice:test")["displayname"] == "Alice A."
    assert alice.logs_in("pw")


def test_tools_make_administrators(server: Server) -> None:
    answer = server.anonymous.post(PATH, signed(new_nonce(server), admin=True, user_type="bot"))

    admin = Person(server, "alice", answer["access_token"])
    assert "m.account_moderation" in admin.get("/v3/capabilities")["capabilities"]


def test_the_signature_covers_whether_it_is_an_administrator(server: Server) -> None:
    with pytest.raises(Refused) as refused:
        server.anonymous.post(PATH, {**signed(new_nonce(server)), "admin": True})

    assert refused.value.status == 403


def test_who_does_not_know_the_secret_makes_no_accounts(server: Server) -> None:
    with pytest.raises(Refused) as refused:
        server.anonymous.post(PATH, signed(new_nonce(server), secret="guess"))

    assert refused.value.status == 403


def test_a_nonce_is_good_once_and_for_a_minute(server: Server) -> None:
    used, old = new_nonce(server), new_nonce(server)
    server.anonymous.post(PATH, signed(used))
    with pytest.raises(Refused) as again:
        server.anonymous.post(PATH, signed(used, username="bob"))
    server.clock.advance(60)
    with pytest.raises(Refused) as late:
        server.anonymous.post(PATH, signed(old, username="bob"))

    assert again.value.status == late.value.status == 400


def test_a_flood_of_nonces_takes_bounded_memory(server: Server) -> None:
    first = new_nonce(server)
    for _ in range(1100):
        new_nonce(server)

    with pytest.raises(Refused) as refused:
        server.anonymous.post(PATH, signed(first))

    assert refused.value.status == 400


def test_a_name_that_is_taken_is_refused(server: Server) -> None:
    server.person("alice")

    with pytest.raises(Refused) as refused:
        server.anonymous.post(PATH, signed(new_nonce(server)))

    assert (refused.value.status, refused.value.errcode) == (400, "M_USER_IN_USE")


def test_without_a_secret_there_is_no_such_way(start_server: Callable[..., Server]) -> None:
    server = start_server(registration=Registration(enabled=True))

    for method, body in (("GET", None), ("POST", signed("nonce", secret=""))):
        with pytest.raises(Refused) as refused:
            server.anonymous.ask(method, PATH, body).json()
        assert refused.value.status == 400
