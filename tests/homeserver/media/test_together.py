import pytest
from twisted.internet.defer import CancelledError, Deferred

from homeserver.media.together import Together
from tests.outcomes import outcome


class Work:
    def __init__(self) -> None:
        self.begun = 0
        self.gate: Deferred[None] = Deferred()

    async def __call__(self) -> int:
        self.begun += 1
        await self.gate
        return self.begun


def test_work_is_done_once_for_all_who_ask_meanwhile() -> None:
    together: Together[str, int] = Together()
    work = Work()
    asked = [Deferred.fromCoroutine(together.once("key", work)) for _ in range(3)]
    assert len(together) == 1

    work.gate.callback(None)

    assert [outcome(it) for it in asked] == [1, 1, 1]
    assert len(together) == 0


def test_who_goes_away_ends_it_for_nobody_else() -> None:
    together: Together[str, int] = Together()
    work = Work()
    first, second = (Deferred.fromCoroutine(together.once("key", work)) for _ in range(2))

    first.cancel()
    work.gate.callback(None)

    with pytest.raises(CancelledError):
        outcome(first)
    assert outcome(second) == 1


def test_an_error_reaches_all() -> None:
    together: Together[str, int] = Together()
    work = Work()
    asked = [Deferred.fromCoroutine(together.once("key", work)) for _ in range(2)]

    work.gate.errback(KeyError("x"))

    for it in asked:
        with pytest.raises(KeyError):
            outcome(it)
