"""What a piece of work sees of the database."""

from collections.abc import Callable

from homeserver.storage.transaction import Transaction
from tests.homeserver.storage.held import Store, add, add_now

RENUMBER = "UPDATE things SET number = ? WHERE name = ?"


def test_work_sees_all_that_came_before_it_buffered_or_not(store: Store) -> None:
    def looks(txn: Transaction) -> list[str]:
        add(txn, "own")
        return sorted(name for (name,) in txn.query("SELECT name FROM things"))

    *_, seen = store.batch(
        lambda txn: add(txn, "buffered"), lambda txn: add_now(txn, "direct"), looks
    )

    assert seen.value == ["buffered", "direct", "own"]


def test_buffered_statements_keep_their_order(store: Store) -> None:
    def works(txn: Transaction) -> None:
        add(txn, "a", 1)
        add(txn, "b", 1)
        txn.insert(RENUMBER, 2, "a")
        txn.insert(RENUMBER, 3, "a")
        txn.insert("DELETE FROM things WHERE name = ?", "b")
        add(txn, "b", 4)

    assert store.write(works).error is None
    rows = store.read(lambda txn: txn.query("SELECT name, number FROM things ORDER BY name"))
    assert rows.value == [("a", 3), ("b", 4)]


def test_thousands_of_rows_come_column_by_column(store: Store) -> None:
    names = ["a", 'quo"ted, and\\', "\u00e9\U0001f98a"]
    store.write(lambda txn: [add(txn, name, len(name)) for name in names])

    def looks(txn: Transaction, above: int) -> list[list[object]]:
        columns = ("things.name", "things.number", "NULLIF(things.number, 1)")
        return txn.query_columns(columns, "FROM things WHERE number > ?", above)

    found = store.read(lambda txn: looks(txn, 0)).value
    numbers = [len(name) for name in names]
    assert sorted(zip(*found, strict=True)) == sorted(
        zip(names, numbers, [None, *numbers[1:]], strict=True)
    )
    assert store.read(lambda txn: looks(txn, 100)).value == [[], [], []]


def test_one_key_may_be_set_again_and_again_in_one_batch(store: Store) -> None:
    def sets(txn: Transaction, number: int) -> None:
        for offset in (0, 1):
            txn.insert(
                "INSERT INTO things (name, number) VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET number = excluded.number",
                "same",
                number + offset,
            )

    store.batch(*(lambda txn, n=n: sets(txn, n) for n in range(5)))

    assert store.read(lambda txn: txn.one("SELECT number FROM things")).value == (5,)


def test_work_tells_how_many_rows_it_touched(store: Store) -> None:
    for name in "abc":
        store.write(add, name)

    assert (
        store.write(lambda txn: txn.execute("DELETE FROM things WHERE name <> ?", "a")).value == 2
    )
    assert store.write(lambda txn: txn.execute("DELETE FROM things WHERE name = ?", "x")).value == 0


def test_many_rows_go_together(store: Store) -> None:
    def adds(txn: Transaction) -> None:
        rows = [(f"{number:05}", number) for number in range(2000)]
        txn.execute_many("INSERT INTO things (name, number) VALUES (?, ?)", rows)
        txn.execute_many(RENUMBER, [(-1, "00000"), (-2, "00001")])

    store.write(adds)

    count = store.read(lambda txn: txn.one("SELECT COUNT(*), MIN(number) FROM things")).value
    assert count == (2000, -2)


def test_a_percent_sign_and_quotes_in_values_are_only_values(store: Store) -> None:
    odd = ["100%", "%s", "?", "'; DROP TABLE things; --", 'say "x"', "\\", "ünï", "💡", "", "\t\n"]
    store.batch(*(lambda txn, name=name: add(txn, name) for name in odd))

    assert store.names() == sorted(odd)
    found = store.read(
        lambda txn: txn.query(
            f"SELECT name FROM things WHERE name IN ({txn.in_list(odd)}) AND number % 7 = 0", *odd
        )
    )
    assert len(found.value) == len(odd)


def test_what_is_wanted_at_the_end_runs_once_and_sees_everything(store: Store) -> None:
    counts: list[int] = []

    def asks(txn: Transaction, name: str) -> None:
        add(txn, name)
        txn.at_end("count", lambda end: counts.append(len(end.query("SELECT name FROM things"))))

    store.batch(*(lambda txn, n=n: asks(txn, str(n)) for n in range(4)))

    assert counts == [4]


def test_numbers_as_large_as_a_timestamp_fit_everywhere(open_store: Callable[..., Store]) -> None:
    store = open_store()
    store.write(add, "large", 2**62)
    store.write(add, "small", -(2**62))

    rows = open_store().read(lambda txn: txn.query("SELECT number FROM things ORDER BY number"))
    assert rows.value == [(-(2**62),), (2**62,)]
