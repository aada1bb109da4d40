"""The one table, and how older ones become it. Both databases understand these words."""

from collections.abc import Callable, Sequence

from e2ee.errors import StoreTooNew

MIGRATIONS: Sequence[tuple[str, ...]] = (
    (
        """
        CREATE TABLE e2ee_records (
            account TEXT NOT NULL,
            kind TEXT NOT NULL,
            key TEXT {order} NOT NULL,
            value {bytes} NOT NULL,
            PRIMARY KEY (account, kind, key)
        )
        """,
    ),
)
"""Each is applied once, in this order, and never changed later: add another."""

VERSION_TABLE = "CREATE TABLE IF NOT EXISTS e2ee_schema (version INTEGER NOT NULL)"

GET = "SELECT value FROM e2ee_records WHERE account = ? AND kind = ? AND key = ?"
FIND = """
    SELECT key, value FROM e2ee_records
    WHERE account = ? AND kind = ? AND key >= ? AND key < ? ORDER BY key
"""
PUT = """
    INSERT INTO e2ee_records (account, kind, key, value) VALUES (?, ?, ?, ?)
    ON CONFLICT (account, kind, key) DO UPDATE SET value = excluded.value
"""
REMOVE = "DELETE FROM e2ee_records WHERE account = ? AND kind = ? AND key = ?"


def missing(version: int) -> list[str]:
    """What brings a store of this version up to date."""
    if version > len(MIGRATIONS):
        raise StoreTooNew(
            f"The store has version {version}, and this program knows {len(MIGRATIONS)}. "
            "Start the program that wrote it, or a newer one."
        )
    return [statement for migration in MIGRATIONS[version:] for statement in migration]


def migrate(execute: Callable[[str], object], version: int | None, **words: str) -> None:
    """Inside a transaction that the caller commits; `version` is None for a new database."""
    for statement in missing(version or 0):
        execute(statement.format(**words))
    if version is None:
        execute(f"INSERT INTO e2ee_schema (version) VALUES ({len(MIGRATIONS)})")
    else:
        execute(f"UPDATE e2ee_schema SET version = {len(MIGRATIONS)}")
