"""The cipher of key backups. Spec: "m.megolm_backup.v1.curve25519-aes-sha2"."""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

from e2ee.encoding import (
    JsonObject,
    canonical,
    ciphertext,
    decode_base64,
    decode_object,
    encode_base64,
    field,
)
from e2ee.errors import E2eeError, Tampered

ALGORITHM = "m.megolm_backup.v1.curve25519-aes-sha2"
MAC_BYTES = 8
BLOCK_BITS = 128


def public_key(private: bytes) -> str:
    return encode_base64(
        X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    )


def seal(content: JsonObject, public: str, ephemeral: bytes) -> JsonObject:
    """`ephemeral` is 32 random bytes, used once."""
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    shared = private.exchange(X25519PublicKey.from_public_bytes(decode_base64(public)))
    cipher, mac_key = derived(shared)
    padder, encryptor = PKCS7(BLOCK_BITS).padder(), cipher.encryptor()
    padded = padder.update(canonical(content)) + padder.finalize()
    return {
        "ephemeral": encode_base64(private.public_key().public_bytes_raw()),
        "ciphertext": encode_base64(encryptor.update(padded) + encryptor.finalize()),
        "mac": encode_base64(mac(mac_key)),
    }


def open_sealed(session_data: JsonObject, private: bytes) -> JsonObject:
    """Raises Tampered. The MAC covers nothing (the specification's own mistake), so what was
    altered shows in the padding, the JSON, or at last in the session's id.
    """
    try:
        theirs = X25519PublicKey.from_public_bytes(
            decode_base64(field(session_data, "ephemeral", str))
        )
        shared = X25519PrivateKey.from_private_bytes(private).exchange(theirs)
        cipher, mac_key = derived(shared)
        given = decode_base64(field(session_data, "mac", str))
        if not hmac.compare_digest(mac(mac_key), given):
            raise Tampered("The MAC of the backed-up key is wrong.")
        decryptor, unpadder = cipher.decryptor(), PKCS7(BLOCK_BITS).unpadder()
        sealed = decode_base64(ciphertext(session_data, "ciphertext"))
        padded = decryptor.update(sealed) + decryptor.finalize()
        return decode_object(unpadder.update(padded) + unpadder.finalize())
    except Tampered:
        raise
    except (ValueError, E2eeError) as error:
        raise Tampered("The backed-up key was altered, or is for another backup.") from error


def derived(shared: bytes) -> tuple[Cipher[modes.CBC], bytes]:
    keys = HKDF(SHA256(), 80, bytes(32), b"").derive(shared)
    return Cipher(algorithms.AES(keys[:32]), modes.CBC(keys[64:])), keys[32:64]


def mac(mac_key: bytes) -> bytes:
    """Of nothing, as every implementation has done it since libolm's mistake."""
    return hmac.digest(mac_key, b"", hashlib.sha256)[:MAC_BYTES]
