"""What a device uploads: its identity keys, one-time keys and fallback keys."""

from typing import Any

from attrs import frozen

from homeserver.devices.one_time_keys import check_signatures, read_fallback_keys, read_keys
from homeserver.devices.public_keys import (
    check_key_object,
    check_signed,
    ed25519_id,
    is_public_key,
)
from homeserver.errors import BadJson, InvalidParam
from homeserver.events.ids import fits
from homeserver.http.request import field
from homeserver.json_values import JsonObject
from homeserver.storage.one_time_keys import OneTimeKey

CURVES = ("ed25519", "curve25519")
MAX_IDENTITY_KEYS = 20


@frozen
class Upload:
    device_keys: JsonObject | None
    one_time_keys: list[OneTimeKey]
    fallback_keys: list[OneTimeKey]

    @property
    def is_empty(self) -> bool:
        return self.device_keys is None and not self.one_time_keys and not self.fallback_keys

    def check_signatures(self, user_id: str, device_id: str, known: JsonObject | None) -> None:
        """`known` are the keys of the device; without them one-time keys cannot be checked."""
        if known is None:
            return
        signing_key = known["keys"][ed25519_id(device_id)]
        if self.device_keys is not None:
            check_signed(self.device_keys, user_id, device_id, signing_key)
        for keys in (self.one_time_keys, self.fallback_keys):
            check_signatures(keys, user_id, device_id, signing_key)


def read_upload(body: JsonObject, user_id: str, device_id: str) -> Upload:
    """The keys in a request; signatures are not checked yet."""
    device_keys: JsonObject | None = field(body, "device_keys", dict, None)
    if device_keys is not None:
        check_device_keys(device_keys, user_id, device_id)
    return Upload(device_keys, read_keys(body, "one_time_keys"), read_fallback_keys(body))


def check_device_keys(keys: JsonObject, user_id: str, device_id: str) -> None:
    if field(keys, "user_id", str) != user_id:
        raise InvalidParam("'user_id' of the device keys is not yours.")
    if field(keys, "device_id", str) != device_id:
        raise InvalidParam("'device_id' of the device keys is not that of your device.")
    algorithms: list[Any] = field(keys, "algorithms", list)
    if not all(isinstance(algorithm, str) for algorithm in algorithms):
        raise BadJson("'algorithms' must be an array of strings.")
    field(keys, "signatures", dict)
    check_key_object(keys)
    _check_identity_keys(field(keys, "keys", dict), device_id)


def _check_identity_keys(keys: JsonObject, device_id: str) -> None:
    if len(keys) > MAX_IDENTITY_KEYS:
        raise InvalidParam(f"A device has at most {MAX_IDENTITY_KEYS} identity keys.")
    for id, key in keys.items():
        algorithm, _, name = id.partition(":")
        if name != device_id or not algorithm or not fits(algorithm):
            raise InvalidParam("The name of an identity key is its algorithm and your device id.")
        if not isinstance(key, str):
            raise BadJson("An identity key must be a string.")
        if algorithm in CURVES and not is_public_key(key):
            raise InvalidParam("An identity key has 32 bytes, in unpadded Base64.")
    if ed25519_id(device_id) not in keys:
        raise InvalidParam("A device needs an Ed25519 key, which signs its other keys.")
