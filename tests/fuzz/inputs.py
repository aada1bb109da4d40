"""What hostile or broken clients send."""

import json
from typing import Any

from hypothesis import strategies as st

HOSTILE_STRINGS = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff\ud800",
    "\ufffe\uffff",
    "\u202e",
    "🍰" * 100,
    "a" * 256,
    "a" * 1500,
    "../../etc/passwd",
    "%00%ff",
    "'; DROP TABLE events; --",
    "{}",
    "null",
    "1e400",
    "-1",
]

MALFORMED_IDS = [
    "",
    "!",
    "@",
    "#",
    "$",
    "!:",
    "@:localhost",
    "#a",
    "!unknown:elsewhere.example",
    "@nobody:elsewhere.example",
    "#nowhere:elsewhere.example",
    "$" + "A" * 43,
    "!" + "a" * 300 + ":localhost",
    "@" + "a" * 300 + ":localhost",
    "@a:localhost:99999",
    "@a:b:c:d",
    "@A B:localhost",
    "!a/b:localhost",
    "!a\x00:localhost",
    "@\ud800:localhost",
    "@ü:localhost",
]

EXTREME_NUMBERS = [
    0, -1, 0.5, 2**31, 2**53, -(2**53), 2**63, 2**64, 10**400, 1e308, -0.0,
]  # fmt: skip

texts = st.sampled_from(HOSTILE_STRINGS) | st.text(max_size=40)
ids = st.sampled_from(MALFORMED_IDS) | texts
numbers = st.sampled_from(EXTREME_NUMBERS) | st.integers() | st.floats(allow_nan=False)
scalars = st.none() | st.booleans() | numbers | texts | ids

values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
"""Any JSON at all; lone surrogates and huge numbers are written out as they are."""

objects = st.dictionaries(texts, values, max_size=6)


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


NOT_JSON_OBJECTS = {
    "words": b"hello",
    "half an object": b'{"a": 1, "b":',
    "two objects": b"{} {}",
    "a trailing comma": b'{"a": 1,}',
    "a list": b"[]",
    "a string": b'"hello"',
    "a number": b"1",
    "null": b"null",
    "not a number": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "invalid UTF-8": b'{"a": "\xff\xfe"}',
    "an overlong encoding": b'{"a": "\xc0\xaf"}',
    "an encoded surrogate": b'{"a": "\xed\xa0\x80"}',
    "an escaped lone surrogate": b'{"a": "\\ud800"}',
    "a raw NUL byte": b'{"a": "\x00"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "deep nesting": nested(1000),
    "very deep nesting": nested(200_000),
    "unclosed nesting": b"[" * 500_000,
}


def fields_for(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of the fields that an endpoint knows, and any values in them."""
    known = st.dictionaries(st.sampled_from(names), values) if names else st.just({})
    return st.builds(lambda fields, more: more | fields, known, objects)


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()
