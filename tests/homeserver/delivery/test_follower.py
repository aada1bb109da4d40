"""A follower of the number line, through failures and restarts."""

from collections.abc import Callable, Sequence

import pytest

from homeserver.changes import PresenceChanged
from homeserver.delivery.follower import RETRY_S, Batch, Follower
from homeserver.storage import presence
from homeserver.storage.transaction import Transaction
from tests.homeserver.delivery.world import Home


def read(txn: Transaction, after: int) -> Batch[str]:
    """Whose presence changed, two at a time."""
    rows = txn.query(
        "SELECT position, user_id FROM presence WHERE position > ? ORDER BY position LIMIT 2", after
    )
    return Batch([user for _, user in rows], rows[-1][0] if rows else txn.position)


class Reader:
    """What a follower was handed. It fails as often as it is told to."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.batches: list[list[str]] = []
        self.failures = 0
        server = home.server
        self.follower = Follower("reader", server.app.database, server.clock, read, self._deliver)
        server.app.notifier.listen(PresenceChanged, lambda _: self.follower.wake())
        home.run(self.follower.start())

    async def _deliver(self, found: Sequence[str]) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not now")
        self.batches.append(list(found))


def appear(home: Home, *users: str) -> None:
    for user in users:
        home.write(presence.save, user, "online", 1)


def test_it_begins_with_the_present_and_hands_on_what_comes(home: Home) -> None:
    appear(home, "@early:test")

    reader = Reader(home)
    appear(home, "@a:test", "@b:test")

    assert reader.batches == [["@a:test"], ["@b:test"]]


def test_after_a_restart_it_goes_on_where_it_stopped(start_home: Callable[..., Home]) -> None:
    home = start_home()
    reader = Reader(home)
    appear(home, "@a:test")
    reader.follower.stop()
    appear(home, "@b:test", "@c:test", "@d:test")

    later = Reader(start_home())

    assert reader.batches == [["@a:test"]]
    assert later.batches == [["@b:test", "@c:test"], ["@d:test"]]


def test_what_failed_is_handed_on_again(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    reader = Reader(home)
    reader.failures = 1
    appear(home, "@a:test")
    assert reader.batches == []

    home.advance(RETRY_S)

    assert reader.batches == [["@a:test"]]
    assert "the follower reader failed" in caplog.text
