"""Work that must be done in time."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred

from homeserver.clock import Clock
from homeserver.http.outgoing_errors import TimedOut

T = TypeVar("T")


async def within(clock: Clock, seconds: float, work: Coroutine[Deferred[Any], Any, T]) -> T:
    """The result of the work; TimedOut, and the work cancelled, if it takes longer."""
    running: Deferred[T] = Deferred.fromCoroutine(work)
    late = False

    def give_up() -> None:
        nonlocal late
        late = True
        running.cancel()

    timer = clock.call_later(seconds, give_up)
    try:
        return await running
    except (Exception, CancelledError):
        if late:
            raise TimedOut(f"There was no whole answer within {seconds:g} s.") from None
        raise
    finally:
        if timer.active():
            timer.cancel()
