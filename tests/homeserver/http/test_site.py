"""What happens to a request on its way to an endpoint, and to the answer on its way back."""

import json
import logging

import pytest

from homeserver.json_values import JsonObject
from tests.homeserver.http.shop import Shop


def asked(shop: Shop, path: str, *headers: str) -> tuple[int, JsonObject]:
    status, _, body = shop.connect().get(path, *headers).answer()
    return status, json.loads(body)


def test_who_asks_is_known_to_the_endpoint(shop: Shop) -> None:
    assert asked(shop, "/_shop/mine", "Authorization: Bearer alice") == (
        200,
        {"user_id": "@alice:test"},
    )


def test_without_a_token_nobody_enters(shop: Shop) -> None:
    status, body = asked(shop, "/_shop/mine")

    assert (status, body["errcode"]) == (401, "M_MISSING_TOKEN")


def test_errors_of_endpoints_are_the_answer(shop: Shop) -> None:
    assert asked(shop, "/_shop/forbidden") == (
        403,
        {"errcode": "M_FORBIDDEN", "error": "Not for you."},
    )


def test_limits_come_before_the_work(shop: Shop) -> None:
    status, body = asked(shop, "/_shop/dear")

    assert (status, body["errcode"], body["retry_after_ms"]) == (429, "M_LIMIT_EXCEEDED", 1500)


def test_faults_of_ours_are_logged_and_leak_nothing(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        status, body = asked(shop, "/_shop/fails?private=value")

    assert (status, body["errcode"]) == (500, "M_UNKNOWN")
    assert "secret" not in json.dumps(body) and "Lookup" not in json.dumps(body)
    assert "the secret ingredient" in caplog.text
    assert "private" not in caplog.text


def test_the_next_request_is_answered_after_a_fault(shop: Shop) -> None:
    wire = shop.connect().get("/_shop/fails").get("/_shop/hello")

    assert [status for status, _, _ in wire.answers()] == [500, 200]


def test_every_answer_is_counted_by_its_route_not_by_its_path(shop: Shop) -> None:
    for path in ("/_shop/things/a", "/_shop/things/b", "/nowhere", "/_shop/fails", "/_shop/mine"):
        shop.connect().get(path)

    assert shop.tally.counted == [
        ("/_shop/things/{name}", 200),
        ("/_shop/things/{name}", 200),
        ("", 404),
        ("/_shop/fails", 500),
        ("/_shop/mine", 401),
    ]
