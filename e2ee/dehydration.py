"""A device that sleeps on the server and collects room keys for the next login (MSC3814).

Its keys are drawn here, not by a ratchet, so that they can be written down. When it wakes, a
ratchet takes them over in the form of a libolm pickle, which both of ours read.
"""

import struct

from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from e2ee.devices import MEGOLM, OLM
from e2ee.encoding import JsonObject, decode_base64, encode_base64, field
from e2ee.errors import BadPickle, Tampered, UnknownAlgorithm
from e2ee.own_device import ONE_TIME
from e2ee.ratchets.pickles import close_pickle, expanded
from e2ee.signing import SigningSeed, add_signature
from e2ee.vault import Random

ALGORITHM = "org.matrix.msc3814.v2"
PATH = "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"
SECRET = "org.matrix.msc3814"
"""The name of its key among the secrets: 32 bytes, as Base64."""
ONE_TIME_KEYS = 50
KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = 1
LIBOLM_VERSION = 4
MAX_KEYS = 1_000


@frozen
class SleepingDevice:
    """Its private keys, in the order in which they are written down."""

    curve25519: bytes
    ed25519: bytes
    one_time: tuple[bytes, ...]
    fallback: bytes | None

    @classmethod
    def create(cls, random: Random) -> "SleepingDevice":
        one_time = tuple(random(KEY_BYTES) for _ in range(ONE_TIME_KEYS))
        return cls(random(KEY_BYTES), random(KEY_BYTES), one_time, random(KEY_BYTES))

    @property
    def device_id(self) -> str:
        """By custom, its identity key."""
        return public(self.curve25519)

    def seal(self, key: bytes, random: Random) -> JsonObject:
        """The `device_data`."""
        plain = struct.pack(">I", VERSION) + self.curve25519 + self.ed25519
        plain += struct.pack(">I", len(self.one_time)) + b"".join(self.one_time)
        plain += b"\0" if self.fallback is None else b"\1" + self.fallback
        nonce = random(NONCE_BYTES)
        sealed = ChaCha20Poly1305(key).encrypt(nonce, plain, None)
        return {
            "algorithm": ALGORITHM,
            "device_pickle": encode_base64(sealed),
            "nonce": encode_base64(nonce),
        }

    def upload(
        self, user_id: str, self_signing: SigningSeed, device_data: JsonObject
    ) -> JsonObject:
        """The body of the PUT. Signed by the user's identity, or nobody would send it keys."""
        own = Ed25519PrivateKey.from_private_bytes(self.ed25519)
        name = f"ed25519:{self.device_id}"

        def sign(message: bytes) -> str:
            return encode_base64(own.sign(message))

        keys: JsonObject = {
            "user_id": user_id,
            "device_id": self.device_id,
            "algorithms": [OLM, MEGOLM],
            "dehydrated": True,
            "keys": {
                name: encode_base64(own.public_key().public_bytes_raw()),
                f"curve25519:{self.device_id}": public(self.curve25519),
            },
        }
        add_signature(keys, user_id, name, sign)
        add_signature(keys, user_id, self_signing.key_id, self_signing.sign)
        one_time = {
            f"{ONE_TIME}:{key_id(number)}": {"key": public(secret)}
            for number, secret in enumerate(self.one_time)
        }
        fallback: JsonObject = {}
        if self.fallback is not None:
            name_of_fallback = f"{ONE_TIME}:{key_id(len(self.one_time))}"
            fallback = {name_of_fallback: {"key": public(self.fallback), "fallback": True}}
        for key in (*one_time.values(), *fallback.values()):
            add_signature(key, user_id, name, sign)
        return {
            "device_id": self.device_id,
            "device_data": device_data,
            "device_keys": keys,
            "one_time_keys": one_time,
            "fallback_keys": fallback,
            "initial_device_display_name": "Dehydrated device",
        }

    def pickle(self) -> str:
        """As libolm pickles an account, with the empty key."""
        own = Ed25519PrivateKey.from_private_bytes(self.ed25519)
        content = struct.pack(">I", LIBOLM_VERSION) + own.public_key().public_bytes_raw()
        content += expanded(self.ed25519) + pair(self.curve25519)
        content += struct.pack(">I", len(self.one_time))
        for number, secret in enumerate(self.one_time):
            content += struct.pack(">I?", number, True) + pair(secret)
        kept = [] if self.fallback is None else [self.fallback]
        content += bytes((len(kept),))
        for secret in kept:
            content += struct.pack(">I?", len(self.one_time), True) + pair(secret)
        return close_pickle(content + struct.pack(">I", len(self.one_time) + 1), b"")


def open_device(device_data: JsonObject, key: bytes) -> SleepingDevice:
    """Raises Tampered for a wrong key or altered data."""
    if device_data.get("algorithm") != ALGORITHM:
        raise UnknownAlgorithm("The device sleeps in a form that we do not know.")
    sealed = decode_base64(field(device_data, "device_pickle", str))
    nonce = decode_base64(field(device_data, "nonce", str))
    try:
        plain = ChaCha20Poly1305(key).decrypt(nonce, sealed, None)
    except (InvalidTag, ValueError) as error:
        raise Tampered("The sleeping device was altered, or has another key.") from error
    return parse(plain)


def parse(plain: bytes) -> SleepingDevice:
    try:
        version, curve25519, ed25519, count = struct.unpack_from(">I32s32sI", plain)
        if version != VERSION or count > MAX_KEYS:
            raise BadPickle("The sleeping device is of a version that we do not know.")
        at = struct.calcsize(">I32s32sI")
        one_time = tuple(plain[at + n * KEY_BYTES : at + (n + 1) * KEY_BYTES] for n in range(count))
        at += count * KEY_BYTES
        (has_fallback,) = struct.unpack_from("?", plain, at)
        fallback = plain[at + 1 : at + 1 + KEY_BYTES] if has_fallback else None
    except struct.error as error:
        raise BadPickle("The sleeping device is cut off.") from error
    secrets = (*one_time, fallback) if fallback is not None else one_time
    if any(len(secret) != KEY_BYTES for secret in secrets):
        raise BadPickle("The sleeping device is cut off.")
    return SleepingDevice(curve25519, ed25519, one_time, fallback)


def public(secret: bytes) -> str:
    return encode_base64(
        X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    )


def pair(secret: bytes) -> bytes:
    return decode_base64(public(secret)) + secret


def key_id(number: int) -> str:
    return encode_base64(struct.pack(">Q", number))
