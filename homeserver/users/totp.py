"""Codes that change every half minute. RFC 6238, as all authenticator apps do it."""

import hmac
from base64 import b32encode
from urllib.parse import quote, urlencode

STEP_MS = 30_000
DIGITS = 6
SECRET_BYTES = 20


def code_of(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """RFC 4226, section 5.3."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: bytes, code: str, now_ms: int, last_step: int) -> int | None:
    """The step whose code this is: now, just before or just after, and later than the last used."""
    now = now_ms // STEP_MS
    found = None
    for step in (now - 1, now, now + 1):
        is_same = hmac.compare_digest(code_of(secret, step).encode(), code.encode())
        if is_same and step > last_step:
            found = step
    return found


def text_of(secret: bytes) -> str:
    """To be typed where no picture can be taken."""
    return b32encode(secret).decode().rstrip("=")


def uri_of(secret: bytes, user_id: str, server_name: str) -> str:
    """What authenticator apps read from a picture."""
    query = urlencode({"secret": text_of(secret), "issuer": server_name}, quote_via=quote)
    return f"otpauth://totp/{quote(f'{server_name}:{user_id}')}?{query}"
