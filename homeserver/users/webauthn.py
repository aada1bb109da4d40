"""What authenticators answer, checked. W3C, "Web Authentication" Level 3, sections 7.1 and 7.2."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from urllib.parse import urlsplit

from attrs import frozen
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.webauthn import AttestationObject, AuthenticatorData, CollectedClientData

from homeserver.errors import Forbidden
from homeserver.json_values import JsonObject, decode

ALGORITHMS = (-7, -8, -257)
"""ES256, EdDSA, RS256."""
MAX_ID = 1023
MALFORMED = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    RecursionError,
    struct.error,
    UnsupportedAlgorithm,
)
"""What broken answers do to those who take them apart."""

IsOurs = Callable[[bytes], bool]
"""Whether a challenge was given out for this."""


class BadPasskey(Forbidden):
    def __init__(self, why: str = "This passkey was not accepted.") -> None:
        super().__init__(why)


@frozen
class Site:
    """For whom authenticators keep keys: the host, and where pages may ask them."""

    origin: str
    rp_id: str

    @classmethod
    def of(cls, url: str) -> "Site":
        parts = urlsplit(url)
        return cls(f"{parts.scheme}://{parts.netloc}", parts.hostname or "")


@frozen
class NewKey:
    id: bytes
    public_key: bytes
    counter: int


@frozen
class Assertion:
    """Of whoever holds a key: what was signed."""

    id: bytes
    client_data: CollectedClientData
    data: AuthenticatorData
    signature: bytes
    user_handle: bytes


def new_key(site: Site, answer: str, is_ours: IsOurs) -> NewKey:
    """A key that was just made. Who made the authenticator does not matter: no attestation."""
    try:
        response = parts_of(answer)
        client_data = CollectedClientData(bytes_of(response, "clientDataJSON"))
        data = AttestationObject(bytes_of(response, "attestationObject")).auth_data
        made = data.credential_data
        _check(site, client_data, data, CollectedClientData.TYPE.CREATE, is_ours)
        if made is None or not 0 < len(made.credential_id) <= MAX_ID:
            raise BadPasskey()
        if made.public_key.ALGORITHM not in ALGORITHMS:
            raise BadPasskey("The authenticator uses signatures that this server does not know.")
        return NewKey(made.credential_id, cbor.encode(dict(made.public_key)), data.counter)
    except MALFORMED as error:
        raise BadPasskey() from error


def read_assertion(answer: str) -> Assertion:
    """As it came; nothing of it is proved yet."""
    try:
        response = parts_of(answer)
        return Assertion(
            bytes_of(response, "id"),
            CollectedClientData(bytes_of(response, "clientDataJSON")),
            AuthenticatorData(bytes_of(response, "authenticatorData")),
            bytes_of(response, "signature"),
            bytes_of(response, "userHandle") if response.get("userHandle") else b"",
        )
    except MALFORMED as error:
        raise BadPasskey() from error


def check_assertion(site: Site, it: Assertion, public_key: bytes, is_ours: IsOurs) -> None:
    """Raises BadPasskey unless the holder of the key has signed our challenge just now."""
    try:
        _check(site, it.client_data, it.data, CollectedClientData.TYPE.GET, is_ours)
        key = CoseKey.parse(cbor.decode(public_key))  # type: ignore[arg-type]
        key.verify(bytes(it.data) + sha256(bytes(it.client_data)).digest(), it.signature)
    except (*MALFORMED, InvalidSignature) as error:
        raise BadPasskey() from error


def _check(
    site: Site,
    client_data: CollectedClientData,
    data: AuthenticatorData,
    type: str,
    is_ours: IsOurs,
) -> None:
    flags = AuthenticatorData.FLAG
    is_ok = (
        client_data.type == type
        and client_data.origin == site.origin
        and not client_data.cross_origin
        and compare_digest(data.rp_id_hash, sha256(site.rp_id.encode()).digest())
        and data.flags & flags.UP
        # A passkey stands for both steps, so the authenticator must know its owner.
        and data.flags & flags.UV
        and is_ours(client_data.challenge)
    )
    if not is_ok:
        raise BadPasskey()


def parts_of(answer: str) -> JsonObject:
    value = decode(answer)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def bytes_of(response: JsonObject, name: str) -> bytes:
    return from_text(response[name])


def from_text(text: object) -> bytes:
    """RFC 4648, section 5, without padding."""
    if not isinstance(text, str) or not text.isascii():
        raise ValueError("not base64url")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def to_text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
