"""This server's own keys: it signs with one, and publishes them all. Spec: "Publishing Keys"."""

from collections.abc import Mapping

from nacl.signing import VerifyKey
from signedjson.types import SigningKey

from homeserver.clock import Clock
from homeserver.events.signatures import key_id, sign_json, signature
from homeserver.events.unpadded_base64 import decode_base64, encode_base64
from homeserver.json_values import JsonObject
from homeserver.peers.retired_keys import RetiredKey

HOUR_MS = 3_600_000
LIFETIME_MS = 24 * HOUR_MS


class OwnKeys:
    def __init__(
        self,
        server_name: str,
        key: SigningKey,
        retired: Mapping[str, RetiredKey],
        clock: Clock,
    ) -> None:
        self.server_name = server_name
        self.key_id = key_id(key)
        self._key = key
        # A rotation that was interrupted may have retired the key that is still in use.
        self._retired = {id: old for id, old in retired.items() if id != self.key_id}
        self._now_ms = clock.now_ms
        self._published: JsonObject = {}

    def sign(self, message: bytes) -> str:
        return signature(message, self._key)

    def sign_json(self, value: JsonObject) -> JsonObject:
        """A copy with our signature beside those that are there."""
        return sign_json(value, self.server_name, self._key)

    def published(self) -> JsonObject:
        """Our key document, signed; good for most of a day."""
        now_ms = self._now_ms()
        if self._published.get("valid_until_ts", 0) < now_ms + LIFETIME_MS - HOUR_MS:
            self._published = self.sign_json(self._document(now_ms + LIFETIME_MS))
        return self._published

    def find(self, key_id: str, at_ts: int) -> VerifyKey | None:
        """A key of ours that was in use then, to check our own signatures."""
        if key_id == self.key_id:
            return self._key.verify_key
        old = self._retired.get(key_id)
        if old is None or old.expired_ts < at_ts:
            return None
        return VerifyKey(decode_base64(old.key))

    def _document(self, valid_until_ts: int) -> JsonObject:
        return {
            "server_name": self.server_name,
            "verify_keys": {self.key_id: {"key": encode_base64(self._key.verify_key.encode())}},
            "old_verify_keys": {
                id: {"key": old.key, "expired_ts": old.expired_ts}
                for id, old in self._retired.items()
            },
            "valid_until_ts": valid_until_ts,
        }
