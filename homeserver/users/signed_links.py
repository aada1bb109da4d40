"""Links that work without a login, since only this server can have made them."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_bytes

from attrs import frozen

from homeserver.users.secrets import Secrets

NAME = "signed links"
MAX_TOKEN = 1000


@frozen(eq=False)
class SignedLinks:
    _secrets: Secrets

    async def token(self, purpose: str, subject: str) -> str:
        """Good for this purpose alone, for ever."""
        return f"{subject}.{await self._signature(purpose, subject)}"

    async def read(self, purpose: str, token: str) -> str | None:
        """The subject; None for what this server has not made for this purpose."""
        subject, _, signature = token[:MAX_TOKEN].rpartition(".")
        expected = await self._signature(purpose, subject)
        if hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode()):
            return subject
        return None

    async def _signature(self, purpose: str, subject: str) -> str:
        key = await self._secrets.get(NAME, lambda: token_bytes(32))
        signed = f"{purpose}\0{subject}".encode("utf-8", "replace")
        return urlsafe_b64encode(hmac.new(key, signed, sha256).digest()).rstrip(b"=").decode()
