"""Files of encrypted rooms, as streams. Spec: "Sending encrypted attachments"."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator

from attrs import define, field
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from e2ee.encoding import JsonObject, decode_base64, encode_base64, encode_urlsafe
from e2ee.encoding import field as field_of
from e2ee.errors import BadField, Tampered, UnknownAlgorithm
from e2ee.vault import Random

KEY_BYTES = 32
NONCE_BYTES = 8
COUNTER_BYTES = 8


@define
class Encryption:
    """Feed it the file piece by piece; then `file` is what the event says of it.

    The key is made for this file alone: a thumbnail gets an Encryption of its own.
    """

    _key: bytes
    _iv: bytes
    _cipher: CipherContext
    _hash: "hashlib._Hash" = field(factory=hashlib.sha256)

    @classmethod
    def begin(cls, random: Random) -> "Encryption":
        key, iv = random(KEY_BYTES), random(NONCE_BYTES) + bytes(COUNTER_BYTES)
        return cls(key, iv, Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor())

    def update(self, piece: bytes) -> bytes:
        sealed = self._cipher.update(piece)
        self._hash.update(sealed)
        return sealed

    def file(self, url: str) -> JsonObject:
        """Spec: EncryptedFile."""
        return {
            "v": "v2",
            "url": url,
            "key": {
                "kty": "oct",
                "alg": "A256CTR",
                "ext": True,
                "key_ops": ["encrypt", "decrypt"],
                "k": encode_urlsafe(self._key),
            },
            "iv": encode_base64(self._iv),
            "hashes": {"sha256": encode_base64(self._hash.digest())},
        }


@define
class Decryption:
    """Feed it what was downloaded. What comes out may be used only after `finish` did not raise."""

    _cipher: CipherContext
    _expected: bytes
    _hash: "hashlib._Hash" = field(factory=hashlib.sha256)

    @classmethod
    def begin(cls, file: JsonObject) -> "Decryption":
        """Raises BadField or UnknownAlgorithm for what is no EncryptedFile that we can read."""
        if file.get("v") != "v2":
            raise UnknownAlgorithm(f"An attachment of version {file.get('v')!r} is not known.")
        jwk = field_of(file, "key", dict)
        if (jwk.get("kty"), jwk.get("alg")) != ("oct", "A256CTR"):
            raise UnknownAlgorithm("The attachment's key is of another algorithm.")
        key = decode_base64(field_of(jwk, "k", str).replace("-", "+").replace("_", "/"))
        iv = decode_base64(field_of(file, "iv", str))
        expected = decode_base64(field_of(field_of(file, "hashes", dict), "sha256", str))
        if len(key) != KEY_BYTES or len(iv) != NONCE_BYTES + COUNTER_BYTES:
            raise BadField("The attachment's key or counter has a wrong length.")
        return cls(Cipher(algorithms.AES(key), modes.CTR(iv)).decryptor(), expected)

    def update(self, piece: bytes) -> bytes:
        self._hash.update(piece)
        return self._cipher.update(piece)

    def finish(self) -> None:
        """Raises Tampered if the server gave us another file."""
        if not hmac.compare_digest(self._hash.digest(), self._expected):
            raise Tampered("The attachment is not the one that was sent.")


def encrypt(pieces: Iterable[bytes], encryption: Encryption) -> Iterator[bytes]:
    for piece in pieces:
        yield encryption.update(piece)


def decrypt_whole(data: bytes, file: JsonObject) -> bytes:
    """Of a file that fits into memory."""
    decryption = Decryption.begin(file)
    plain = decryption.update(data)
    decryption.finish()
    return plain
