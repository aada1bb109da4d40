"""No place on the number line is ever given twice."""

from collections.abc import Callable

from homeserver.storage import line
from homeserver.storage.transaction import Transaction
from tests.homeserver.storage.held import Store, add


def taken(store: Store, count: int = 1) -> list[int]:
    """Places that somebody was told, stored nowhere."""
    work = store.write(lambda txn: [txn.next_position() for _ in range(count)])
    places: list[int] = work.value
    return places


def test_places_rise_in_the_order_of_commits(store: Store) -> None:
    places = [place for _ in range(50) for place in taken(store, 3)]

    assert places == sorted(set(places))
    assert store.database.position == places[-1]


def test_a_restart_never_gives_a_place_again_even_if_no_row_tells_of_it(
    open_store: Callable[..., Store],
) -> None:
    given: list[int] = []
    for _ in range(5):
        store = open_store()
        assert store.database.position >= max(given, default=0)
        given += taken(store, 3)

    assert given == sorted(set(given))


def test_a_restart_wastes_little_of_the_line(open_store: Callable[..., Store]) -> None:
    before = taken(open_store())[-1]

    (after,) = taken(open_store())
    assert before < after <= before + 2 * line.STEP


def test_one_huge_batch_may_outrun_the_mark(open_store: Callable[..., Store]) -> None:
    first = taken(open_store(), line.STEP + line.MARGIN + 7)[-1]

    assert taken(open_store())[0] > first


def test_places_of_work_that_failed_do_not_come_back(store: Store) -> None:
    def fails(txn: Transaction) -> None:
        add(txn, "thing")
        raise LookupError

    store.batch(lambda txn: add(txn, "a"), fails, lambda txn: add(txn, "b"))

    positions = [change.position for change in store.news]
    assert positions == sorted(set(positions)) and len(positions) == 2
