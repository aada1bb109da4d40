"""Listens to LiveKit, and asks it now and then: who came to a call, and who is gone.

Facts: LiveKit documentation, "Webhooks & events".
"""

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from homeserver.calls.hang_ups import HangUps
from homeserver.calls.identities import Seat
from homeserver.calls.leaves import Leaves
from homeserver.calls.livekit_tokens import LiveKitTokens
from homeserver.clock import Clock
from homeserver.errors import Forbidden
from homeserver.json_values import JsonObject
from homeserver.logs import logger

TICK_S = 5.0

log = logger(__name__)


@define(eq=False)
class Watch:
    _tokens: LiveKitTokens
    _leaves: Leaves
    _hang_ups: HangUps
    _clock: Clock
    _timer: IDelayedCall | None = field(default=None, init=False)

    def start(self) -> None:
        self._timer = self._clock.call_later(TICK_S, self._tick)

    def stop(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    async def told(self, token: str, body: bytes, happening: JsonObject) -> None:
        """What LiveKit tells; raises Forbidden if somebody else does."""
        if not self._tokens.signed_by_livekit(token, body):
            raise Forbidden("LiveKit did not sign this.")
        seat = seat_of(happening)
        if seat is None:
            return
        if happening.get("event") == "participant_joined":
            await self._hang_ups.participant_came(seat)
            await self._leaves.participant_came(seat)
        elif happening.get("event") in ("participant_left", "participant_connection_aborted"):
            await self._leaves.participant_went(seat)

    def _tick(self) -> None:
        self._timer = None
        Deferred.fromCoroutine(self._leaves.look_after()).addErrback(
            lambda failure: log.error("delayed leaves were not looked after: %s", failure.value)
        ).addBoth(lambda _: self.start())


def seat_of(happening: JsonObject) -> Seat | None:
    room, participant = happening.get("room"), happening.get("participant")
    if not isinstance(room, dict) or not isinstance(participant, dict):
        return None
    name, identity = room.get("name"), participant.get("identity")
    if not isinstance(name, str) or not isinstance(identity, str):
        return None
    return Seat(name, identity)
