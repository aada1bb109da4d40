"""Migrations: numbered SQL files, applied once each and only forward.

What one database says in words of its own stands beside them: `NNNN_name.sqlite.sql`.
"""

from importlib.resources import files

from homeserver.errors import CannotStart
from homeserver.storage.dialects.dialect import Dialect
from homeserver.storage.transaction import Transaction


class SchemaTooNew(CannotStart):
    """The database was written by a newer Isthmus."""


def migrate(txn: Transaction, dialect: Dialect) -> None:
    """Bring the database to the schema of this code; all or nothing."""
    txn.execute(
        "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL)"
    )
    applied = {row[0] for row in txn.query("SELECT number FROM migrations")}
    known = migrations()
    if unknown := applied - known.keys():
        raise SchemaTooNew(
            f"The database has migration {max(unknown)}, "
            "which this version of Isthmus does not know. "
            "Start the version that wrote it, or a newer one."
        )
    for number, name in sorted(known.items()):
        if number not in applied:
            apply(txn, dialect, number, name)


def migrations() -> dict[int, str]:
    """Number and file name of each."""
    names = (entry.name for entry in files(__package__).iterdir())
    whole = (name for name in names if name.endswith(".sql") and name.count(".") == 1)
    found: dict[int, str] = {}
    for name in whole:
        number = int(name.split("_", 1)[0])
        if number in found:
            raise ValueError(f"two migrations have one number: {found[number]} and {name}")
        found[number] = name
    return found


def apply(txn: Transaction, dialect: Dialect, number: int, name: str) -> None:
    own = files(__package__) / name.replace(".sql", f".{dialect.name}.sql")
    for file in (files(__package__) / name, own):
        for statement in statements(file.read_text() if file.is_file() else ""):
            txn.execute(dialect.translate_schema(statement))
    txn.execute("INSERT INTO migrations (number, name) VALUES (?, ?)", number, name)


def statements(text: str) -> list[str]:
    """Our SQL files end each statement with a semicolon at the end of a line."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    parts = "\n".join(lines).split(";\n")
    return [part.strip().rstrip(";") for part in parts if part.strip().rstrip(";")]
