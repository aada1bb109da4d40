"""Carries announcements from the writer to those who follow; neither knows the other."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

from homeserver.changes import Change
from homeserver.logs import logger

C = TypeVar("C", bound=Change)
Listener = Callable[[C], None]

log = logger(__name__)


class Notifier:
    """Listeners are told in the order they came, on the reactor's thread, after the commit."""

    def __init__(self) -> None:
        self._listeners: defaultdict[type[Change], list[Callable[..., None]]] = defaultdict(list)
        self._afterwards: list[Callable[[], None]] = []

    def listen(self, kind: type[C], listener: Listener[C]) -> None:
        self._listeners[kind].append(listener)

    def listen_afterwards(self, listener: Callable[[], None]) -> None:
        """Be called when everybody has been told of all that a commit changed, and its writers are
        answered.
        """
        self._afterwards.append(listener)

    def publish(self, changes: Iterable[Change]) -> None:
        for change in changes:
            for listener in self._listeners.get(type(change), ()):
                _tell(listener, change)

    def wake(self) -> None:
        for listener in self._afterwards:
            _tell(listener)


def _tell(listener: Callable[..., None], *change: Change) -> None:
    try:
        listener(*change)
    except Exception:
        # One follower's fault must not keep the news from the others.
        log.exception("a follower failed on %s", [type(it).__name__ for it in change])
