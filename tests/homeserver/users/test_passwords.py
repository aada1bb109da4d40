"""Passwords and their hashes."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Event

import pytest
from argon2 import extract_parameters
from twisted.internet.defer import Deferred

from homeserver.config.accounts import Passwords as PasswordSettings
from homeserver.errors import InvalidParam, LimitExceeded
from homeserver.users import passwords as passwords_module
from homeserver.users.passwords import HashingThreads, Passwords, WeakPassword, work_inline
from tests.outcomes import outcome

CHEAP = PasswordSettings(hash_memory=8 * 1024, hash_passes=1)


def test_a_hash_matches_its_password_only() -> None:
    passwords = Passwords(CHEAP, work_inline)

    hash = outcome(passwords.hash("correct horse"))

    assert outcome(passwords.matches("correct horse", hash))
    assert not outcome(passwords.matches("correct horsf", hash))


def test_nobody_has_the_password_of_unknown_users() -> None:
    passwords = Passwords(CHEAP, work_inline)

    assert not outcome(passwords.matches("nobody knows this one", None))


def test_what_is_no_hash_matches_nothing() -> None:
    assert not outcome(Passwords(CHEAP, work_inline).matches("x", "$2b$12$whatever"))


def test_hashes_cost_what_owasp_recommends_unless_set_otherwise() -> None:
    hash = outcome(Passwords(PasswordSettings(), work_inline).hash("x"))

    parameters = extract_parameters(hash)
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19456, 2, 1)
    assert hash.startswith("$argon2id$")


def test_hashes_of_other_settings_are_outdated() -> None:
    hash = outcome(Passwords(CHEAP, work_inline).hash("x"))

    dearer = PasswordSettings(hash_memory=16 * 1024, hash_passes=1)
    assert Passwords(dearer, work_inline).is_outdated(hash)
    assert not Passwords(CHEAP, work_inline).is_outdated(hash)


@pytest.mark.parametrize(
    ("rule", "weak", "strong"),
    [
        ({"require_digit": True}, "abcdefgh", "abcdefg1"),
        ({"require_symbol": True}, "abcdefg1", "abcdefg!"),
        ({"require_lowercase": True}, "ABCDEFGH", "ABCDEFGh"),
        ({"require_uppercase": True}, "abcdefgh", "abcdefgH"),
        ({"minimum_length": 9}, "abcdefgh", "abcdefghi"),
        ({"minimum_length": 0}, "", "a"),
    ],
)
def test_new_passwords_obey_the_operator(rule: dict[str, int], weak: str, strong: str) -> None:
    settings = PasswordSettings(hash_memory=8 * 1024, hash_passes=1, **rule)  # type: ignore[arg-type]
    passwords = Passwords(settings, work_inline)

    with pytest.raises(WeakPassword):
        passwords.check_rules(weak)
    passwords.check_rules(strong)


def test_passwords_have_an_end() -> None:
    with pytest.raises(InvalidParam):
        Passwords(CHEAP, work_inline).check_rules("x" * 513)


class Reactor:
    """Carries what threads have done to whoever asks for it."""

    def __init__(self) -> None:
        self.done: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self.stop: Callable[[], object] = lambda: None

    def callFromThread(self, function: Callable[..., object], *arguments: object) -> None:
        self.done.put(lambda: function(*arguments))

    def addSystemEventTrigger(self, phase: str, event: str, stop: Callable[[], object]) -> None:
        self.stop = stop


def test_hashing_has_its_own_threads_and_a_bounded_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords_module, "MAX_WAITING", 1)
    reactor, gate, results = Reactor(), Event(), list[bool]()
    threads = HashingThreads(reactor)

    async def wait() -> None:
        results.append(await threads(gate.wait))

    Deferred.fromCoroutine(wait())
    with pytest.raises(LimitExceeded):
        threads(lambda: None)
    gate.set()
    reactor.done.get(timeout=10)()
    reactor.stop()

    assert results == [True]
