"""What lets a user's calls through a TURN server. Spec: Client-Server API, "Voice over IP"."""

import hmac
from base64 import b64encode

from attrs import frozen

from homeserver.clock import Clock
from homeserver.config.calls import Turn
from homeserver.json_values import JsonObject


@frozen
class Relays:
    _settings: Turn
    _clock: Clock

    def credentials(self, user_id: str, *, is_guest: bool) -> JsonObject:
        """Empty where there is no relay: clients take an error for a reason to ask again."""
        turn = self._settings
        if not turn.uris or (is_guest and not turn.allow_guests):
            return {}
        ttl = turn.user_lifetime // 1000
        if turn.shared_secret is not None:
            name = f"{self._clock.now_ms() // 1000 + ttl}:{user_id}"
            return answer(turn, name, password_of(name, turn.shared_secret), ttl)
        if turn.username is not None and turn.password is not None:
            return answer(turn, turn.username, turn.password, ttl)
        return {}


def password_of(name: str, shared_secret: str) -> str:
    """As coturn's `use-auth-secret` expects it (draft-uberti-behave-turn-rest-00)."""
    return b64encode(hmac.digest(shared_secret.encode(), name.encode(), "sha1")).decode()


def answer(turn: Turn, name: str, password: str, ttl: int) -> JsonObject:
    return {"username": name, "password": password, "uris": list(turn.uris), "ttl": ttl}
