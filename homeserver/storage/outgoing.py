"""What other servers are to be told, for those of them that lag behind."""

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from hashlib import blake2b
from typing import NamedTuple

from attrs import frozen

from homeserver.changes import Change
from homeserver.storage import names
from homeserver.storage.cache import Cache
from homeserver.storage.receipts import READ
from homeserver.storage.transaction import Row, Transaction

ServerNames = frozenset[str]

CACHE_BYTES = 512 * 1024
PAGE = 1000


class Kind(IntEnum):
    EVENT = 1
    RECEIPT = 2
    DEVICE = 3


class News(NamedTuple):
    """`position` is its place on the number line; the table `outgoing` says what the rest is."""

    position: int
    kind: int
    room: int
    subject: int


@frozen(eq=False)
class Outgoing(Change):
    """News that was written down together with what it is about."""

    news: News
    servers: ServerNames


@frozen
class Lag:
    """A server has all that is for it up to `place`, and has lacked something since a time."""

    place: int
    since_ts: int


def add(txn: Transaction, news: News, servers: ServerNames) -> None:
    """Write down news and announce it."""
    save(txn, [(news, servers)])
    txn.announce(Outgoing(news.position, news, servers))


def save(txn: Transaction, found: Iterable[tuple[News, ServerNames]]) -> None:
    for news, servers in found:
        digest = _save_set(txn, servers)
        txn.insert(
            """
            INSERT INTO outgoing (position, kind, room, subject, servers) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """,
            *news,
            digest,
        )


def newest_first(txn: Transaction, after: int, upto: int) -> Iterator[tuple[News, ServerNames]]:
    """All news in this part of the number line, with whom it is for."""
    while True:
        rows = txn.query(
            """
            SELECT position, kind, room, subject, servers FROM outgoing
            WHERE position > ? AND position <= ? ORDER BY position DESC LIMIT ?
            """,
            after,
            upto,
            PAGE,
        )
        for *news, digest in rows:
            yield News(*news), _set_of(txn, bytes(digest))
        if len(rows) < PAGE:
            return
        upto = rows[-1][0] - 1


def lagging(txn: Transaction) -> dict[str, Lag]:
    rows = txn.query("SELECT server, place, since_ts FROM lagging_servers")
    return {server: Lag(place, since_ts) for server, place, since_ts in rows}


def save_lags(txn: Transaction, lags: Mapping[str, Lag | None]) -> None:
    """None for servers that lack nothing any more."""
    for server, lag in lags.items():
        if lag is None:
            txn.insert("DELETE FROM lagging_servers WHERE server = ?", server)
            continue
        txn.insert(
            """
            INSERT INTO lagging_servers (server, place, since_ts) VALUES (?, ?, ?)
            ON CONFLICT (server) DO UPDATE SET place = excluded.place, since_ts = excluded.since_ts
            """,
            server,
            lag.place,
            lag.since_ts,
        )


def prune(txn: Transaction, upto: int, keep: int) -> None:
    """Forget news up to this place, and all but the newest `keep`; of rooms the last event stays.

    That one remains for servers which have been away for very long, unless all have all (`upto`).
    """
    txn.execute("DELETE FROM outgoing WHERE position <= ?", upto)
    row = txn.one("SELECT position FROM outgoing ORDER BY position DESC LIMIT 1 OFFSET ?", keep)
    if row is not None:
        txn.execute(
            """
            DELETE FROM outgoing WHERE position <= ? AND (kind <> 1 OR EXISTS (
                SELECT 1 FROM outgoing AS newer WHERE newer.room = outgoing.room
                AND newer.position > outgoing.position AND newer.kind = 1
            ))
            """,
            row[0],
        )
    txn.execute("DELETE FROM server_sets WHERE digest NOT IN (SELECT servers FROM outgoing)")


def own_events(
    txn: Transaction, server_name: str, after: int, upto: int, limit: int
) -> list[tuple[int, str]]:
    """Position and room id of the newest events of our users on this part, in order."""
    rows = txn.query(
        """
        SELECT events.position, rooms.name FROM events
        JOIN names AS senders ON senders.id = events.sender
        JOIN names AS rooms ON rooms.id = events.room
        WHERE events.position > ? AND events.position <= ? AND events.place = events.position
            AND senders.name LIKE ?
        ORDER BY events.position DESC LIMIT ?
        """,
        after,
        upto,
        f"%:{server_name}",
        limit,
    )
    return [(position, room_id) for position, room_id in reversed(rows)]


def receipts_at(txn: Transaction, found: Iterable[News]) -> Iterator[Row]:
    """Room id, user, type, thread, event and time of those receipts that have not moved on."""
    for news in found:
        row = txn.one(
            """
            SELECT names.name, type, thread, event_id, ts FROM receipts
            JOIN names ON names.id = receipts.user_id WHERE room = ? AND position = ? AND type = ?
            """,
            news.room,
            news.position,
            READ,
        )
        if row is not None:
            yield (names.name_of(txn, news.room), *row)


def _save_set(txn: Transaction, servers: ServerNames) -> bytes:
    text = " ".join(sorted(servers))
    digest = blake2b(text.encode(), digest_size=16).digest()
    txn.insert(
        "INSERT INTO server_sets (digest, servers) VALUES (?, ?) ON CONFLICT DO NOTHING",
        digest,
        text,
    )
    return digest


def _set_of(txn: Transaction, digest: bytes) -> ServerNames:
    known: ServerNames | None = txn.see(_sets(txn), digest)
    if known is not None:
        return known
    row = txn.one("SELECT servers FROM server_sets WHERE digest = ?", digest)
    servers = frozenset(row[0].split(" ") if row else ())
    txn.fill(_sets(txn), digest, servers)
    return servers


def _sets(txn: Transaction) -> Cache[bytes, ServerNames]:
    return txn.memory.cache("server_sets", CACHE_BYTES, lambda _, servers: 300 + 120 * len(servers))
