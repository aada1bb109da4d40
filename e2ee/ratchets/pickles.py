"""The cipher around pickles, which libolm and vodozemac share.

AES-256-CBC and eight bytes of HMAC-SHA-256, by keys that HKDF derives from the pickle key.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

from e2ee.encoding import decode_base64, encode_base64
from e2ee.errors import BadPickle

MAC_BYTES = 8
BLOCK_BITS = 128


def open_pickle(pickle: str, key: bytes) -> bytes:
    raw = decode_base64(pickle)
    sealed, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    cipher, mac_key = derived(key)
    if not hmac.compare_digest(mac_of(sealed, mac_key), mac):
        raise BadPickle("The pickle was made with another key, or altered.")
    decryptor = cipher.decryptor()
    unpadder = PKCS7(BLOCK_BITS).unpadder()
    padded = decryptor.update(sealed) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()


def close_pickle(content: bytes, key: bytes) -> str:
    cipher, mac_key = derived(key)
    padder = PKCS7(BLOCK_BITS).padder()
    encryptor = cipher.encryptor()
    padded = padder.update(content) + padder.finalize()
    sealed = encryptor.update(padded) + encryptor.finalize()
    return encode_base64(sealed + mac_of(sealed, mac_key))


def derived(key: bytes) -> tuple[Cipher[modes.CBC], bytes]:
    keys = HKDF(SHA256(), 80, None, b"Pickle").derive(key)
    return Cipher(algorithms.AES(keys[:32]), modes.CBC(keys[64:])), keys[32:64]


def mac_of(sealed: bytes, mac_key: bytes) -> bytes:
    return hmac.digest(mac_key, sealed, hashlib.sha256)[:MAC_BYTES]


def expanded(seed: bytes) -> bytes:
    """The form in which libolm keeps an Ed25519 key."""
    digest = bytearray(hashlib.sha512(seed).digest())
    digest[0] &= 248
    digest[31] = digest[31] & 63 | 64
    return bytes(digest)
