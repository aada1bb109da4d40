"""Where users want to be notified. Spec: Client-Server API, "Push Notifications"."""

from urllib.parse import urlsplit

from attrs import frozen

from homeserver.errors import BadJson, InvalidParam, MissingParam, TooLarge
from homeserver.http.request import field
from homeserver.json_values import JsonObject, encode
from homeserver.storage import pushers
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

MAX_PUSHERS = 100
MAX_BYTES = 8192
GATEWAY_PATH = "/_matrix/push/v1/notify"
"""The only path: a push gateway is not just any URL that a user makes us call."""


@frozen
class Pushers:
    _db: Database

    async def of_user(self, user_id: str) -> list[JsonObject]:
        return await self._db.glance(pushers.of_user, user_id)

    async def set_pusher(self, user_id: str, device_id: str, body: JsonObject) -> None:
        """Add, change or (`kind` is null) remove one."""
        if "kind" not in body:
            raise MissingParam("'kind' is missing.")
        app_id, pushkey = _read_key(body)
        if body["kind"] is None:
            await self._db.write(pushers.delete, user_id, app_id, pushkey)
            return
        append = field(body, "append", bool, False)
        await self._db.write(_save, user_id, device_id, read_pusher(body), append)


def _save(txn: Transaction, user_id: str, device_id: str, pusher: JsonObject, append: bool) -> None:
    if not append:
        pushers.delete_of_others(txn, user_id, pusher["app_id"], pusher["pushkey"])
    pushers.save(txn, user_id, device_id, pusher)
    if len(pushers.of_user(txn, user_id)) > MAX_PUSHERS:
        raise TooLarge(f"A user may have {MAX_PUSHERS} pushers.")


def read_pusher(body: JsonObject) -> JsonObject:
    """A pusher as its owner sees it later; raises MatrixError for what cannot be one."""
    app_id, pushkey = _read_key(body)
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
    if pusher["kind"] != "http":
        raise InvalidParam("This server only knows pushers of the kind 'http'.")
    _check_data(pusher["data"])
    if len(encode(pusher)) > MAX_BYTES:
        raise TooLarge(f"A pusher may take {MAX_BYTES} bytes.")
    return pusher


def _read_key(body: JsonObject) -> tuple[str, str]:
    app_id: str = field(body, "app_id", str)
    pushkey: str = field(body, "pushkey", str)
    if len(app_id) > 64 or len(pushkey.encode()) > 512:
        raise InvalidParam("'app_id' may have 64 characters, 'pushkey' 512 bytes.")
    if "\0" in app_id + pushkey:
        raise InvalidParam("'app_id' and 'pushkey' cannot hold NUL.")
    return app_id, pushkey


def _check_data(data: JsonObject) -> None:
    url = field(data, "url", str)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise InvalidParam("'url' of a pusher must be the HTTPS URL of a push gateway.")
    if parts.path != GATEWAY_PATH:
        raise InvalidParam(f"The path of a push gateway is {GATEWAY_PATH}.")
    if "format" in data and not isinstance(data["format"], str):
        raise BadJson("'format' must be a string.")
