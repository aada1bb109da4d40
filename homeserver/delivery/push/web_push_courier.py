"""Tells browsers, through the push services of their makers. Spec: RFC 8030, MSC4174."""

from attrs import frozen
from cryptography.hazmat.primitives.asymmetric import ec

from homeserver.delivery.push.answers import of_status
from homeserver.delivery.push.preparing import Due
from homeserver.delivery.push.turns import Fate, Outcome
from homeserver.delivery.push.web_push import Subscription, encrypt, payload, urgency
from homeserver.http.client import Client, Limits, Outgoing
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.json_values import encode
from homeserver.randomness import Random
from homeserver.storage.pushers import Pusher
from homeserver.users.vapid import Vapid

LIMITS = Limits(seconds=20.0, size=64 * 1024)
TTL_S = 24 * 3600
PROOF_TTL_S = 300
GONE = frozenset({403, 404, 410})
"""The browser has let go of its subscription: MSC4174."""
TOO_LARGE = 413


@frozen(eq=False)
class WebPushCourier:
    _client: Client
    _vapid: Vapid
    _random: Random
    _include_content: bool

    async def carry(self, due: Due) -> Outcome:
        if due.notification is None and due.pusher.data.get("events_only") is True:
            return Outcome(Fate.TAKEN)  # Such a client shows no numbers.
        headers = {"TTL": str(TTL_S), "Urgency": urgency(due.notification)}
        if due.notification is None:
            headers["Topic"] = "badge"  # A newer number takes the place of one not yet delivered.
        plain = payload(due, include_content=self._include_content)
        return await self._send(due.pusher, plain, headers)

    async def prove(self, pusher: Pusher, token: str) -> Outcome:
        """Send what its owner has to send back."""
        plain = encode({"app_id": pusher.app_id, "ack_token": token})
        return await self._send(pusher, plain, {"TTL": str(PROOF_TTL_S), "Urgency": "high"})

    async def _send(self, pusher: Pusher, plain: bytes, headers: dict[str, str]) -> Outcome:
        to = Subscription.of(pusher)
        key = ec.generate_private_key(ec.SECP256R1())
        request = Outgoing(
            "POST",
            to.url,
            {
                "Content-Type": "application/octet-stream",
                "Content-Encoding": "aes128gcm",
                "Authorization": await self._vapid.authorization(to.url),
                **headers,
            },
            encrypt(plain, to, key, self._random(16)),
        )
        try:
            answer = await self._client.request(request, LIMITS)
        except OutgoingError as error:
            return Outcome(Fate.LATER, reason=f"{type(error).__name__}: {error}")
        if 200 <= answer.status < 300:
            return Outcome(Fate.TAKEN)
        if answer.status in GONE:
            return Outcome(Fate.GONE, reason=f"status {answer.status}")
        if answer.status == TOO_LARGE:
            return Outcome(Fate.REFUSED, reason="too large")
        return of_status(answer)
