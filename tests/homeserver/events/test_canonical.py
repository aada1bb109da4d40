import json
from typing import Any

import canonicaljson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.events.canonical import (
    MAX_INTEGER,
    canonical_json,
    check_canonical,
    historic_canonical_json,
)
from homeserver.events.problems import InvalidEvent

# Spec: Appendices, "Canonical JSON", "Examples".
SPEC_EXAMPLES = [
    ("{}", "{}"),
    ('{ "one": 1, "two": "Two" }', '{"one":1,"two":"Two"}'),
    ('{ "b": "2", "a": "1" }', '{"a":"1","b":"2"}'),
    ('{"b":"2","a":"1"}', '{"a":"1","b":"2"}'),
    (
        '{"auth": {"success": true, "mxid": "@john.doe:example.com", "profile": {'
        '"display_name": "John Doe", "three_pids": [{"medium": "email", "address": '
        '"john.doe@example.org"}, {"medium": "msisdn", "address": "123456789"}]}}}',
        '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe",'
        '"three_pids":[{"address":"john.doe@example.org","medium":"email"},'
        '{"address":"123456789","medium":"msisdn"}]},"success":true}}',
    ),
    ('{"a": "日本語"}', '{"a":"日本語"}'),
    ('{"本": 2, "日": 1}', '{"日":1,"本":2}'),
    (r'{"a": "\u65E5"}', '{"a":"日"}'),
    ('{"a": null}', '{"a":null}'),
]

text = st.text(st.characters(exclude_categories=["Cs"]))
integers = st.integers(-MAX_INTEGER, MAX_INTEGER)
values = st.recursive(
    st.none() | st.booleans() | integers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(("given_json", "canonical"), SPEC_EXAMPLES)
def test_the_examples_of_the_spec(given_json: str, canonical: str) -> None:
    value = json.loads(given_json)
    assert canonical_json(value) == canonical.encode()
    assert historic_canonical_json(value) == canonical.encode()


@given(values)
def test_our_spelling_is_that_of_the_reference_package(value: Any) -> None:
    assert canonical_json(value) == canonicaljson.encode_canonical_json(value)


@given(values)
def test_what_json_allows_without_floats_is_canonical(value: Any) -> None:
    check_canonical({"value": value})


def test_keys_are_in_the_order_of_code_points_not_of_utf_16() -> None:
    assert canonical_json({"\U0001f600": 1, "\uffee": 2}) == '{"\uffee":2,"😀":1}'.encode()


def test_control_characters_have_their_one_spelling() -> None:
    assert canonical_json('\b\t\n\f\r"\\\x00\x1f\x7f/') == (
        rb'"\b\t\n\f\r\"\\\u0000\u001f' + b'\x7f/"'
    )


@pytest.mark.parametrize(
    "wrong",
    [1.0, 1e10, -0.0, MAX_INTEGER + 1, -MAX_INTEGER - 1, "\ud800", {"\udfff": 1}, b"bytes", (1,)],
)
def test_what_is_not_canonical_is_refused_however_deep(wrong: Any) -> None:
    with pytest.raises(InvalidEvent):
        check_canonical({"content": [{"deep": wrong}]})


def test_the_widest_integers_are_canonical() -> None:
    check_canonical([MAX_INTEGER, -MAX_INTEGER])


def test_rooms_before_version_6_may_hold_floats_and_long_integers() -> None:
    assert (
        historic_canonical_json({"b": 1.5, "a": 2**70}) == b'{"a":1180591620717411303424,"b":1.5}'
    )
