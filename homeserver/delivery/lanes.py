"""Who may send now: so many servers at once, each for one transaction, then the next."""

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

from twisted.internet.defer import Deferred


class Queued(Protocol):
    """Who may stand in a line."""

    is_queued: bool


Q = TypeVar("Q", bound=Queued)

AWAKE_AT_ONCE = 200
CATCHING_UP_AT_ONCE = 20
"""Few: most of these do not answer, and of those that do each may have much to read."""


class Lane(Generic[Q]):
    """Nothing is kept for who waits here but the place in the line."""

    def __init__(self, at_once: int, take_turn: Callable[[Q], Coroutine[Any, Any, None]]) -> None:
        self._at_once = at_once
        self._take_turn = take_turn
        self._waiting: deque[Q] = deque()
        self._running = 0
        self._is_going = False

    def join(self, destination: Q) -> None:
        if not destination.is_queued:
            destination.is_queued = True
            self._waiting.append(destination)

    def go(self) -> None:
        """Let those have their turn who can. A turn may end at once; this does not go deeper."""
        if self._is_going:
            return
        self._is_going = True
        try:
            while self._waiting and self._running < self._at_once:
                destination = self._waiting.popleft()
                self._running += 1
                Deferred.fromCoroutine(self._take_turn(destination)).addBoth(self._ended)
        finally:
            self._is_going = False

    def stop(self) -> None:
        self._at_once = 0

    def _ended(self, _: object) -> None:
        self._running -= 1
        self.go()
