"""Where database work runs: threads of our own, or (in tests) the caller's."""

import logging
import os
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol

from twisted.internet.interfaces import IReactorThreads


class Outcome(Protocol):
    def __call__(self, result: Any, error: BaseException | None) -> None: ...


class Threads(Protocol):
    def run(self, lane: str, work: Callable[[], Any], outcome: Outcome) -> None:
        """Do `work` on a thread of the lane ("write", "read"), tell `outcome` on the reactor's."""

    def stop(self) -> None: ...


class InlineThreads:
    """Everything at once on the caller's thread: what tests use to be repeatable."""

    def run(self, lane: str, work: Callable[[], Any], outcome: Outcome) -> None:
        try:
            result = work()
        except BaseException as error:
            outcome(None, error)
        else:
            outcome(result, None)

    def stop(self) -> None:
        """Nothing runs behind the caller's back."""


class ReactorThreads:
    """One thread for the writer, a few for reads."""

    def __init__(self, reactor: IReactorThreads, readers: int) -> None:
        self._reactor = reactor
        self._queues: dict[str, SimpleQueue[tuple[Callable[[], Any], Outcome] | None]] = {
            "write": SimpleQueue(),
            "read": SimpleQueue(),
        }
        names = ["write"] + ["read"] * readers
        self._threads = [Thread(target=self._work, args=(name,), name=name) for name in names]
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def run(self, lane: str, work: Callable[[], Any], outcome: Outcome) -> None:
        self._queues[lane].put((work, outcome))

    def stop(self) -> None:
        for thread in self._threads:
            self._queues[thread.name].put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, lane: str) -> None:
        queue = self._queues[lane]
        while (item := queue.get()) is not None:
            work, outcome = item
            try:
                result = work()
            except BaseException as error:
                self._reactor.callFromThread(tell, outcome, None, error)
            else:
                self._reactor.callFromThread(tell, outcome, result, None)


def tell(outcome: Outcome, result: Any, error: BaseException | None) -> None:
    try:
        outcome(result, error)
    except SystemExit:
        # The reactor would log it and go on; but who cannot write any more must not seem to serve.
        logging.shutdown()
        os._exit(1)
