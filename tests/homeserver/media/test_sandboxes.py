from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from homeserver.errors import LimitExceeded
from homeserver.json_values import JsonObject
from homeserver.media.sandboxes import MAX_WAITING, Sandbox
from homeserver.media.threads import at_once
from tests.outcomes import outcome
from tests.people import FakeClock


class Process:
    is_closed = False

    def ask(self, task: JsonObject) -> JsonObject:
        self.is_closed = False
        return task

    def close(self) -> None:
        self.is_closed = True


def test_the_process_ends_when_nobody_has_needed_it_for_a_while() -> None:
    process, clock = Process(), FakeClock()
    sandbox = Sandbox(process, at_once, clock)

    outcome(sandbox.ask({}))
    clock.advance(200)
    outcome(sandbox.ask({}))
    clock.advance(200)
    assert not process.is_closed
    clock.advance(101)
    clock.advance(200)
    assert process.is_closed
    assert clock.timers.getDelayedCalls() == []


def test_only_so_many_wait() -> None:
    waiting: list[Deferred[Any]] = []

    def never(work: Callable[[], Any]) -> Deferred[Any]:
        waiting.append(Deferred())
        return waiting[-1]

    sandbox = Sandbox(Process(), never, FakeClock())
    for _ in range(MAX_WAITING):
        Deferred.fromCoroutine(sandbox.ask({}))

    with pytest.raises(LimitExceeded):
        outcome(sandbox.ask({}))
    waiting[0].callback({})
    Deferred.fromCoroutine(sandbox.ask({}))
    assert len(waiting) == MAX_WAITING + 1
