"""Events that timelines lack, each before the first event that follows it."""

from homeserver.storage import missing_events
from homeserver.storage.transaction import Transaction
from tests.homeserver.storage.held import Store

ROOM = 7


def test_a_missing_event_belongs_before_the_first_that_follows_it(store: Store) -> None:
    store.write(missing_events.add, ROOM, ["$a", "$b"], 40)
    store.write(missing_events.add, ROOM, ["$b"], 30)
    store.write(missing_events.add, ROOM, ["$b"], 50)

    assert store.read(missing_events.place_of, ROOM, "$a").value == 40
    assert store.read(missing_events.place_of, ROOM, "$b").value == 30
    assert store.read(missing_events.place_of, ROOM + 1, "$a").value is None


def test_the_newest_gap_up_to_a_place_is_found(store: Store) -> None:
    store.write(missing_events.add, ROOM, ["$a"], -5)
    store.write(missing_events.add, ROOM, ["$b"], 30)

    gaps = [store.read(missing_events.newest_gap, ROOM, upto).value for upto in (-6, 0, 30, 99)]

    assert gaps == [None, -5, 30, 30]
    assert store.read(missing_events.before, ROOM, 30, 10).value == ["$b"]


def test_what_was_found_is_missing_no_more(store: Store) -> None:
    def lose_and_find(txn: Transaction) -> None:
        missing_events.add(txn, ROOM, ["$a"], 3)
        missing_events.remove(txn, ROOM, "$a")

    store.write(lose_and_find)

    assert store.read(missing_events.newest_gap, ROOM, 99).value is None
