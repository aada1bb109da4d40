"""What other servers say of their users' devices: what is not in order is left out.

Spec: Server-Server API, "Device Management", "End-to-End Encryption".
"""

from collections.abc import Mapping

from attrs import field, frozen

from homeserver.devices.cross_signing import read_key
from homeserver.devices.keys import MASTER, SELF_SIGNING
from homeserver.devices.public_keys import ed25519_id, is_signed, signatures_of, with_signatures
from homeserver.devices.uploads import check_device_keys
from homeserver.errors import MatrixError
from homeserver.events.ids import fits
from homeserver.json_values import JsonObject, JsonValue, encode
from homeserver.storage.cross_signing_keys import CrossSigningKey
from homeserver.storage.published_keys import KnownDevice

DEVICES = "/_matrix/federation/v1/user/devices/{}"
"""Where the whole list of a user is to be had, with its place in the sequence of updates."""
MAX_DEVICES = 1_000
"""Of one user; further ones are passed over."""
MAX_NAME = 100

SigningKeys = Mapping[str, CrossSigningKey]
"""By usage."""


@frozen
class RemoteUser:
    """The devices that have keys, and the cross-signing keys."""

    devices: tuple[KnownDevice, ...] = ()
    signing: SigningKeys = field(factory=dict)


def read_list(user_id: str, answer: JsonObject) -> tuple[RemoteUser, int]:
    """An answer to GET /user/devices, and its stream id; ValueError if it is none."""
    stream_id, listed = answer.get("stream_id"), answer.get("devices")
    if answer.get("user_id") != user_id or stream_id is None or not is_stream_id(stream_id):
        raise ValueError("it tells no list of this user's devices")
    devices = {}
    for told in listed[:MAX_DEVICES] if isinstance(listed, list) else ():
        if isinstance(told, dict):
            keys, name = told.get("keys"), told.get("device_display_name")
            device = read_device(user_id, told.get("device_id"), keys, name)
            if device is not None:
                devices[device.device_id] = device
    signing = read_signing_keys(user_id, answer.get("master_key"), answer.get("self_signing_key"))
    return RemoteUser(tuple(devices.values()), signing), stream_id


def read_answer(user_id: str, answer: JsonObject) -> RemoteUser | None:
    """What an answer to POST /user/keys/query says of a user; None if it says nothing."""
    listed = _of(answer, "device_keys", user_id)
    if not isinstance(listed, dict):
        return None
    devices = []
    for device_id, keys in list(listed.items())[:MAX_DEVICES]:
        unsigned = keys.get("unsigned") if isinstance(keys, dict) else None
        name = unsigned.get("device_display_name") if isinstance(unsigned, dict) else None
        device = read_device(user_id, device_id, keys, name)
        if device is not None:
            devices.append(device)
    master, own = _of(answer, "master_keys", user_id), _of(answer, "self_signing_keys", user_id)
    return RemoteUser(tuple(devices), read_signing_keys(user_id, master, own))


def read_device(
    user_id: str, device_id: JsonValue, keys: JsonValue, name: JsonValue
) -> KnownDevice | None:
    """A device, if its keys are in order and signed by itself."""
    if not is_device_id(device_id) or not isinstance(keys, dict):
        return None
    try:
        check_device_keys(keys, user_id, device_id)
    except MatrixError:
        return None
    if not is_signed(keys, user_id, device_id, keys["keys"][ed25519_id(device_id)]):
        return None
    kept = with_signatures(keys, user_id, signatures_of(keys, user_id))
    return KnownDevice(device_id, encode(kept).decode(), _name(name))


def read_signing_keys(user_id: str, master: JsonValue, self_signing: JsonValue) -> SigningKeys:
    """The two keys that others see; without the first the second proves nothing."""
    found: dict[str, CrossSigningKey] = {}
    for usage, told in ((MASTER, master), (SELF_SIGNING, self_signing)):
        if isinstance(told, dict) and (usage == MASTER or MASTER in found):
            try:
                key = read_key(told, usage, user_id)
            except MatrixError:
                continue
            by = found.get(MASTER)
            if by is None or is_signed(key.key, user_id, by.public_key, by.public_key):
                kept = with_signatures(key.key, user_id, signatures_of(key.key, user_id))
                found[usage] = CrossSigningKey(key.public_key, kept)
    return found


def is_device_id(value: JsonValue) -> bool:
    return isinstance(value, str) and len(value) > 0 and fits(value) and "\0" not in value


def is_stream_id(value: JsonValue) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _name(value: JsonValue) -> str | None:
    return value[:MAX_NAME] if isinstance(value, str) and value and "\0" not in value else None


def _of(answer: JsonObject, name: str, user_id: str) -> JsonValue:
    by_user = answer.get(name)
    return by_user.get(user_id) if isinstance(by_user, dict) else None
