"""Asks bridges how they are; one that runs but does not answer any more is ended."""

from typing import Any

from attrs import define, field

from homeserver.clock import Clock
from homeserver.http.client import Client, Limits, Outgoing
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.supervision.child import Child

ASKED_EVERY_S = 30.0
LIMITS = Limits(seconds=5.0, size=64 * 1024)
PATIENCE = 3
"""So many questions in a row may stay without an answer."""


@define(eq=False)
class Health:
    """Of one bridge; `sessions` are the states of its logins."""

    _url: str
    _client: Client
    _clock: Clock
    sessions: list[str] = field(factory=list, init=False)
    asked_ms: int = field(default=0, init=False)
    unanswered: int = field(default=0, init=False)

    async def ask(self, child: Child) -> None:
        if child.state != "running":
            self.unanswered = 0
            return
        pid = child.pid
        self.asked_ms = self._clock.now_ms()
        try:
            answer = await self._client.request(Outgoing("GET", f"{self._url}/health"), LIMITS)
            self.sessions = sessions_of(answer.json())
            self.unanswered = 0
        except OutgoingError:
            self.unanswered += 1
            if self.unanswered >= PATIENCE and child.pid == pid:
                self.unanswered = 0
                child.kill()


def sessions_of(answer: Any) -> list[str]:
    listed = answer.get("sessions") if isinstance(answer, dict) else None
    return [str(it)[:40] for it in listed[:1000]] if isinstance(listed, list) else []
