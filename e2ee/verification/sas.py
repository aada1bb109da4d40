"""The arithmetic. Spec: "Short Authentication String (SAS) verification"."""

import hashlib
import hmac

from attrs import define, frozen
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from e2ee.encoding import JsonObject, canonical, decode_base64, encode_base64
from e2ee.errors import VerificationRefused
from e2ee.verification.emoji import EMOJI

HKDF_AGREEMENT = "curve25519-hkdf-sha256"
MAC = "hkdf-hmac-sha256.v2"
OLD_MAC = "hkdf-hmac-sha256"
"""With the broken Base64 of libolm, for clients that know no better."""
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
SAS_BYTES = 6


@frozen
class Party:
    """One end of the verification."""

    user_id: str
    device_id: str


@define
class Agreement:
    """An exchange of ephemeral keys, and what follows from the shared secret."""

    _private: X25519PrivateKey
    _shared: bytes = b""
    their_key: str = ""

    @classmethod
    def of(cls, secret: bytes) -> "Agreement":
        return cls(X25519PrivateKey.from_private_bytes(secret))

    @property
    def our_key(self) -> str:
        return encode_base64(self._private.public_key().public_bytes_raw())

    def meet(self, their_key: str) -> None:
        """Raises for a key that is none, or that gives no secret."""
        try:
            public = X25519PublicKey.from_public_bytes(decode_base64(their_key))
            self._shared = self._private.exchange(public)
        except ValueError as error:
            raise VerificationRefused("m.invalid_message", "That is no key to agree on.") from error
        self.their_key = their_key

    def string(
        self, starter: Party, starter_key: str, other: Party, other_key: str, id: str
    ) -> bytes:
        """What both sides show, as bytes."""
        parts = ["MATRIX_KEY_VERIFICATION_SAS"]
        parts += [starter.user_id, starter.device_id, starter_key]
        parts += [other.user_id, other.device_id, other_key, id]
        return self._derive("|".join(parts), SAS_BYTES)

    def mac(
        self, method: str, text: str, sender: Party, receiver: Party, id: str, name: str
    ) -> str:
        """Of a key, or of the list of their names (`name` is then KEY_IDS)."""
        info = "MATRIX_KEY_VERIFICATION_MAC"
        info += (
            sender.user_id + sender.device_id + receiver.user_id + receiver.device_id + id + name
        )
        mac = hmac.digest(self._derive(info, 32), text.encode(), hashlib.sha256)
        return encode_base64(mac) if method == MAC else broken_base64(mac)

    def _derive(self, info: str, length: int) -> bytes:
        return HKDF(SHA256(), length, None, info.encode()).derive(self._shared)


def commitment(key: str, start: JsonObject) -> str:
    """To the acceptor's key, before it is shown."""
    return encode_base64(hashlib.sha256(key.encode() + canonical(start)).digest())


def commitments(key: str, start: JsonObject) -> tuple[str, str]:
    """As others write it: matrix-nio writes the same hash in hexadecimal."""
    written = commitment(key, start)
    return written, decode_base64(written).hex()


def emoji(string: bytes) -> list[tuple[str, str]]:
    """Seven pictures, with their names."""
    bits = int.from_bytes(string[:6], "big") >> 6
    return [EMOJI[bits >> (6 * place) & 63] for place in range(6, -1, -1)]


def decimals(string: bytes) -> tuple[int, int, int]:
    bits = int.from_bytes(string[:5], "big") >> 1
    first, second, third = (bits >> (13 * place) & 8191 for place in (2, 1, 0))
    return first + 1000, second + 1000, third + 1000


def broken_base64(data: bytes) -> str:
    """As libolm's first MAC method wrote it: over its own input, part of which was lost so."""
    buffer = bytearray(data) + bytearray(64)
    at = out = 0
    while len(data) - at >= 3:
        value = int.from_bytes(buffer[at : at + 3], "big")
        buffer[out : out + 4] = bytes(ALPHABET[value >> shift & 63] for shift in (18, 12, 6, 0))
        at, out = at + 3, out + 4
    if rest := len(data) - at:
        value = int.from_bytes(buffer[at : at + rest], "big") << (6 - 2 * rest)
        shifts = range(6 * rest, -1, -6)
        buffer[out : out + rest + 1] = bytes(ALPHABET[value >> shift & 63] for shift in shifts)
        out += rest + 1
    return buffer[:out].decode("ascii")
