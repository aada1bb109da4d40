"""Operations awaited by tests: with everything inline they are done at once."""

from collections.abc import Awaitable
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

T = TypeVar("T")


async def _awaited(work: Awaitable[T]) -> T:
    return await work


def outcome(work: Awaitable[T]) -> T:
    """The result of what is awaited, or its error."""
    results: list[T | Failure] = []
    Deferred.fromCoroutine(_awaited(work)).addBoth(results.append)
    assert results, "this has to wait for something"
    (result,) = results
    if isinstance(result, Failure):
        result.raiseException()
    assert not isinstance(result, Failure)
    return result
