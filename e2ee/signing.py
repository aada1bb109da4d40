"""Signed JSON and Ed25519. Spec: Appendices, "Signing JSON"."""

from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from e2ee.encoding import JsonObject, canonical, decode_base64, encode_base64, optional
from e2ee.errors import BadSignature, E2eeError

Sign = Callable[[bytes], str]
"""Makes an unpadded Base64 signature of a message."""

SEED_BYTES = 32


def signable(value: JsonObject) -> bytes:
    return canonical({k: v for k, v in value.items() if k not in ("signatures", "unsigned")})


def add_signature(value: JsonObject, user_id: str, key_id: str, sign: Sign) -> None:
    """Beside those that are there."""
    signatures = value.setdefault("signatures", {})
    signatures.setdefault(user_id, {})[key_id] = sign(signable(value))


def check_signature(value: JsonObject, user_id: str, key_id: str, public_key: str) -> None:
    """Raises BadSignature unless this key signed the object under this name."""
    by_user = optional(optional(value, "signatures", dict, {}), user_id, dict, {})
    signature = by_user.get(key_id)
    if not isinstance(signature, str):
        raise BadSignature(f"There is no signature of {key_id} of {user_id}.")
    if not fits(public_key, signable(value), signature):
        raise BadSignature(f"The signature of {key_id} of {user_id} is wrong.")


def is_signed(value: JsonObject, user_id: str, public_key: str) -> bool:
    """By a cross-signing key, whose id is the key itself."""
    try:
        check_signature(value, user_id, f"ed25519:{public_key}", public_key)
    except BadSignature:
        return False
    return True


@lru_cache(maxsize=8192)
def fits(public_key: str, message: bytes, signature: str) -> bool:
    """Remembered: the same device keys are looked at again and again."""
    try:
        key = Ed25519PublicKey.from_public_bytes(decode_base64(public_key))
        key.verify(decode_base64(signature), message)
    except (InvalidSignature, ValueError, E2eeError):
        return False
    return True


class SigningSeed:
    """A cross-signing key pair of ours, from its 32 secret bytes."""

    def __init__(self, seed: bytes) -> None:
        self.seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public(self) -> str:
        return encode_base64(self._key.public_key().public_bytes_raw())

    @property
    def key_id(self) -> str:
        return f"ed25519:{self.public}"

    def sign(self, message: bytes) -> str:
        return encode_base64(self._key.sign(message))
