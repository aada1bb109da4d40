"""From method and path to the endpoint."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.errors import MatrixError
from homeserver.http.request import Request
from homeserver.http.routing import Router, route
from homeserver.json_values import JsonObject
from tests.homeserver.http.shop import Shop


def asked(path: str, method: str = "GET") -> tuple[int, JsonObject]:
    wire = Shop().connect()
    wire.send(f"{method} {path} HTTP/1.1\r\nContent-Length: 0\r\n\r\n".encode())
    status, _, body = wire.answer()
    return status, json.loads(body)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("plain", "plain"),
        ("%21room%3Atest", "!room:test"),
        ("!room:test", "!room:test"),
        ("a%2Fb%2Fc", "a/b/c"),
        ("a%252Fb", "a%2Fb"),
        ("a+b%20c", "a+b c"),
        ("%23h%C3%A4user", "#häuser"),
        ("%F0%9F%8F%A0", "🏠"),
        ("100%", "100%"),
        ("%zz", "%zz"),
        ("..", ".."),
        ("%2e%2e%2f", "../"),
        ("", ""),
    ],
)
def test_parts_of_paths_arrive_decoded(path: str, name: str) -> None:
    assert asked(f"/_shop/things/{path}") == (200, {"name": name})


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
def test_any_name_can_be_asked_for(name: str) -> None:
    assert asked(f"/_shop/things/{quote(name, safe='')}") == (200, {"name": name})


@pytest.mark.parametrize("path", ["%FF", "%C3%28", "%ED%A0%80", "%00", "a%00b"])
def test_names_that_are_no_text_are_refused(path: str) -> None:
    status, body = asked(f"/_shop/things/{path}")

    assert (status, body["errcode"]) == (400, "M_INVALID_PARAM")


def test_bytes_that_no_address_may_hold_are_no_http() -> None:
    assert asked("/_shop/things/häuser")[0] == 400


@pytest.mark.parametrize("path", ["/_shop/hello/", "/_shop/things/x/", "/_matrix/client/v3/both/"])
def test_a_slash_at_the_end_does_no_harm(path: str) -> None:
    assert asked(path)[0] == 200


@pytest.mark.parametrize(
    "path", ["/", "/_shop", "/_shop/", "/_shop/hello/more", "//_shop/hello", "/_SHOP/hello", "/%2F"]
)
def test_unknown_paths(path: str) -> None:
    status, body = asked(path)

    assert (status, body["errcode"]) == (404, "M_UNRECOGNIZED")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_known_paths_with_another_method(method: str) -> None:
    status, body = asked("/_shop/hello", method)

    assert (status, body["errcode"]) == (405, "M_UNRECOGNIZED")


def test_version_3_is_served_to_old_clients_too() -> None:
    assert asked("/_matrix/client/v3/both")[0] == 200
    assert asked("/_matrix/client/r0/both")[0] == 200
    assert asked("/_matrix/client/v1/both")[0] == 404


class Twice:
    @route("GET", "/_shop/hello")
    async def hello(self, request: Request) -> JsonObject:
        return {}


def test_two_endpoints_for_one_thing_stop_the_start() -> None:
    router = Router()
    router.add(Twice())
    with pytest.raises(ValueError, match="two endpoints for GET /_shop/hello"):
        router.add(Twice())


@given(st.text(max_size=200))
def test_no_path_is_worse_than_unknown(path: str) -> None:
    router = Router()
    router.add(Twice())
    try:
        router.find("GET", "/" + path.encode("utf-8", "ignore").decode("latin-1"))
    except MatrixError as error:
        assert error.status in (400, 404)
