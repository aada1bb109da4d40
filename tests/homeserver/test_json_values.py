"""JSON, strictly."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.json_values import MAX_DEPTH, decode, encode, exceeds_depth

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_again(value: Any) -> None:
    assert decode(encode(value)) == value
    assert json.loads(encode(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"nul",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"01",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 1} x',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        rb'"\ud800"',
        b'"\n"',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
    ],
)
def test_what_is_not_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        decode(text)


@pytest.mark.parametrize(("left", "right"), [("[", "]"), ('{"a":', "}")])
def test_nesting_has_an_end(left: str, right: str) -> None:
    def nested(depth: int) -> str:
        return left * depth + "1" + right * depth

    assert decode(nested(MAX_DEPTH))
    for depth in (MAX_DEPTH + 1, 1000, 100_000):
        with pytest.raises(ValueError):
            decode(nested(depth))


def test_depth_counts_what_stands_inside_something_else() -> None:
    assert not exceeds_depth("text", 1)
    assert not exceeds_depth([], 1)
    assert exceeds_depth([[]], 1)
    assert not exceeds_depth([1, 2, {}], 2)
    assert exceeds_depth([1, [2], {"a": {"b": []}}], 3)


def test_prepared_json_is_copied_as_it_is() -> None:
    assert encode({"a": orjson.Fragment(b'{"b":1}')}) == b'{"a":{"b":1}}'
