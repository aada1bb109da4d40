"""Work that nobody waits for."""

from collections.abc import Coroutine
from logging import Logger
from typing import Any

from twisted.internet.defer import Deferred


def in_background(work: Coroutine[Deferred[Any], Any, None], log: Logger, trouble: str) -> None:
    """Its failure is logged; `trouble` says what that means."""
    Deferred.fromCoroutine(work).addErrback(
        lambda failure: log.error("%s: %s", trouble, failure.value)
    )
