"""Room keys in a file, sealed by a passphrase. Spec: "Key exports"."""

import hashlib
import hmac
from collections.abc import Iterable

import orjson
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from e2ee.encoding import JsonObject, canonical, decode_base64, encode_base64
from e2ee.errors import BadBase64, BadExport, Tampered, TooLarge
from e2ee.ratchets.ratchet import InboundGroup
from e2ee.room_keys import RoomKey, exported
from e2ee.vault import Random

FIRST_LINE = "-----BEGIN MEGOLM SESSION DATA-----"
LAST_LINE = "-----END MEGOLM SESSION DATA-----"
VERSION = 1
SALT = slice(1, 17)
IV = slice(17, 33)
ROUNDS = slice(33, 37)
BODY = slice(37, -32)
MAC_BYTES = 32
OUR_ROUNDS = 500_000
MOST_ROUNDS = 10_000_000
MAX_BYTES = 256 * 1024 * 1024
LINE = 96


def write_export(
    keys: Iterable[tuple[RoomKey, InboundGroup]],
    passphrase: str,
    random: Random,
    rounds: int = OUR_ROUNDS,
) -> str:
    sessions = [
        exported(key, session) | {"room_id": key.room_id, "session_id": key.session_id}
        for key, session in keys
    ]
    salt, iv = random(16), without_bit_63(random(16))
    aes_key, mac_key = derived(passphrase, salt, rounds)
    encryptor = Cipher(algorithms.AES(aes_key), modes.CTR(iv)).encryptor()
    sealed = encryptor.update(canonical(sessions)) + encryptor.finalize()
    data = bytes((VERSION,)) + salt + iv + rounds.to_bytes(4, "big") + sealed
    text = encode_base64(data + hmac.digest(mac_key, data, hashlib.sha256))
    text += "=" * (-len(text) % 4)
    lines = [text[start : start + LINE] for start in range(0, len(text), LINE)]
    return "\n".join((FIRST_LINE, *lines, LAST_LINE, ""))


def read_export(text: str, passphrase: str) -> list[JsonObject]:
    """Raises BadExport for another file, Tampered for an altered one or a wrong passphrase."""
    data = unwrapped(text)
    if len(data) < ROUNDS.stop + MAC_BYTES or data[0] != VERSION:
        raise BadExport("The file is cut off, or of a version that we do not know.")
    rounds = int.from_bytes(data[ROUNDS], "big")
    if not 1 <= rounds <= MOST_ROUNDS:
        raise BadExport(f"{rounds} rounds are more than anybody needs.")
    aes_key, mac_key = derived(passphrase, data[SALT], rounds)
    mac = hmac.digest(mac_key, data[:-MAC_BYTES], hashlib.sha256)
    if not hmac.compare_digest(mac, data[-MAC_BYTES:]):
        raise Tampered("The passphrase is wrong, or the file was altered.")
    decryptor = Cipher(algorithms.AES(aes_key), modes.CTR(data[IV])).decryptor()
    try:
        sessions = orjson.loads(decryptor.update(data[BODY]) + decryptor.finalize())
    except ValueError as error:
        raise BadExport("The file holds no JSON.") from error
    if not isinstance(sessions, list):
        raise BadExport("The file holds no list of keys.")
    return [one for one in sessions if isinstance(one, dict)]


def unwrapped(text: str) -> bytes:
    if len(text) > MAX_BYTES:
        raise TooLarge("The file is too large to be an export of keys.")
    lines = [line.strip() for line in text.strip().splitlines()]
    if len(lines) < 3 or lines[0] != FIRST_LINE or lines[-1] != LAST_LINE:
        raise BadExport("This is not a file of exported keys.")
    try:
        return decode_base64("".join(lines[1:-1]))
    except BadBase64 as error:
        raise BadExport("The file is damaged.") from error


def derived(passphrase: str, salt: bytes, rounds: int) -> tuple[bytes, bytes]:
    keys = PBKDF2HMAC(SHA512(), 64, salt, rounds).derive(passphrase.encode())
    return keys[:32], keys[32:]


def without_bit_63(iv: bytes) -> bytes:
    """Implementations of AES-CTR differ in how they carry over it."""
    return iv[:8] + bytes((iv[8] & 0x7F,)) + iv[9:]
