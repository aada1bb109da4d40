"""The machine's time."""

import time

from twisted.internet.task import Clock as FakeTimers

from homeserver.clock import SystemClock


def test_now_is_milliseconds_since_the_epoch() -> None:
    before = int(time.time() * 1000)
    now = SystemClock(FakeTimers()).now_ms()

    assert before - 1 <= now <= time.time() * 1000 + 1


def test_what_is_called_later_can_be_called_off() -> None:
    timers, called = FakeTimers(), list[str]()
    clock = SystemClock(timers)
    clock.call_later(2.0, lambda: called.append("kept"))
    clock.call_later(2.0, lambda: called.append("called off")).cancel()

    timers.advance(1.9)
    assert called == []
    timers.advance(0.2)
    assert called == ["kept"]
