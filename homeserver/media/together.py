"""Work that many ask for at the same time is done once."""

from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Together(Generic[K, V]):
    def __init__(self) -> None:
        self._waiting: dict[K, list[Deferred[V]]] = {}

    def __len__(self) -> int:
        """How much is being done."""
        return len(self._waiting)

    async def once(self, key: K, work: Callable[[], Coroutine[Deferred[Any], Any, V]]) -> V:
        """The outcome of the work; who goes away does not end it for the others."""
        turn: Deferred[V] = Deferred()
        if key in self._waiting:
            self._waiting[key].append(turn)
        else:
            self._waiting[key] = [turn]
            Deferred.fromCoroutine(work()).addBoth(self._tell, key)
        return await turn

    def _tell(self, outcome: Any, key: K) -> None:
        for turn in self._waiting.pop(key):
            if not turn.called:
                turn.callback(outcome)
