"""The words of events: FTS5 on SQLite, tsvector on PostgreSQL."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple, Protocol

from attrs import evolve, frozen

from homeserver.storage import names
from homeserver.storage.transaction import Transaction

MAX_MATCHES = 1000
"""The best, or newest, that one search looks at."""


@frozen
class Document:
    """The searchable words of the event at `position`; `scope` says whose and where they are."""

    position: int
    scope: tuple[str, ...]
    words: Sequence[str]


@frozen
class Phrase:
    """Words that follow one another; the last one may be the beginning of a longer one."""

    words: tuple[str, ...]
    is_prefix: bool


@frozen
class Query:
    """Every phrase must be there, and of each scope one entry. `fits` tells the same of a match, if
    its room and sender are enough to tell.
    """

    phrases: Sequence[Phrase]
    scopes: Sequence[Collection[str]]
    by_rank: bool
    fits: "Callable[[Match], bool] | None" = None


class Match(NamedTuple):
    """An event with wanted words; those without a place in a timeline do not match."""

    position: int
    room: int
    sender: int
    place: int
    rank: float
    """How well it fits, where that gives the order; else 0."""


class Index(Protocol):
    def put(self, txn: Transaction, document: Document) -> None:
        """Set the words of an event."""

    def remove(self, txn: Transaction, position: int) -> None: ...

    def find(self, txn: Transaction, query: Query) -> list[Match]:
        """The best matches, or the newest, in that order."""


class Words(Protocol):
    def few(self, txn: Transaction, query: Query) -> list[Match]:
        """All that has the words, whatever its scope, in order; nothing if that is too much."""

    def matches(self, txn: Transaction, query: Query) -> list[Match]: ...


def find(index: Words, txn: Transaction, query: Query) -> list[Match]:
    """To look for a scope costs many times what looking for words does, since everything has one.
    Where few have the words, in all rooms of the server, only these are tried.
    """
    if query.fits is not None and (few := index.few(txn, query)):
        return list(filter(query.fits, few))
    return index.matches(txn, query)


def index_of(dialect: str) -> Index:
    return SqliteIndex() if dialect == "sqlite" else PostgresqlIndex()


_MATCHES = """
    SELECT found.position, events.room, events.sender, events.place, found.score
    FROM ({found}) AS found JOIN events ON events.position = found.position
    WHERE events.place IS NOT NULL AND events.redaction IS NULL
    ORDER BY {order}
    """
_FEW = """
    WITH found AS MATERIALIZED (
        SELECT {position} AS position, {score} AS score FROM search_index
        WHERE {condition} LIMIT {limit} + 1
    )
    SELECT found.position, events.room, events.sender, events.place, found.score
    FROM found JOIN events ON events.position = found.position
    WHERE (SELECT COUNT(*) FROM found) <= {limit}
        AND events.place IS NOT NULL AND events.redaction IS NULL
    ORDER BY {order}
    """
_ORDERS = {True: "found.score DESC, found.position DESC", False: "events.place DESC"}


@frozen
class SqliteIndex:
    def put(self, txn: Transaction, document: Document) -> None:
        self.remove(txn, document.position)
        txn.insert(
            "INSERT INTO search_index (rowid, scope, words) VALUES (?, ?, ?)",
            document.position,
            " ".join(document.scope),
            " ".join(document.words),
        )

    def remove(self, txn: Transaction, position: int) -> None:
        txn.insert("DELETE FROM search_index WHERE rowid = ?", position)

    def find(self, txn: Transaction, query: Query) -> list[Match]:
        return find(self, txn, query)

    def few(self, txn: Transaction, query: Query) -> list[Match]:
        score = self._score(query)
        sql = _few(query, position="rowid", score=score, condition="search_index MATCH ?")
        return list(map(Match._make, txn.query(sql, self.expression(evolve(query, scopes=())))))

    def matches(self, txn: Transaction, query: Query) -> list[Match]:
        order = "score DESC" if query.by_rank else "rowid DESC"
        score = self._score(query)
        found = f"""
            SELECT rowid AS position, {score} AS score FROM search_index
            WHERE search_index MATCH ? ORDER BY {order} LIMIT {MAX_MATCHES}
            """
        sql = _MATCHES.format(found=found, order=_ORDERS[query.by_rank])
        return list(map(Match._make, txn.query(sql, self.expression(query))))

    def _score(self, query: Query) -> str:
        return "-bm25(search_index, 0.0, 1.0)" if query.by_rank else "0.0"

    def expression(self, query: Query) -> str:
        scopes = (" OR ".join(f'"{entry}"' for entry in scope) for scope in query.scopes)
        parts = [f"scope : ({scope})" for scope in scopes]
        parts += [f"words : ({self._phrase(phrase)})" for phrase in query.phrases]
        return " AND ".join(parts)

    def _phrase(self, phrase: Phrase) -> str:
        words = " + ".join(f'"{word}"' for word in phrase.words)
        return f"{words} *" if phrase.is_prefix else words


@frozen
class PostgresqlIndex:
    def put(self, txn: Transaction, document: Document) -> None:
        words = [f"'{word}':{at}" for at, word in enumerate(document.words, 1)]
        scope = [f"'/{entry}'" for entry in document.scope]
        txn.insert(
            """
            INSERT INTO search_index (position, words) VALUES (?, CAST(? AS tsvector))
            ON CONFLICT (position) DO UPDATE SET words = excluded.words
            """,
            document.position,
            " ".join([*scope, *words]),
        )

    def remove(self, txn: Transaction, position: int) -> None:
        txn.insert("DELETE FROM search_index WHERE position = ?", position)

    def find(self, txn: Transaction, query: Query) -> list[Match]:
        return find(self, txn, query)

    def few(self, txn: Transaction, query: Query) -> list[Match]:
        condition = "words @@ CAST(? AS tsquery)"
        sql = _few(query, position="position", score=self._score(query), condition=condition)
        words = self._words(query)
        parameters = (words, words) if query.by_rank else (words,)
        return list(map(Match._make, txn.query(sql, *parameters)))

    def matches(self, txn: Transaction, query: Query) -> list[Match]:
        order = "score DESC, position DESC" if query.by_rank else "position DESC"
        score = self._score(query)
        found = f"""
            SELECT position, {score} AS score FROM search_index
            WHERE words @@ CAST(? AS tsquery) ORDER BY {order} LIMIT {MAX_MATCHES}
            """
        sql = _MATCHES.format(found=found, order=_ORDERS[query.by_rank])
        words = self._words(query)
        expression = self.expression(query, words)
        parameters = (words, expression) if query.by_rank else (expression,)
        return list(map(Match._make, txn.query(sql, *parameters)))

    def _score(self, query: Query) -> str:
        return "ts_rank(words, CAST(? AS tsquery))" if query.by_rank else "CAST(0 AS real)"

    def expression(self, query: Query, words: str) -> str:
        scopes = (" | ".join(f"'/{entry}'" for entry in scope) for scope in query.scopes)
        return " & ".join([*(f"({scope})" for scope in scopes), words])

    def _words(self, query: Query) -> str:
        return " & ".join(map(self._phrase, query.phrases))

    def _phrase(self, phrase: Phrase) -> str:
        words = " <-> ".join(f"'{word}'" for word in phrase.words)
        return f"{words}:*" if phrase.is_prefix else f"({words})"


def _few(query: Query, *, position: str, score: str, condition: str) -> str:
    return _FEW.format(
        position=position,
        score=score,
        condition=condition,
        limit=MAX_MATCHES,
        order=_ORDERS[query.by_rank],
    )


# -- following the events


def progress(txn: Transaction) -> int:
    """All events up to this position have been looked at."""
    row = txn.one("SELECT position FROM search_progress")
    return int(row[0]) if row else 0


def save_progress(txn: Transaction, position: int) -> None:
    if not txn.execute("UPDATE search_progress SET position = ?", position):
        txn.insert("INSERT INTO search_progress (position) VALUES (?)", position)


def following(
    txn: Transaction, types: Iterable[str], after: int, upto: int, limit: int
) -> list[int]:
    """Positions of the next events of these types, in or outside of timelines."""
    numbers = list(names.find_many(txn, types).values())
    if not numbers:
        return []
    rows = txn.query(
        f"""
        SELECT position FROM events
        WHERE position > ? AND position <= ? AND type IN ({txn.in_list(numbers)})
        ORDER BY position LIMIT ?
        """,
        after,
        upto,
        *numbers,
        limit,
    )
    return [position for (position,) in rows]
