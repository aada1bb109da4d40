"""Secrets in account data, under a key that the user keeps. Spec: "Secrets", "Storage".

Pure functions over account data: whoever calls them reads and writes it.
"""

import hashlib
import hmac

from attrs import frozen
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from e2ee.encoding import JsonObject, decode_base64, encode_base64, field, optional
from e2ee.errors import BadRecoveryKey, NotPossible, Tampered, UnknownAlgorithm, WrongPassphrase
from e2ee.key_export import without_bit_63
from e2ee.vault import Random

ALGORITHM = "m.secret_storage.v1.aes-hmac-sha2"
DEFAULT_KEY = "m.secret_storage.default_key"
KEY_BYTES = 32
ROUNDS = 500_000
MOST_ROUNDS = 10_000_000
MOST_BITS = 4096
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RECOVERY_PREFIX = b"\x8b\x01"
ZEROS = bytes(32)


@frozen
class StorageKey:
    """A key of secret storage, and its id."""

    id: str
    secret: bytes

    @property
    def recovery_key(self) -> str:
        """For the user to write down. Spec: "Cryptographic key representation"."""
        return write_recovery_key(self.secret)


def account_data_type(key_id: str) -> str:
    return f"m.secret_storage.key.{key_id}"


def create_key(random: Random, passphrase: str | None = None) -> tuple[StorageKey, JsonObject]:
    """A key and the account data that describes it; random, or from a passphrase."""
    description: JsonObject = {"algorithm": ALGORITHM}
    if passphrase is None:
        secret = random(KEY_BYTES)
    else:
        salt = encode_base64(random(24))
        stated = {"algorithm": "m.pbkdf2", "salt": salt, "iterations": ROUNDS, "bits": 256}
        description["passphrase"] = stated
        secret = derive(passphrase, stated)
    iv = without_bit_63(random(16))
    description |= {"iv": encode_base64(iv), "mac": encode_base64(check_value(secret, iv))}
    return StorageKey(random(16).hex(), secret), description


def open_with_passphrase(key_id: str, description: JsonObject, passphrase: str) -> StorageKey:
    """Raises WrongPassphrase."""
    stated = description.get("passphrase")
    if not isinstance(stated, dict):
        raise NotPossible("This key was not made from a passphrase.")
    return checked(StorageKey(key_id, derive(passphrase, stated)), description)


def open_with_recovery_key(key_id: str, description: JsonObject, text: str) -> StorageKey:
    """Raises BadRecoveryKey for a mistyped one, WrongPassphrase for another one."""
    return checked(StorageKey(key_id, read_recovery_key(text)), description)


def seal_secret(name: str, secret: str, key: StorageKey, random: Random) -> JsonObject:
    """The entry below `encrypted` in the account data of this name."""
    iv = without_bit_63(random(16))
    aes_key, mac_key = derived(key.secret, name)
    encryptor = Cipher(algorithms.AES(aes_key), modes.CTR(iv)).encryptor()
    sealed = encryptor.update(secret.encode()) + encryptor.finalize()
    return {
        "iv": encode_base64(iv),
        "ciphertext": encode_base64(sealed),
        "mac": encode_base64(hmac.digest(mac_key, sealed, hashlib.sha256)),
    }


def open_secret(name: str, account_data: JsonObject, key: StorageKey) -> str:
    """Raises Tampered if it was altered, or put there under another name."""
    entry = optional(optional(account_data, "encrypted", dict, {}), key.id, dict, {})
    if not entry:
        raise NotPossible(f"{name} is not stored under this key.")
    sealed = decode_base64(field(entry, "ciphertext", str))
    iv = decode_base64(field(entry, "iv", str))
    aes_key, mac_key = derived(key.secret, name)
    mac = hmac.digest(mac_key, sealed, hashlib.sha256)
    if not hmac.compare_digest(mac, decode_base64(field(entry, "mac", str))) or len(iv) != 16:
        raise Tampered(f"The secret {name} was altered, or sealed by another key.")
    decryptor = Cipher(algorithms.AES(aes_key), modes.CTR(iv)).decryptor()
    try:
        return (decryptor.update(sealed) + decryptor.finalize()).decode()
    except UnicodeDecodeError as error:
        raise Tampered(f"The secret {name} is no text.") from error


def checked(key: StorageKey, description: JsonObject) -> StorageKey:
    """Spec: without `iv` and `mac`, a key has to be believed."""
    if description.get("algorithm") != ALGORITHM:
        raise UnknownAlgorithm("The key of secret storage is of an algorithm we do not know.")
    if "iv" not in description or "mac" not in description:
        return key
    iv, mac = (decode_base64(field(description, name, str)) for name in ("iv", "mac"))
    if len(iv) != 16 or not hmac.compare_digest(check_value(key.secret, iv), mac):
        raise WrongPassphrase("This does not open the secret storage.")
    return key


def check_value(secret: bytes, iv: bytes) -> bytes:
    aes_key, mac_key = derived(secret, "")
    encryptor = Cipher(algorithms.AES(aes_key), modes.CTR(iv)).encryptor()
    return hmac.digest(mac_key, encryptor.update(ZEROS) + encryptor.finalize(), hashlib.sha256)


def derived(secret: bytes, name: str) -> tuple[bytes, bytes]:
    keys = HKDF(SHA256(), 64, bytes(32), name.encode()).derive(secret)
    return keys[:32], keys[32:]


def derive(passphrase: str, stated: JsonObject) -> bytes:
    """Spec: "Deriving keys from passphrases". The server says how often; not without bounds."""
    if stated.get("algorithm") != "m.pbkdf2":
        raise UnknownAlgorithm("The passphrase is turned into a key in a way we do not know.")
    rounds, bits = field(stated, "iterations", int), optional(stated, "bits", int, 256)
    if not 1 <= rounds <= MOST_ROUNDS or not 8 <= bits <= MOST_BITS:
        raise UnknownAlgorithm(f"{rounds} rounds for {bits} bits are not reasonable.")
    salt = field(stated, "salt", str).encode()
    return PBKDF2HMAC(SHA512(), bits // 8, salt, rounds).derive(passphrase.encode())


def write_recovery_key(secret: bytes) -> str:
    data = RECOVERY_PREFIX + secret
    data += bytes((parity(data),))
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def read_recovery_key(text: str) -> bytes:
    letters = "".join(text.split())
    number = 0
    for letter in letters:
        if letter not in BASE58:
            raise BadRecoveryKey(f"'{letter}' occurs in no recovery key.")
        number = number * 58 + BASE58.index(letter)
    length = len(RECOVERY_PREFIX) + KEY_BYTES + 1
    if len(letters) > 2 * length or number >= 1 << 8 * length:
        raise BadRecoveryKey("The recovery key is too long.")
    data = number.to_bytes(length, "big")
    if not data.startswith(RECOVERY_PREFIX) or parity(data):
        raise BadRecoveryKey("The recovery key is mistyped.")
    return data[len(RECOVERY_PREFIX) : -1]


def parity(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
    return value
