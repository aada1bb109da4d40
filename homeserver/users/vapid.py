"""The key by which push services of browsers know this server: RFC 8292 (VAPID)."""

from base64 import urlsafe_b64encode
from urllib.parse import urlsplit

import jwt
from attrs import field, frozen
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from homeserver.clock import Clock
from homeserver.users.secrets import Secrets

NAME = "vapid"
VALID_S = 12 * 3600
"""A day at most: RFC 8292, section 2."""
RENEWED_BEFORE_S = 3600
MAX_TOKENS = 500


@frozen(eq=False)
class Vapid:
    """`_contact` is a `mailto:` or `https:` address of who runs this server."""

    _secrets: Secrets
    _clock: Clock
    _contact: str
    _tokens: dict[str, tuple[str, int]] = field(factory=dict)

    async def public_key(self) -> str:
        """As browsers take it: an uncompressed point in URL-safe Base64."""
        return public_text(await self._key())

    async def authorization(self, url: str) -> str:
        """For a request to this address."""
        parts = urlsplit(url)
        audience = f"{parts.scheme}://{parts.netloc}"
        now_s = self._clock.now_ms() // 1000
        token, expires_s = self._tokens.get(audience, ("", 0))
        key = await self._key()
        if expires_s - now_s < RENEWED_BEFORE_S:
            expires_s = now_s + VALID_S
            claims = {"aud": audience, "exp": expires_s, "sub": self._contact}
            token = jwt.encode(claims, key, algorithm="ES256")
            if len(self._tokens) >= MAX_TOKENS:
                self._tokens.clear()
            self._tokens[audience] = token, expires_s
        return f"vapid t={token}, k={public_text(key)}"

    async def _key(self) -> ec.EllipticCurvePrivateKey:
        secret = await self._secrets.get(NAME, new_key)
        return ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1())


def new_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32)


def public_text(key: ec.EllipticCurvePrivateKey) -> str:
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()
