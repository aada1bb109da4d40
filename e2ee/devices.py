"""Devices and identities, as their signed keys say. Spec: "Device keys", "Cross-signing"."""

from attrs import frozen

from e2ee.encoding import JsonObject, decode_base64, field
from e2ee.errors import BadBase64, BadField, BadSignature, ForgedDeviceKeys, ForgedIdentity
from e2ee.signing import check_signature

OLM = "m.olm.v1.curve25519-aes-sha2"
MEGOLM = "m.megolm.v1.aes-sha2"
KEY_BYTES = 32


@frozen
class Device:
    """A device whose own signature was checked."""

    user_id: str
    device_id: str
    ed25519: str
    curve25519: str
    keys: JsonObject

    @property
    def dehydrated(self) -> bool:
        return self.keys.get("dehydrated") is True

    def speaks(self, algorithm: str) -> bool:
        algorithms = self.keys.get("algorithms")
        return isinstance(algorithms, list) and algorithm in algorithms


def read_device(user_id: str, device_id: str, keys: JsonObject) -> Device:
    """Raises ForgedDeviceKeys for keys of another user or device, or signed by no such device."""
    try:
        if field(keys, "user_id", str) != user_id or field(keys, "device_id", str) != device_id:
            raise ForgedDeviceKeys(f"These keys are not of {device_id} of {user_id}.")
        public = field(keys, "keys", dict)
        ed25519 = read_key(public, f"ed25519:{device_id}")
        curve25519 = read_key(public, f"curve25519:{device_id}")
        check_signature(keys, user_id, f"ed25519:{device_id}", ed25519)
    except (BadField, BadBase64, BadSignature) as error:
        raise ForgedDeviceKeys(f"The keys of {device_id} of {user_id}: {error}") from error
    signed = {name: value for name, value in keys.items() if name != "unsigned"}
    return Device(user_id, device_id, ed25519, curve25519, signed)


def read_key(keys: JsonObject, name: str) -> str:
    key = field(keys, name, str)
    if len(decode_base64(key)) != KEY_BYTES:
        raise BadField(f"'{name}' is not a key of {KEY_BYTES} bytes.")
    return key


@frozen
class Identity:
    """The cross-signing keys of a user; the user-signing key is shown to its owner only."""

    master: str
    self_signing: str
    user_signing: str | None
    master_keys: JsonObject
    """The signed object, which others sign in turn."""


def read_identity(
    user_id: str, master: JsonObject, self_signing: JsonObject, user_signing: JsonObject | None
) -> Identity:
    """Raises ForgedIdentity unless the master key signed the others, and all are this user's."""
    try:
        master_key = read_cross_signing_key(user_id, "master", master)
        others: list[str | None] = []
        for usage, keys in (("self_signing", self_signing), ("user_signing", user_signing)):
            if keys is None:
                others.append(None)
                continue
            others.append(read_cross_signing_key(user_id, usage, keys))
            check_signature(keys, user_id, f"ed25519:{master_key}", master_key)
    except (BadField, BadBase64, BadSignature) as error:
        raise ForgedIdentity(f"The identity of {user_id}: {error}") from error
    self_key, user_key = others
    assert self_key is not None
    return Identity(master_key, self_key, user_key, master)


def read_cross_signing_key(user_id: str, usage: str, keys: JsonObject) -> str:
    if field(keys, "user_id", str) != user_id:
        raise BadField(f"The {usage} key is another user's.")
    if usage not in field(keys, "usage", list):
        raise BadField(f"The key is not for {usage}.")
    public = field(keys, "keys", dict)
    if len(public) != 1:
        raise BadField(f"A {usage} key object has one key.")
    (name,) = public
    key = read_key(public, name)
    if name != f"ed25519:{key}":
        raise BadField(f"The {usage} key has the name of another.")
    return key
