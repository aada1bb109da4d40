"""What is kept about a user, table by table: what an export shows, and what becomes of it.

A test holds that every table of the schema is here or in `NOT_OF_PEOPLE`.
"""

from attrs import frozen

from homeserver.storage import names
from homeserver.storage.transaction import Transaction

PAGE = 500
NAME, NUMBER = "name", "number"


@frozen(kw_only=True)
class Holding:
    """`where` finds a user's rows, by the user id or (`by`) the number of that name.

    `columns` are what an export shows; those that end with `#` hold the number of a name, which is
    shown. `withheld` are secrets, hashes of secrets, and numbers that mean nothing outside. `kept`
    is the word for why rows outlive an erasure; None where they go.
    """

    title: str
    table: str
    columns: tuple[str, ...]
    withheld: frozenset[str]
    where: str
    by: str
    kept: str | None

    @property
    def shown(self) -> list[str]:
        """The columns by the names that an export gives them."""
        return [column.rstrip("#") for column in self.columns]

    def expressions(self) -> str:
        return ", ".join(
            f"(SELECT name FROM names WHERE names.id = {self.table}.{column[:-1]}) AS {column[:-1]}"
            if column.endswith("#")
            else column
            for column in self.columns
        )


def held(
    table: str,
    columns: str,
    withheld: str = "",
    *,
    title: str = "",
    where: str = "user_id = ?",
    by: str = NAME,
    kept: str | None = None,
) -> Holding:
    return Holding(
        title=title or table,
        table=table,
        columns=tuple(columns.split()),
        withheld=frozenset(withheld.split()),
        where=where,
        by=by,
        kept=kept,
    )


def page(txn: Transaction, it: Holding, user_id: str, offset: int) -> list[dict[str, object]]:
    """Some of a user's rows, by column."""
    if (key := key_of(txn, it, user_id)) is None:
        return []
    rows = txn.query(
        f"""
        SELECT {it.expressions()} FROM {it.table} WHERE {it.where}
        ORDER BY {", ".join(map(str, range(1, len(it.columns) + 1)))} LIMIT {PAGE} OFFSET ?
        """,
        key,
        offset,
    )
    return [dict(zip(it.shown, map(plain, row), strict=True)) for row in rows]


def count(txn: Transaction, it: Holding, user_id: str) -> int:
    key = key_of(txn, it, user_id)
    row = None if key is None else txn.one(f"SELECT COUNT(*) FROM {it.table} WHERE {it.where}", key)
    return int(row[0]) if row else 0


def remove(txn: Transaction, it: Holding, user_id: str) -> None:
    if (key := key_of(txn, it, user_id)) is not None:
        txn.execute(f"DELETE FROM {it.table} WHERE {it.where}", key)


def key_of(txn: Transaction, it: Holding, user_id: str) -> object | None:
    return names.find(txn, user_id) if it.by == NUMBER else user_id


def plain(value: object) -> object:
    """What a database gives, as JSON can hold it: hashes as numbers, JSON as it is."""
    if not isinstance(value, bytes | memoryview):
        return value
    data = bytes(value)
    return data.decode("utf-8", "replace") if data.startswith(b'{"') else data.hex()
