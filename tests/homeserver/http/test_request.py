"""Requests as endpoints see them."""

from typing import Any

import pytest

from homeserver.errors import BadJson, InvalidParam, MatrixError, MissingParam, NotJson
from homeserver.http.request import MAX_PARAMETERS, Request, field, header


def request(query: str = "", body: bytes = b"", **headers: str) -> Request:
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Request("GET", "/", query, named, body, "203.0.113.7")


def errcode(error: type[MatrixError], work: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(error) as caught:
        work(*arguments, **options)
    assert caught.value.status == 400
    return caught.value.errcode


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("Bearer  abc ", "abc"),
        ("Bearer ", ""),
        ("Basic abc", None),
        ("abc", None),
    ],
)
def test_tokens_come_in_the_header_only(value: str, token: str | None) -> None:
    assert request(authorization=value).access_token() == token
    assert request("access_token=abc").access_token() is None


def test_a_body_is_strict_json() -> None:
    assert request(body=b'{"a": [1]}').json_object() == {"a": [1]}
    assert request().json_object_or_empty() == {}
    for bad in (b"", b"{", b"NaN", b"\xff", b'{"a":1} '[:-2]):
        assert errcode(NotJson, request(body=bad).json_object) == "M_NOT_JSON"
    for other in (b"[]", b"null", b"1", b'"a"'):
        assert errcode(BadJson, request(body=other).json_object) == "M_BAD_JSON"
    assert errcode(NotJson, request(body=b"[" * 5000).json) == "M_NOT_JSON"


def test_texts_in_the_query() -> None:
    asked = request("a=1&b=%C3%A4+x&empty=&a=2&c")

    assert (asked.text("a"), asked.text("b"), asked.text("c")) == ("1", "ä x", "")
    assert asked.parameters["a"] == ["1", "2"]
    assert (asked.optional_text("none"), asked.optional_text("empty")) == (None, "")
    assert errcode(MissingParam, asked.required_text, "none") == "M_MISSING_PARAM"


def test_a_query_in_raw_utf8_is_understood() -> None:
    assert request("a=ä".encode().decode("latin-1")).text("a") == "ä"


@pytest.mark.parametrize(
    "query",
    ["a=%FF", "a=\xff", "a=%00", "a=%ED%A0%80", "&".join(["a=1"] * (MAX_PARAMETERS + 1))],
)
def test_queries_that_are_no_text_or_too_long_are_refused(query: str) -> None:
    assert errcode(InvalidParam, request(query).text, "a") == "M_INVALID_PARAM"


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("17", 17), ("99999", 1000), ("9999999999999999", 1000)]
)
def test_integers_in_the_query(text: str, value: int) -> None:
    assert request(f"limit={text}").integer("limit", 5, maximum=1000) == value
    assert request().integer("limit", 5) == 5


@pytest.mark.parametrize("text", ["", "x", "1.5", "1e3", "-1", "--1", "٣", "0x10", "1_0", "9" * 17])
def test_other_numbers_are_refused(text: str) -> None:
    assert errcode(InvalidParam, request(f"limit={text}").integer, "limit", 5) == "M_INVALID_PARAM"


def test_booleans_choices_and_directions() -> None:
    asked = request("yes=true&no=false&odd=1&dir=b&bad=x")

    assert (asked.boolean("yes"), asked.boolean("no"), asked.boolean("none")) == (
        True,
        False,
        False,
    )
    assert asked.boolean("none", True)
    errcode(InvalidParam, asked.boolean, "odd")
    assert asked.choice("dir", "f", ("b", "f")) == "b" and asked.direction() == "b"
    errcode(InvalidParam, asked.choice, "bad", "f", ("b", "f"))
    errcode(MissingParam, request().direction)
    errcode(InvalidParam, request("dir=up").direction)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (str, "a", [1, True, [], {}]),
        (int, 1, ["1", True, 1.5, []]),
        (bool, True, [1, "true", []]),
        (dict, {"a": 1}, [[], "a", 1]),
        (list, [1], [{}, "a", 1]),
    ],
)
def test_members_of_a_body_are_of_their_kind(kind: type, good: Any, bad: list[Any]) -> None:
    assert field({"x": good}, "x", kind) == good
    for value in bad:
        assert errcode(BadJson, field, {"x": value}, "x", kind) == "M_BAD_JSON"
    assert errcode(MissingParam, field, {}, "x", kind) == "M_MISSING_PARAM"
    assert errcode(BadJson, field, {"x": None}, "x", kind) == "M_BAD_JSON"
    assert field({}, "x", kind, good) == good
    assert field({"x": None}, "x", kind, good) == good


def test_headers_by_name() -> None:
    assert header(request(x_odd="value"), "X-Odd") == "value"
    assert header(request(), "X-Odd") == ""
