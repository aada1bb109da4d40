"""Codes are those of the RFC, and each works once."""

from urllib.parse import parse_qs, urlsplit

import pytest

from homeserver.users.totp import code_of, step_of, text_of, uri_of

SECRET = b"12345678901234567890"

# RFC 6238, appendix B (SHA-1): seconds and code of eight digits.
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_codes_of_the_rfc_come_out(seconds: int, code: str) -> None:
    assert code_of(SECRET, seconds // 30, 8) == code
    assert code_of(SECRET, seconds // 30) == code[2:]


def test_a_clock_may_be_half_a_minute_off_and_no_more() -> None:
    now_ms, step = 1_800_000_000_000, 60_000_000

    for off in (-1, 0, 1):
        assert step_of(SECRET, code_of(SECRET, step + off), now_ms, 0) == step + off
    for off in (-2, 2):
        assert step_of(SECRET, code_of(SECRET, step + off), now_ms, 0) is None


def test_a_used_code_and_those_before_it_are_worth_nothing() -> None:
    now_ms, step = 1_800_000_000_000, 60_000_000

    assert step_of(SECRET, code_of(SECRET, step), now_ms, step) is None
    assert step_of(SECRET, code_of(SECRET, step - 1), now_ms, step) is None
    assert step_of(SECRET, code_of(SECRET, step + 1), now_ms, step) == step + 1


def test_authenticators_read_the_address() -> None:
    parts = urlsplit(uri_of(SECRET, "@alice:test", "test"))

    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parts.path == "/test%3A%40alice%3Atest"
    assert parse_qs(parts.query) == {"secret": [text_of(SECRET)], "issuer": ["test"]}
    assert text_of(SECRET) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
