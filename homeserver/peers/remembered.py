"""Answers that are good for a while."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from homeserver.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """At most `limit` values, each until its time; what was used least recently makes room."""

    def __init__(self, clock: Clock, limit: int) -> None:
        self._now_ms = clock.now_ms
        self._limit = limit
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        found = self._values.get(key)
        if found is None:
            return None
        value, until_ms = found
        if until_ms <= self._now_ms():
            del self._values[key]
            return None
        self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V, lifetime_ms: int) -> None:
        self._values[key] = (value, self._now_ms() + lifetime_ms)
        self._values.move_to_end(key)
        if len(self._values) > self._limit:
            self._values.popitem(last=False)

    def drop(self, key: K) -> None:
        self._values.pop(key, None)

    def __len__(self) -> int:
        return len(self._values)
