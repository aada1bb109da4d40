"""What a session has only while it is connected, and whom its network calls meanwhile."""

import asyncio
from collections.abc import Iterator, ValuesView
from contextlib import contextmanager
from typing import Generic, TypeVar

from attrs import define, field

from bridges.kit.failures import Transient

T = TypeVar("T")


@define(eq=False)
class Connection(Generic[T]):
    """`network` is its name, for people."""

    _network: str
    _it: T | None = None

    @contextmanager
    def holding(self, it: T) -> Iterator[T]:
        self._it = it
        try:
            yield it
        finally:
            self._it = None

    def now(self) -> T:
        """Raises Transient where there is none."""
        if self._it is None:
            raise Transient(f"We are not connected to {self._network} at the moment.")
        return self._it


@define(eq=False)
class Called(Generic[T]):
    """Those who hear what the network brings to our address, by the name that it has for them."""

    _by_name: dict[str, T] = field(factory=dict)

    async def wait(self, name: str, who: T) -> None:
        """Until it is cancelled."""
        self._by_name[name] = who
        try:
            await asyncio.Event().wait()
        finally:
            self._by_name.pop(name, None)

    def get(self, name: str) -> T | None:
        return self._by_name.get(name)

    def all(self) -> ValuesView[T]:
        return self._by_name.values()
