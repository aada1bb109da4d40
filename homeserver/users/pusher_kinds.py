"""What a pusher of each kind must say. Spec: `POST /pushers/set`; MSC4174 for web push."""

from base64 import urlsafe_b64decode
from collections.abc import Collection
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from homeserver.errors import BadJson, InvalidParam, TooLarge
from homeserver.http.client import split_url
from homeserver.http.outgoing_errors import BadAnswer
from homeserver.http.request import field
from homeserver.json_values import JsonObject, encode
from homeserver.users.mail_addresses import is_address

HTTP = "http"
EMAIL = "email"
WEB_PUSH = ("webpush", "org.matrix.msc4174.webpush")
EMAIL_APP = "m.email"

ENABLED = "org.matrix.msc3881.enabled"
MAX_BYTES = 8192
UNCOMPRESSED = 65
"""Bytes of a P-256 key: both coordinates, and a byte that says so."""
GATEWAY_PATH = "/_matrix/push/v1/notify"
"""The only path: a push gateway is not just any URL that a user makes us call."""


def read_pusher(body: JsonObject, kinds: Collection[str]) -> JsonObject:
    """A pusher as its owner sees it later; raises MatrixError for what cannot be one.

    `kinds` are those that this server serves.
    """
    app_id, pushkey = read_key(body)
    pusher = {
        "pushkey": pushkey,
        "app_id": app_id,
        "kind": field(body, "kind", str),
        "app_display_name": field(body, "app_display_name", str),
        "device_display_name": field(body, "device_display_name", str),
        "lang": field(body, "lang", str),
        "data": field(body, "data", dict),
    }
    if (tag := field(body, "profile_tag", str, None)) is not None:
        pusher["profile_tag"] = tag
    if pusher["kind"] not in kinds:
        known = ", ".join(f"'{kind}'" for kind in sorted(kinds))
        raise InvalidParam(f"This server knows these kinds of pushers: {known}.")
    pusher["data"].pop("activated", None)
    _check(pusher)
    if len(encode(pusher)) > MAX_BYTES:
        raise TooLarge(f"A pusher may take {MAX_BYTES} bytes.")
    return pusher


def read_key(body: JsonObject) -> tuple[str, str]:
    app_id: str = field(body, "app_id", str)
    pushkey: str = field(body, "pushkey", str)
    if len(app_id) > 64 or len(pushkey.encode()) > 512:
        raise InvalidParam("'app_id' may have 64 characters, 'pushkey' 512 bytes.")
    if "\0" in app_id + pushkey:
        raise InvalidParam("'app_id' and 'pushkey' cannot hold NUL.")
    return app_id, pushkey


def _check(pusher: JsonObject) -> None:
    data = pusher["data"]
    if "format" in data and not isinstance(data["format"], str):
        raise BadJson("'format' must be a string.")
    if pusher["kind"] == HTTP:
        _check_gateway(data)
    elif pusher["kind"] == EMAIL:
        _check_mailbox(pusher)
    else:
        _check_browser(pusher)


def _check_gateway(data: JsonObject) -> None:
    url = field(data, "url", str)
    if not _is_url(url, ("https", "http")):
        raise InvalidParam("'url' of a pusher must be the HTTPS URL of a push gateway.")
    if urlsplit(url).path != GATEWAY_PATH:
        raise InvalidParam(f"The path of a push gateway is {GATEWAY_PATH}.")


def _check_mailbox(pusher: JsonObject) -> None:
    if pusher["app_id"] != EMAIL_APP:
        raise InvalidParam(f"The 'app_id' of an e-mail pusher is '{EMAIL_APP}'.")
    address = pusher["pushkey"]
    if not is_address(address):
        raise InvalidParam("The 'pushkey' of an e-mail pusher is an e-mail address.")


def _check_browser(pusher: JsonObject) -> None:
    data = pusher["data"]
    if not _is_url(field(data, "url", str), ("https",)):
        raise InvalidParam("'url' of a web push pusher must be the HTTPS URL of a push resource.")
    if len(_decoded(field(data, "auth", str))) != 16:
        raise InvalidParam("'auth' must be 16 bytes in URL-safe Base64.")
    try:
        key = _decoded(pusher["pushkey"])
        if len(key) != UNCOMPRESSED:
            raise ValueError
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except ValueError:
        raise InvalidParam(
            "The 'pushkey' of a web push pusher is an uncompressed P-256 key in URL-safe Base64."
        ) from None


def _is_url(url: str, schemes: Collection[str]) -> bool:
    """One that the door for outgoing requests would let through."""
    try:
        return split_url(url).scheme in schemes
    except BadAnswer:
        return False


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except ValueError:
        return b""
