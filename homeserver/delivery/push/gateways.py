"""Who is told next: a few pushers of each gateway at a time, and no gateway holds up another.

Gateways that fail or take long stand in a line of their own; one that fails is tried with one
pusher, and only then the others follow.
"""

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred

from homeserver.clock import Clock
from homeserver.delivery.lanes import Lane
from homeserver.delivery.push.pauses import Pauses
from homeserver.delivery.push.turns import Fate, Outcome, Turn
from homeserver.delivery.push.watchers import Watch
from homeserver.logs import logger

QUICK_AT_ONCE = 100
SLOW_AT_ONCE = 30
OF_ONE_GATEWAY = 8
SLOW_MS = 3_000
RETRY_MS = 30_000
MOVED_MS = 200
MANY_STUMBLES = 3
"""Errors of a gateway that answers, one after the other: a few may come of what it was told."""

TakeTurn = Callable[[Watch], Coroutine[Any, Any, Turn]]

log = logger(__name__)


@define(eq=False)
class Gateway:
    """`line` are those of its pushers that wait for their turn; `busy` are under way."""

    name: str
    line: deque[Watch] = field(factory=deque)
    busy: dict[int, bool] = field(factory=dict)
    """By pusher, whether it is to have another turn."""
    is_queued: bool = False
    is_slow: bool = False
    stumbles: int = 0
    is_timed: bool = False


class Gateways:
    def __init__(self, clock: Clock, pauses: Pauses, take_turn: TakeTurn) -> None:
        self._clock = clock
        self._pauses = pauses
        self._take_turn = take_turn
        self._gateways: dict[str, Gateway] = {}
        self._waiting: set[int] = set()
        self._busy: set[int] = set()
        self._timed: set[int] = set()
        self._under_way: set[Deferred[Turn]] = set()
        self._quick: Lane[Gateway] = Lane(QUICK_AT_ONCE, self._serve)
        self._slow: Lane[Gateway] = Lane(SLOW_AT_ONCE, self._serve)
        self._is_running = True

    def stop(self) -> None:
        """What is under way is let go: it is told again after the next start."""
        self._is_running = False
        self._quick.stop()
        self._slow.stop()
        for turn in list(self._under_way):
            turn.cancel()

    def wake(self, watch: Watch) -> None:
        """There may be something for this pusher."""
        gateway = self._gateways.get(watch.gateway)
        if gateway is None:
            gateway = self._gateways[watch.gateway] = Gateway(watch.gateway)
        if watch.id in gateway.busy:
            gateway.busy[watch.id] = True
        elif watch.id not in self._waiting:
            self._waiting.add(watch.id)
            gateway.line.append(watch)
        self._join(gateway)

    def waiting(self) -> int:
        """Pushers that wait for their turn, or have it."""
        return len(self._waiting) + len(self._busy)

    def forget_idle(self) -> None:
        """Let go of gateways that are only remembered for their stumbles."""
        for name, gateway in list(self._gateways.items()):
            if not (gateway.line or gateway.busy or gateway.is_timed):
                del self._gateways[name]

    def _join(self, gateway: Gateway) -> None:
        is_failing = self._pauses.is_known(gateway.name)
        width = 1 if is_failing else OF_ONE_GATEWAY
        if not self._is_running or not gateway.line or len(gateway.busy) >= width:
            return
        if wait_ms := self._pauses.wait_ms(gateway.name):
            self._later(gateway, wait_ms)
            return
        lane = self._slow if is_failing or gateway.is_slow else self._quick
        lane.join(gateway)
        lane.go()

    def _later(self, gateway: Gateway, wait_ms: int) -> None:
        if gateway.is_timed:
            return
        gateway.is_timed = True

        def again() -> None:
            gateway.is_timed = False
            self._join(gateway)

        self._clock.call_later(wait_ms / 1000, again)

    async def _serve(self, gateway: Gateway) -> None:
        gateway.is_queued = False
        if not gateway.line or not self._is_running:
            return
        watch = gateway.line.popleft()
        self._waiting.discard(watch.id)
        if watch.id in self._busy:
            # It has just moved here, and is still being told at its former gateway.
            self._wake_later(watch, MOVED_MS)
            self._join(gateway)
            return
        self._busy.add(watch.id)
        gateway.busy[watch.id] = False
        self._join(gateway)
        began_ms = self._clock.now_ms()
        turn = await self._tell(watch)
        gateway.is_slow = self._clock.now_ms() - began_ms > SLOW_MS
        is_woken = gateway.busy.pop(watch.id)
        self._busy.discard(watch.id)
        try:
            if turn is not None:
                await self._note(gateway, watch, turn, is_woken)
        except Exception:
            log.exception("what became of a notification was not noted")
            self._wake_later(watch, RETRY_MS)
        if gateway.line:
            self._join(gateway)
        elif not (gateway.busy or gateway.is_timed or gateway.stumbles):
            self._gateways.pop(gateway.name, None)

    async def _tell(self, watch: Watch) -> Turn | None:
        """None if it was stopped."""
        pause_ms = self._pauses.wait_ms(pause_of(watch))
        if pause_ms:
            return Turn(again_in_ms=pause_ms)
        turn = Deferred.fromCoroutine(self._take_turn(watch))
        self._under_way.add(turn)
        try:
            return await turn
        except Exception:
            if self._is_running:
                log.exception("a pusher was not told; this is tried again")
                await self._pauses.failed(pause_of(watch))
                return Turn(again_in_ms=self._pauses.wait_ms(pause_of(watch)))
            return None
        finally:
            self._under_way.discard(turn)

    async def _note(self, gateway: Gateway, watch: Watch, turn: Turn, is_woken: bool) -> None:
        again_in_ms, has_more = turn.again_in_ms, turn.has_more or is_woken
        fate = turn.outcome.fate if turn.outcome else None
        if turn.outcome is not None and fate in (Fate.LATER, Fate.PUSHER_LATER):
            has_more = await self._failed(gateway, watch, turn.outcome)
            again_in_ms = self._pauses.wait_ms(pause_of(watch))
        elif fate is not None:
            gateway.stumbles = 0
            await self._pauses.succeeded(gateway.name)
            await self._pauses.succeeded(pause_of(watch))
        if again_in_ms:
            self._wake_later(watch, again_in_ms)
        elif has_more:
            self.wake(watch)

    async def _failed(self, gateway: Gateway, watch: Watch, outcome: Outcome) -> bool:
        """Rest the gateway, or only this pusher; whether the pusher stays in the gateway's line."""
        gateway.stumbles += outcome.fate is Fate.LATER
        stumbled = outcome.is_answer and gateway.stumbles < MANY_STUMBLES
        if outcome.fate is Fate.LATER and not stumbled:
            await self._pauses.failed(gateway.name, outcome.wish_ms)
            return True
        if outcome.fate is Fate.PUSHER_LATER:
            await self._pauses.succeeded(gateway.name)
        await self._pauses.failed(pause_of(watch), outcome.wish_ms)
        return False

    def _wake_later(self, watch: Watch, wait_ms: int) -> None:
        if watch.id in self._timed:
            return
        self._timed.add(watch.id)

        def wake() -> None:
            self._timed.discard(watch.id)
            if self._is_running:
                self.wake(watch)

        self._clock.call_later(wait_ms / 1000, wake)


def pause_of(watch: Watch) -> str:
    """The name of the pause of a single pusher."""
    return f"pusher {watch.id}"
