"""Passwords: what they must be like, and their hashes (Argon2id)."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from twisted.internet.defer import succeed
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from homeserver.config.accounts import Passwords as PasswordSettings
from homeserver.errors import InvalidParam, LimitExceeded, MatrixError

T = TypeVar("T")

MAX_LENGTH = 512
MAX_WAITING = 100
"""Beyond so many hashes asked for at once, people are asked to come back."""


class WeakPassword(MatrixError):
    errcode = "M_WEAK_PASSWORD"


class Worker(Protocol):
    """Does work that takes long without holding up the rest."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


def work_inline(work: Callable[[], T], /) -> Awaitable[T]:
    """For tests: at once."""
    return succeed(work())


class HashingThreads:
    """A few threads of their own: hashing lets go of the interpreter's lock."""

    def __init__(self, reactor: Any, threads: int = 2) -> None:
        self._reactor = reactor
        self._pool = ThreadPool(0, threads, "passwords")
        self._pool.start()
        reactor.addSystemEventTrigger("during", "shutdown", self._pool.stop)
        self._waiting = 0

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        if self._waiting >= MAX_WAITING:
            raise LimitExceeded(2000)
        self._waiting += 1
        done = deferToThreadPool(self._reactor, self._pool, work)
        done.addBoth(self._one_less)
        return done

    def _one_less(self, result: Any) -> Any:
        self._waiting -= 1
        return result


class PublishedPasswords(Protocol):
    async def check(self, password: str) -> None:
        """Raise WeakPassword for what thieves know."""


class Passwords:
    """Strings of any content, 1 to 512 characters; new ones must obey the operator's rules."""

    def __init__(
        self,
        settings: PasswordSettings,
        worker: Worker,
        published: PublishedPasswords | None = None,
    ) -> None:
        self._settings = settings
        self._published = published
        self._work = worker
        self._hasher = PasswordHasher(
            time_cost=max(1, settings.hash_passes),
            memory_cost=max(8, settings.hash_memory // 1024),
            parallelism=1,
        )
        # Unknown users take as long to refuse as known ones.
        self._nobodys = self._hasher.hash("nobody knows this one")

    @property
    def enabled(self) -> bool:
        return self._settings.enabled

    async def check(self, password: str) -> None:
        """Raise WeakPassword for what nobody may choose as a new password."""
        self.check_rules(password)
        if self._published is not None:
            await self._published.check(password)

    def check_rules(self, password: str) -> None:
        """Length and letters."""
        settings = self._settings
        if len(password) > MAX_LENGTH:
            raise InvalidParam(f"A password has {MAX_LENGTH} characters at most.")
        if len(password) < settings.minimum_length or not password:
            raise WeakPassword(
                f"A password needs at least {max(1, settings.minimum_length)} characters."
            )
        needs = (
            (settings.require_digit, str.isdigit, "a digit"),
            (settings.require_lowercase, str.islower, "a small letter"),
            (settings.require_uppercase, str.isupper, "a capital letter"),
            (settings.require_symbol, is_symbol, "a sign that is no letter or digit"),
        )
        for needed, is_one, name in needs:
            if needed and not any(map(is_one, password)):
                raise WeakPassword(f"A password needs {name}.")

    async def hash(self, password: str) -> str:
        return await self._work(lambda: self._hasher.hash(password))

    async def matches(self, password: str, hash: str | None) -> bool:
        """Without a hash the answer is no, and takes as long."""
        if len(password) > MAX_LENGTH:
            return False
        same = await self._work(lambda: self._verify(password, hash or self._nobodys))
        return same and hash is not None

    def is_outdated(self, hash: str) -> bool:
        """Whether the settings have changed since it was made."""
        return self._hasher.check_needs_rehash(hash)

    def _verify(self, password: str, hash: str) -> bool:
        try:
            return self._hasher.verify(hash, password)
        except (VerificationError, InvalidHashError):
            return False


def is_symbol(character: str) -> bool:
    return not character.isalnum()
