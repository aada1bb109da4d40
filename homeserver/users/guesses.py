"""Wrong passwords and codes are counted so that strangers cannot guess, nor lock the owner out.

Each place (a network address, or a browser in which the owner was signed in before) has a count of
its own for an account. Besides, strangers are counted together: by account, against many addresses
that try one account, and by network, against one network that tries many accounts. From where the
owner has been before, the counts of strangers do not matter.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from ipaddress import ip_address, ip_network
from secrets import token_bytes

from attrs import frozen

from homeserver.errors import LimitExceeded
from homeserver.http.client_addresses import address_key
from homeserver.storage import devices
from homeserver.storage.database import Database
from homeserver.users.rate_limits import Limits
from homeserver.users.secrets import Secrets

PASSWORD, CODE = "login_failed", "second_factor"
STRANGERS = {PASSWORD: "login_strangers", CODE: "second_factor_strangers"}
NETWORK = "login_network"
IPV4_NETWORK, IPV6_NETWORK = 24, 48


@frozen
class Place:
    """Where somebody tries from; `marks` are what this browser has of earlier visits."""

    ip: str = ""
    marks: tuple[str, ...] = ()


@frozen(eq=False)
class Guesses:
    _db: Database
    _limits: Limits
    _secrets: Secrets

    async def mark_of(self, user_id: str) -> str:
        """What a browser keeps in which this user was signed in."""
        key = await self._secrets.get("known browsers", lambda: token_bytes(32))
        digest = hmac.new(key, user_id.encode("utf-8", "replace"), sha256).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    async def check(self, kind: str, who: str, place: Place) -> None:
        """Raises LimitExceeded where too much was guessed."""
        mark = await self._mark(who, place)
        if kind == PASSWORD:
            self._limits.take("login_account", self._key(who, place, mark))
        self._limits.check(kind, self._key(who, place, mark))
        if mark:
            return
        try:
            self._limits.check(STRANGERS[kind], who)
            self._limits.check(NETWORK, network_of(place.ip))
        except LimitExceeded:
            if not await self._db.glance(devices.were_seen_at, who, address_key(place.ip)):
                raise

    async def failed(self, kind: str, who: str, place: Place) -> None:
        mark = await self._mark(who, place)
        self._limits.count(kind, self._key(who, place, mark))
        if not mark:
            self._limits.count(STRANGERS[kind], who)
            self._limits.count(NETWORK, network_of(place.ip))

    async def _mark(self, who: str, place: Place) -> str:
        if not place.marks:
            return ""
        mark = await self.mark_of(who)
        return mark if any(hmac.compare_digest(it, mark) for it in place.marks) else ""

    def _key(self, who: str, place: Place, mark: str) -> str:
        return f"{who} {mark or address_key(place.ip)}"


def network_of(ip: str) -> str:
    """What belongs to one provider's customer at most, roughly."""
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return ip
    bits = IPV4_NETWORK if address.version == 4 else IPV6_NETWORK
    return str(ip_network((address, bits), strict=False))
