"""Our SQL as PostgreSQL and psycopg2 take it."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from attrs import frozen

Parameters = Sequence[object]

_INSERT = re.compile(
    r"\s*INSERT\s+INTO\s+\w+\s*\((?P<columns>[\w\s,]+)\)\s*VALUES\s*(?P<row>\([^()']*\))"
    r"(?P<rest>[^?]*)",
    re.IGNORECASE,
)
_UPSERT = re.compile(r"ON\s+CONFLICT\s*\((?P<key>[\w\s,]+)\)\s*DO\s+UPDATE", re.IGNORECASE)


@cache
def with_placeholders(sql: str) -> str:
    """psycopg2 writes %s where our SQL has ?; our SQL has neither in a literal."""
    sql = sql.replace("json_group_array(", "json_agg(")
    return sql.replace("%", "%%").replace("?", "%s")


@cache
def as_schema(sql: str) -> str:
    return re.sub(r"\bINTEGER\b", "BIGINT", sql).replace("BLOB", "BYTEA")


@frozen
class MultiRow:
    """An INSERT that takes many rows at once: `statement` has one %s for all of them.

    `key` says which parameters of a row make up the key of its upsert; a plain INSERT has none.
    """

    statement: str
    template: str
    key: tuple[int, ...]

    def parts(self, rows: Sequence[Parameters]) -> Iterator[Sequence[Parameters]]:
        """Rows that may go together: PostgreSQL refuses to upsert a key twice in one statement."""
        if not self.key:
            yield rows
            return
        part: list[Parameters] = []
        keys: set[tuple[object, ...]] = set()
        for row in rows:
            key = tuple(row[place] for place in self.key)
            if key in keys:
                yield part
                part, keys = [], set()
            part.append(row)
            keys.add(key)
        yield part


@cache
def as_multi_row(sql: str) -> MultiRow | None:
    """None for what is no INSERT ... VALUES of one plain row."""
    found = _INSERT.fullmatch(sql)
    if found is None:
        return None
    start, end = found.span("row")
    statement = sql[:start].replace("%", "%%") + "%s" + sql[end:].replace("%", "%%")
    template = with_placeholders(found["row"])
    upsert = _UPSERT.search(found["rest"])
    if upsert is None:
        return MultiRow(statement, template, ())
    columns = dict(zip(_names(found["columns"]), _names(found["row"][1:-1]), strict=True))
    parameters = [column for column, value in columns.items() if value == "?"]
    key = tuple(
        parameters.index(column) for column in _names(upsert["key"]) if columns[column] == "?"
    )
    return MultiRow(statement, template, key) if key else None


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]
