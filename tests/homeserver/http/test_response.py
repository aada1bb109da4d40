"""Answers as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.errors import Forbidden, LimitExceeded
from homeserver.http.response import Response, error_response, head_of, json_response
from tests.homeserver.http.shop import Shop, read_answers


def sent(response: Response, keep_alive: bool = True) -> tuple[int, dict[str, str], bytes]:
    (found,) = read_answers(head_of(response, keep_alive=keep_alive) + response.body)
    return found


def test_json_and_its_length() -> None:
    status, headers, body = sent(json_response({"a": "ä"}))

    assert (status, body) == (200, '{"a":"ä"}'.encode())
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == "10"


def test_errors_of_the_spec() -> None:
    status, _, body = sent(error_response(Forbidden("No.", extra_field=1)))

    assert (status, body) == (403, b'{"errcode":"M_FORBIDDEN","error":"No.","extra_field":1}')


@pytest.mark.parametrize(
    ("wait_ms", "seconds"), [(1, "1"), (1000, "1"), (1001, "2"), (60_000, "60")]
)
def test_who_must_wait_is_told_how_long(wait_ms: int, seconds: str) -> None:
    status, headers, body = sent(error_response(LimitExceeded(wait_ms)))

    assert (status, headers["retry-after"]) == (429, seconds)
    assert b'"retry_after_ms":%d' % wait_ms in body


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body_have_no_type(status: int) -> None:
    _, headers, body = sent(Response(b"", status))

    assert body == b"" and "content-type" not in headers


def test_an_unusual_status_still_makes_a_line() -> None:
    assert head_of(Response(b"", 418), keep_alive=True).startswith(b"HTTP/1.1 418 Unknown\r\n")


@given(st.text(), st.text())
def test_no_value_begins_a_line_of_its_own(content_type: str, value: str) -> None:
    response = Response(b"body", 200, content_type, (("X-Odd", value),))
    head = head_of(response, keep_alive=True)

    plain = head_of(Response(b"body", 200, "a/b", (("X-Odd", "c"),)), keep_alive=True)
    assert head.count(b"\r\n") == plain.count(b"\r\n")
    assert head.count(b"\n") == head.count(b"\r") == head.count(b"\r\n")
    assert head.count(b"\r\n\r\n") == 1


def test_a_request_cannot_split_its_answer() -> None:
    wire = Shop().connect().get("/_shop/odd?value=a%0d%0aSet-Cookie:%20b%0d%0a%0d%0a<html>")

    status, headers, body = wire.answer()
    assert (status, body) == (200, b"odd")
    assert "set-cookie" not in headers
