"""JSON, strictly."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.json_values import MAX_DEPTH, SMALL, decode, encode, exceeds_depth

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


@pytest.mark.parametrize("bomb", [b"[],", b"{},", b'{"a":1},', b"[[[]]],", b"1,", b"0.1,"])
def test_what_would_swell_in_memory_is_refused(bomb: bytes) -> None:
    def repeated(size: int) -> bytes:
        return b"[" + bomb * (size // len(bomb)) + b"1]"

    with pytest.raises(ValueError, match="more values"):
        decode(repeated(SMALL + 100))
    assert decode(repeated(1000))


@pytest.mark.parametrize("content", [[[]] * 16_000, "," * 60_000, [1] * 30_000])
def test_no_lawful_event_blocks_those_that_come_with_it(content: Any) -> None:
    """Else somebody could cut two servers off by a message that the one accepts."""
    transaction = {"pdus": [{"type": "m.room.message", "content": {"x": content}}] * 50}

    assert decode(encode(transaction)) == transaction


def test_many_events_are_no_bomb() -> None:
    """As small as they come, and full of commas."""
    event = {
        "type": "m.room.member",
        "content": {"membership": "join", "displayname": "a, b, c [d] {e}"},
        "sender": "@a:b.c",
        "state_key": "@a:b.c",
        "room_id": "!" + "x" * 43,
        "origin_server_ts": 1,
        "depth": 2,
        "prev_events": ["$" + "x" * 43],
        "auth_events": ["$" + "x" * 43] * 3,
        "hashes": {"sha256": "x" * 43},
        "signatures": {"b.c": {"ed25519:1": "x" * 86}},
    }
    assert len(decode(encode({"state": [event] * 1000}))["state"]) == 1000
    ids = {"pdu_ids": ["$" + "x" * 43] * 10_000}
    assert decode(encode(ids)) == ids


def test_depth_counts_what_stands_inside_something_else() -> None:
    assert not exceeds_depth("text", 1)
    assert not exceeds_depth([], 1)
    assert exceeds_depth([[]], 1)
    assert not exceeds_depth([1, 2, {}], 2)
    assert exceeds_depth([1, [2], {"a": {"b": []}}], 3)


def test_prepared_json_is_copied_as_it_is() -> None:
    assert encode({"a": orjson.Fragment(b'{"b":1}')}) == b'{"a":{"b":1}}'
