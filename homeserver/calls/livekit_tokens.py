"""Tokens for LiveKit's doors, and LiveKit's own signature on what it tells us.

Facts: LiveKit documentation, "Tokens & grants" and "Webhooks".
"""

from base64 import b64encode
from hashlib import sha256
from hmac import compare_digest

import jwt
from attrs import field, frozen

from homeserver.calls.identities import Seat
from homeserver.clock import Clock
from homeserver.json_values import JsonObject

ALGORITHM = "HS256"
OWN_LIFETIME_S = 60
MAX_CLOCK_SKEW_S = 60


@frozen
class LiveKitTokens:
    _key: str
    _secret: str = field(repr=False)
    _lifetime_ms: int
    _clock: Clock

    def for_seat(self, seat: Seat, *, may_publish: bool) -> str:
        """Never with the right to make rooms: whoever has it may close any room too (MSC4195)."""
        grants: JsonObject = {
            "room": seat.room,
            "roomCreate": False,
            "roomJoin": True,
            "canPublish": may_publish,
            "canSubscribe": True,
            "canUpdateOwnMetadata": False,
            "hidden": False,
        }
        return self._signed(
            {"sub": seat.identity, "video": grants}, lifetime_s=self._lifetime_ms // 1000
        )

    def for_ourselves(self, room: str) -> str:
        """What makes a room and looks after who is in it."""
        grants = {"room": room, "roomCreate": True, "roomAdmin": True}
        return self._signed({"video": grants}, lifetime_s=OWN_LIFETIME_S)

    def signed_by_livekit(self, token: str, body: bytes) -> bool:
        """Whether LiveKit signed this body, lately."""
        now_s = self._clock.now_ms() / 1000
        try:
            # Its times are compared with our clock below, which tests set.
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=self._key,
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return False
        expires, digest = claims.get("exp"), claims.get("sha256")
        if not isinstance(expires, int | float) or now_s > expires + MAX_CLOCK_SKEW_S:
            return False
        expected = b64encode(sha256(body).digest()).decode()
        return isinstance(digest, str) and compare_digest(digest.encode(), expected.encode())

    def _signed(self, claims: JsonObject, *, lifetime_s: int) -> str:
        now_s = self._clock.now_ms() // 1000
        times = {"iss": self._key, "nbf": now_s, "exp": now_s + lifetime_s}
        return jwt.encode({**times, **claims}, self._secret, algorithm=ALGORITHM)
