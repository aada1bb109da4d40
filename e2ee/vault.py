"""Seals what goes into the store, so that whoever reads the disk reads nothing."""

from collections.abc import Callable

from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from e2ee.errors import WrongStoreKey

Random = Callable[[int], bytes]
"""So many unpredictable bytes: `secrets.token_bytes`, or a test's own."""

NONCE_BYTES = 12
KEY_INFO = b"e2ee store"


@frozen
class Vault:
    """AES-256-GCM; a record is bound to its kind and key, so that records cannot be exchanged."""

    _cipher: AESGCM
    _random: Random

    @classmethod
    def of(cls, secret: bytes, random: Random) -> "Vault":
        """From the secret of the configuration, which should have 32 random bytes or more."""
        return cls(AESGCM(HKDF(SHA256(), 32, None, KEY_INFO).derive(secret)), random)

    def seal(self, kind: str, key: str, content: bytes) -> bytes:
        nonce = self._random(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, place(kind, key))

    def open(self, kind: str, key: str, sealed: bytes) -> bytes:
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, place(kind, key))
        except (InvalidTag, ValueError) as error:
            raise WrongStoreKey(
                f"The record '{kind}' of the store was sealed with another key, or altered."
            ) from error


def place(kind: str, key: str) -> bytes:
    return f"{kind}\0{key}".encode()
