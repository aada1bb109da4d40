"""Who may ask in another server's name."""

import json
from typing import Any

import pytest
from nacl.signing import SigningKey

from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from tests.homeserver.peers.neighbours import Neighbours, Stranger
from tests.internet import Internet
from tests.people import Exchange, Refused, Server

PATH = "/_isthmus/test/whoami"


class WhoAmI:
    """An endpoint for servers."""

    @route("GET", PATH, access=Access.SERVER)
    @route("PUT", PATH, access=Access.SERVER)
    async def whoami(self, request: Request) -> JsonObject:
        return {"origin": request.origin, "user_id": request.user_id}


@pytest.fixture
def server(neighbours: Neighbours) -> Server:
    server = neighbours.starts("one.example")
    server.app.endpoints["federation"].append(WhoAmI())
    server.factory = server.app.factory(("federation",))
    return server


@pytest.fixture
def stranger(neighbours: Neighbours) -> Stranger:
    return Stranger(neighbours, "stranger.example")


def send(
    internet: Internet, server: Server, header: str, uri: str = PATH, body: Any = None
) -> JsonObject:
    data = b"" if body is None else json.dumps(body).encode()
    method = "GET" if body is None else "PUT"
    exchange: Exchange = server.exchange(method, uri, data, {"Authorization": header})
    internet.settle()
    return exchange.json()


def refused(internet: Internet, server: Server, header: str, **request: Any) -> tuple[int, str]:
    with pytest.raises(Refused) as raised:
        send(internet, server, header, **request)
    return raised.value.status, str(raised.value.errcode)


UNAUTHORIZED = (401, "M_UNAUTHORIZED")


def test_a_signed_request_is_that_of_its_server(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    assert send(internet, server, stranger.header("GET", PATH, "one.example")) == {
        "origin": "stranger.example",
        "user_id": "",
    }


def test_query_and_body_are_signed_too(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    uri, body = PATH + "?a=%20b&c", {"z": 1, "a": {"ü": [1.5, None]}}
    header = stranger.header("PUT", uri, "one.example", body)

    assert send(internet, server, header, uri, body)["origin"] == "stranger.example"
    assert refused(internet, server, header, uri=uri, body={**body, "z": 2}) == UNAUTHORIZED
    assert refused(internet, server, header, uri=PATH + "?a=b", body=body) == UNAUTHORIZED
    assert refused(internet, server, header, uri=uri) == UNAUTHORIZED


def test_servers_of_old_name_no_destination(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    header = stranger.header("GET", PATH, None).replace('destination="None",', "")
    assert send(internet, server, header)["origin"] == "stranger.example"


def test_a_request_for_another_server_is_refused(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    header = stranger.header("GET", PATH, "two.example")
    assert refused(internet, server, header) == UNAUTHORIZED
    assert stranger.website.requests == []


def test_a_forged_signature_is_refused(
    internet: Internet, server: Server, stranger: Stranger, neighbours: Neighbours
) -> None:
    forged = Stranger(neighbours, "mallory.example", key=SigningKey(b"\7" * 32))
    forged.name = "stranger.example"
    assert refused(internet, server, forged.header("GET", PATH, "one.example")) == UNAUTHORIZED


@pytest.mark.parametrize(
    "header", ["Bearer abc", "X-Matrix nonsense", 'X-Matrix origin="?",key="ed25519:1",sig="x"']
)
def test_what_is_no_signature_is_refused(internet: Internet, server: Server, header: str) -> None:
    assert refused(internet, server, header) == UNAUTHORIZED


def test_nobody_speaks_for_this_server(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    stranger.name = "one.example"
    assert refused(internet, server, stranger.header("GET", PATH, "one.example")) == UNAUTHORIZED


def test_a_user_of_this_server_is_no_server(internet: Internet, server: Server) -> None:
    server.factory = server.app.factory(("client", "federation"))
    alice = server.person("alice")
    assert refused(internet, server, f"Bearer {alice.token}") == UNAUTHORIZED


def test_a_retired_or_unknown_key_signs_no_requests(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    old = stranger.keys()["verify_keys"]["ed25519:s"]["key"]
    signed_with_old = stranger.header("GET", PATH, "one.example")
    stranger.old_keys = {"ed25519:s": {"key": old, "expired_ts": 5}}
    stranger.key_id, stranger.key = "ed25519:t", SigningKey(b"\2" * 32)

    assert refused(internet, server, signed_with_old) == UNAUTHORIZED
    assert send(internet, server, stranger.header("GET", PATH, "one.example"))


def test_a_server_that_cannot_be_asked_for_its_keys_is_not_believed(
    internet: Internet, server: Server, stranger: Stranger
) -> None:
    stranger.goes()
    for _ in range(5):
        header = stranger.header("GET", PATH, "one.example")
        assert refused(internet, server, header) == UNAUTHORIZED
    assert internet.calls.count((stranger.neighbours.address_of(stranger.name), 8448)) == 1


def test_servers_that_are_kept_out_are_refused(
    neighbours: Neighbours, internet: Internet, stranger: Stranger
) -> None:
    server = neighbours.starts("two.example", deny=("stranger.*",))
    server.app.endpoints["federation"].append(WhoAmI())
    server.factory = server.app.factory(("federation",))

    header = stranger.header("GET", PATH, "two.example")
    assert refused(internet, server, header) == (403, "M_FORBIDDEN")
    assert stranger.website.requests == []


def test_without_federation_there_is_nothing_to_ask(
    neighbours: Neighbours, internet: Internet
) -> None:
    server = neighbours.starts("alone.example", enabled=False)
    server.factory = server.app.factory(("federation", "keys"))
    for path in ("/_matrix/federation/v1/version", "/_matrix/key/v2/server"):
        assert refused(internet, server, "", uri=path) == (404, "M_UNRECOGNIZED")
