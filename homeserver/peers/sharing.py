"""The same work, wanted by several at once, is done once."""

from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Sharing(Generic[K, V]):
    """Work goes on to its end even if those who wait for it go away: it must be bounded in time."""

    def __init__(self) -> None:
        self._waiting: dict[K, list[Deferred[V]]] = {}

    async def get(self, key: K, work: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """The result of the work that goes on under this key; begins it if there is none."""
        done: Deferred[V] = Deferred()
        if (waiting := self._waiting.get(key)) is not None:
            waiting.append(done)
        else:
            self._waiting[key] = [done]
            Deferred.fromCoroutine(work()).addBoth(self._tell, key)
        return await done

    def _tell(self, result: V | Failure, key: K) -> None:
        for done in self._waiting.pop(key):
            if isinstance(result, Failure):
                done.errback(result)
            else:
                done.callback(result)
