"""Apps register themselves. Spec: Client-Server API, "Client registration"; RFC 7591."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import urlsplit

import orjson
from attrs import frozen

from homeserver.clock import Clock
from homeserver.json_values import JsonObject
from homeserver.storage import oauth_clients
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.users.oauth.errors import OAuthError, unknown_client
from homeserver.users.oauth.redirects import is_web_page, may_register

CODE, REFRESH = "authorization_code", "refresh_token"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES = (CODE, REFRESH, DEVICE_CODE)

MAX_REDIRECTS = 20
MAX_NAME = 100
KEPT_UNUSED_MS = 30 * 24 * 3600 * 1000


@frozen
class Client:
    """An app. What it says of itself is not proved, but for where its answers go."""

    id: str
    metadata: JsonObject

    @property
    def name(self) -> str:
        return str(self.metadata.get("client_name") or self.host)

    @property
    def host(self) -> str:
        return urlsplit(str(self.metadata["client_uri"])).hostname or ""

    @property
    def redirect_uris(self) -> list[str]:
        return list(self.metadata.get("redirect_uris", ()))

    def may_use(self, grant_type: str) -> bool:
        return grant_type in self.metadata["grant_types"]


@frozen
class Clients:
    _db: Database
    _clock: Clock

    async def register(self, wish: JsonObject) -> Client:
        """The same app gets the same id each time; raises OAuthError."""
        metadata = read_metadata(wish)
        digest = sha256(orjson.dumps(metadata, option=orjson.OPT_SORT_KEYS)).digest()
        client = Client(urlsafe_b64encode(digest[:18]).decode(), metadata)
        await self._db.write(self._save, client)
        return client

    async def find(self, client_id: str) -> Client:
        metadata = await self._db.glance(oauth_clients.find, client_id)
        if metadata is None:
            raise unknown_client()
        return Client(client_id, metadata)

    def _save(self, txn: Transaction, client: Client) -> None:
        now_ms = self._clock.now_ms()
        oauth_clients.delete_unused(txn, now_ms - KEPT_UNUSED_MS)
        oauth_clients.save(txn, client.id, client.metadata, now_ms)


def read_metadata(wish: JsonObject) -> JsonObject:
    """What is kept of a registration: all that is understood."""
    uri = wish.get("client_uri")
    if not is_web_page(uri):
        raise refused("'client_uri' must be an https address.")
    host = urlsplit(str(uri)).hostname or ""
    if wish.get("token_endpoint_auth_method", "none") != "none":
        raise refused("'token_endpoint_auth_method' must be 'none': there are no secrets here.")
    kind = wish.get("application_type", "web")
    if kind not in ("web", "native"):
        raise refused("'application_type' must be 'web' or 'native'.")
    metadata: JsonObject = {
        "client_uri": uri,
        "application_type": kind,
        "token_endpoint_auth_method": "none",
        "grant_types": [it for it in GRANT_TYPES if it in texts(wish, "grant_types", [CODE])],
        "response_types": [it for it in texts(wish, "response_types", ["code"]) if it == "code"],
        "redirect_uris": redirect_uris(wish, host, str(kind)),
    }
    if CODE in metadata["grant_types"] and not metadata["redirect_uris"]:
        raise OAuthError("invalid_redirect_uri", "'redirect_uris' must name at least one place.")
    name = wish.get("client_name")
    if isinstance(name, str) and name.isprintable() and name.strip():
        metadata["client_name"] = name.strip()[:MAX_NAME]
    for key in ("logo_uri", "tos_uri", "policy_uri"):
        if wish.get(key) is not None:
            if not is_web_page(wish[key], host):
                raise refused(f"'{key}' must be an https address at the host of 'client_uri'.")
            metadata[key] = wish[key]
    return metadata


def redirect_uris(wish: JsonObject, host: str, kind: str) -> list[str]:
    uris = texts(wish, "redirect_uris", [])
    if len(uris) > MAX_REDIRECTS:
        raise OAuthError("invalid_redirect_uri", f"At most {MAX_REDIRECTS} places can be named.")
    for uri in uris:
        if not may_register(uri, host, kind):
            raise OAuthError(
                "invalid_redirect_uri", "A redirect URI is not one that this app may use."
            )
    return uris


def texts(wish: JsonObject, name: str, default: list[str]) -> list[str]:
    value = wish.get(name, default)
    if not isinstance(value, list) or not all(isinstance(it, str) for it in value):
        raise refused(f"'{name}' must be an array of strings.")
    return list(dict.fromkeys(value))


def refused(message: str) -> OAuthError:
    return OAuthError("invalid_client_metadata", message)
