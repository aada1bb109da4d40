"""Work that may block runs on threads of its own, and its outcome comes back to the reactor's."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import get_ident
from typing import Any

import pytest
from attrs import field, frozen
from twisted.internet.defer import Deferred

from homeserver.media.threads import MediaThreads


@frozen
class Reactor:
    """What threads hand back to it is done when the test turns to it."""

    _calls: SimpleQueue[tuple[Callable[..., object], tuple[Any, ...]]] = field(factory=SimpleQueue)
    at_shutdown: list[Callable[[], object]] = field(factory=list)

    def callFromThread(self, call: Callable[..., object], *arguments: Any) -> None:
        self._calls.put((call, arguments))

    def addSystemEventTrigger(self, phase: str, event: str, call: Callable[[], object]) -> None:
        self.at_shutdown.append(call)

    def turn(self) -> None:
        call, arguments = self._calls.get(timeout=10)
        call(*arguments)


def outcome_of(reactor: Reactor, threads: MediaThreads, work: Callable[[], object]) -> object:
    async def ask() -> object:
        return await threads(work)

    done = Deferred.fromCoroutine(ask())
    reactor.turn()
    outcomes: list[object] = []
    done.addBoth(outcomes.append)
    [outcome] = outcomes
    if hasattr(outcome, "raiseException"):
        outcome.raiseException()
    return outcome


def test_work_runs_on_another_thread_and_its_outcome_comes_back() -> None:
    reactor = Reactor()
    threads = MediaThreads(reactor, "test", 2)

    assert outcome_of(reactor, threads, get_ident) != get_ident()
    [stop] = reactor.at_shutdown
    stop()


def test_what_goes_wrong_there_is_raised_here_and_harms_no_later_work() -> None:
    reactor = Reactor()
    threads = MediaThreads(reactor, "test", 1)

    with pytest.raises(ZeroDivisionError):
        outcome_of(reactor, threads, lambda: 1 // 0)
    assert outcome_of(reactor, threads, lambda: "more") == "more"
    [stop] = reactor.at_shutdown
    stop()
