"""Signatures and sealed messages of callbacks, the same for Official Accounts and WeCom."""

import base64
import binascii
import os
from hashlib import sha1
from hmac import compare_digest
from xml.etree.ElementTree import Element, ParseError

from attrs import field, frozen
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

BLOCK = 32
PREFIX = 16
FRESH_S = 600
"""Older callbacks are not believed. Tencent repeats itself within seconds."""
MAX_XML = 1_000_000


class NotGenuine(Exception):
    """Not signed with the token, not sealed with the key, or not for us."""


def signature(*pieces: str) -> str:
    return sha1("".join(sorted(pieces)).encode()).hexdigest()


def check(given: str, *pieces: str) -> None:
    if not compare_digest(given.encode(errors="replace"), signature(*pieces).encode()):
        raise NotGenuine("the signature is wrong")


def check_time(timestamp: str, now_s: float) -> None:
    if not timestamp.isdecimal() or abs(now_s - int(timestamp[:12])) > FRESH_S:
        raise NotGenuine("the time is wrong")


@frozen
class Seal:
    """`receiver` is the id of the account or corporation, which stands inside."""

    receiver: str
    _key: bytes = field(repr=False)

    @classmethod
    def of(cls, receiver: str, encoding_aes_key: str) -> "Seal":
        """Raises ValueError for a key that is none."""
        key = base64.b64decode(f"{encoding_aes_key}=", validate=True)
        if len(key) != BLOCK:
            raise ValueError("The EncodingAESKey has 43 letters and digits.")
        return cls(receiver, key)

    def open(self, sealed: str) -> bytes:
        """Raises NotGenuine."""
        try:
            plain = self._apply(base64.b64decode(sealed, validate=True), opens=True)
        except (binascii.Error, ValueError):
            raise NotGenuine("the message is not sealed as it should be") from None
        padding = plain[-1] if plain else 0
        if not 1 <= padding <= BLOCK:
            raise NotGenuine("the message is not sealed with our key")
        plain = plain[:-padding]
        end = PREFIX + 4 + int.from_bytes(plain[PREFIX : PREFIX + 4])
        message, receiver = plain[PREFIX + 4 : end], plain[end:]
        if end > len(plain) or not compare_digest(receiver, self.receiver.encode()):
            raise NotGenuine("the message is for somebody else")
        return message

    def close(self, message: bytes, prefix: bytes | None = None) -> str:
        whole = prefix or os.urandom(PREFIX)
        whole += len(message).to_bytes(4) + message + self.receiver.encode()
        padding = BLOCK - len(whole) % BLOCK
        sealed = self._apply(whole + bytes([padding]) * padding, opens=False)
        return base64.b64encode(sealed).decode()

    def _apply(self, data: bytes, *, opens: bool) -> bytes:
        cipher = Cipher(AES(self._key), CBC(self._key[:16]))
        worker = cipher.decryptor() if opens else cipher.encryptor()
        return worker.update(data) + worker.finalize()


def parsed(body: bytes) -> Element:
    """Without documents that define things of their own. Raises NotGenuine."""
    if len(body) > MAX_XML:
        raise NotGenuine("the message is too large")
    try:
        found = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise NotGenuine("the message is no XML") from None
    assert isinstance(found, Element)
    return found
