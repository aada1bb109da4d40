"""Ratchets that were read from their pickles a moment ago: to read one costs a millisecond.

A pickle stands for exactly one state. Whoever is going to advance a ratchet takes it out, and puts
it back under the pickle of its new state; if that never reaches the store, nobody asks for it.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from attrs import Factory, define

T = TypeVar("T")
MOST = 512


@define
class Opened(Generic[T]):
    _by_pickle: dict[str, T] = Factory(dict)

    def look(self, pickle: str, read: Callable[[str], T]) -> T:
        """To be read only."""
        if pickle not in self._by_pickle:
            self.keep(pickle, read(pickle))
        return self._by_pickle[pickle]

    def take(self, pickle: str, read: Callable[[str], T]) -> T:
        """To be advanced."""
        taken = self._by_pickle.pop(pickle, None)
        return read(pickle) if taken is None else taken

    def keep(self, pickle: str, ratchet: T) -> None:
        if len(self._by_pickle) >= MOST:
            self._by_pickle.clear()
        self._by_pickle[pickle] = ratchet
