"""A bridge's process is started, started again when it dies, and stopped."""

import signal

import pytest
from twisted.internet.defer import Deferred

from homeserver.supervision.child import LONGEST_WAIT_S, STABLE_S, STOP_S, Child, Means, Order
from tests.homeserver.supervision.processes import Machine
from tests.people import FakeClock


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def child(machine: Machine, clock: FakeClock, said: list[str]) -> Child:
    means = Means(machine.spawn, clock, lambda name: None)
    return Child(Order("irc", ("python", "-m", "bridges"), "/tmp"), means, said.append)


def test_it_runs_once_it_says_so_and_its_words_are_kept(
    child: Child, machine: Machine, said: list[str]
) -> None:
    child.start()
    assert (child.state, child.pid) == ("starting", 100)

    machine.newest.says("the bridge to IRC is ready")

    assert child.state == "running"
    assert said == ["the bridge to IRC is ready"]


def test_it_inherits_no_secrets_and_no_ways_to_systemd(
    child: Child, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISTHMUS_REGISTRATION__SHARED_SECRET", "secret")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    monkeypatch.setenv("PGPASSWORD", "secret")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")

    child.start()

    assert machine.newest.env["LANG"] == "de_DE.UTF-8"
    assert not {it for it in machine.newest.env if it.startswith(("ISTHMUS", "NOTIFY", "PG"))}


def test_one_that_dies_is_back_soon_and_one_that_keeps_dying_waits_longer(
    child: Child, machine: Machine, clock: FakeClock
) -> None:
    child.start()
    machine.newest.says("is ready")
    machine.newest.ends(signal=signal.SIGKILL)
    assert (child.state, child.last_end) == ("waiting", "killed by SIGKILL")

    clock.advance(1)
    assert len(machine.started) == 2
    machine.newest.ends(status=1)
    clock.advance(1.9)
    assert len(machine.started) == 2
    clock.advance(0.1)
    assert len(machine.started) == 3

    for _ in range(10):
        machine.newest.ends(status=1)
        clock.advance(LONGEST_WAIT_S)
    assert len(machine.started) == 13
    assert child.last_end == "exit status 1"


def test_one_that_has_run_for_long_is_back_soon_again(
    child: Child, machine: Machine, clock: FakeClock
) -> None:
    child.start()
    for _ in range(5):
        machine.newest.ends(status=1)
        clock.advance(LONGEST_WAIT_S)
    machine.newest.says("is ready")
    clock.advance(STABLE_S)

    machine.newest.ends(signal=signal.SIGSEGV)
    clock.advance(1)

    assert child.state == "starting"


def test_it_is_stopped_in_order_and_stays_down(
    child: Child, machine: Machine, clock: FakeClock
) -> None:
    child.start()

    stopped = Deferred.fromCoroutine(child.stop())

    assert stopped.called
    assert machine.newest.signals == [signal.SIGTERM]
    clock.advance(LONGEST_WAIT_S)
    assert (child.state, len(machine.started)) == ("stopped", 1)
    assert not clock.timers.getDelayedCalls()


def test_one_that_does_not_stop_is_killed(child: Child, machine: Machine, clock: FakeClock) -> None:
    child.start()
    machine.newest.heeds = False

    stopped = Deferred.fromCoroutine(child.stop())
    assert not stopped.called
    clock.advance(STOP_S)

    assert stopped.called
    assert machine.newest.signals == [signal.SIGTERM, signal.SIGKILL]


def test_one_that_waits_to_be_started_again_can_be_stopped(
    child: Child, machine: Machine, clock: FakeClock
) -> None:
    child.start()
    machine.newest.ends(status=1)

    assert Deferred.fromCoroutine(child.stop()).called

    clock.advance(LONGEST_WAIT_S)
    assert (child.state, len(machine.started)) == ("stopped", 1)
