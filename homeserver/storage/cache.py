"""Bounded memory for what would otherwise be read again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


MAX_NOTES = 10_000


class Cache(Generic[K, V]):
    """The most recently used values whose sizes add up to at most `max_bytes`.

    `size` estimates the bytes of a value with its key; it need not be exact, only honest about
    what is large.
    """

    def __init__(self, max_bytes: int, size: Callable[[K, V], int]) -> None:
        self._max_bytes = max_bytes
        self._size = size
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = Lock()
        self._changed: dict[K, int] = {}
        self._all_changed = 0
        self.bytes = 0

    def get(self, key: K) -> V | None:
        found = self._values.get(key)
        if found is None:
            return None
        try:
            self._values.move_to_end(key)
        except KeyError:  # evicted by another thread between the two lines
            return None
        return found[0]

    def put(self, key: K, value: V, commit: int) -> None:
        """The value as the commit of this number left it."""
        with self._lock:
            self._note_change(key, commit)
            self._store(key, value)

    def fill(self, key: K, value: V, commit: int) -> None:
        """The value as it was read after that commit: kept only if no later one has changed it."""
        with self._lock:
            if self._changed.get(key, self._all_changed) <= commit:
                self._store(key, value)

    def _store(self, key: K, value: V) -> None:
        self._drop(key)
        size = self._size(key, value)
        self._values[key] = (value, size)
        self.bytes += size
        while self.bytes > self._max_bytes and len(self._values) > 1:
            _, (_, freed) = self._values.popitem(last=False)
            self.bytes -= freed

    def _note_change(self, key: K, commit: int) -> None:
        if len(self._changed) >= MAX_NOTES:
            # Who forgets what changed when treats all as changed now: a few reads are not kept.
            self._changed.clear()
            self._all_changed = commit
        self._changed[key] = commit

    def drop(self, key: K, commit: int) -> None:
        """Forget a value that the commit of this number has changed."""
        with self._lock:
            self._note_change(key, commit)
            self._drop(key)

    def _drop(self, key: K) -> None:
        found = self._values.pop(key, None)
        if found is not None:
            self.bytes -= found[1]

    def __len__(self) -> int:
        return len(self._values)
