"""What came of making thumbnails."""

from attrs import frozen

from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Row, Transaction

CACHE_BYTES = 1024 * 1024


@frozen
class Size:
    """A thumbnail as it is made: `method` is "crop" or "scale"."""

    width: int
    height: int
    method: str
    animated: bool


@frozen
class Made:
    """`outcome` is "made", "original" (which serves as it is), "unreadable" or "too_large"."""

    outcome: str
    content_type: str
    size: int
    used_ts: int


def find(txn: Transaction, file: bytes, size: Size) -> Made | None:
    known: Made | None = txn.see(_cache(txn), (file, size))
    if known is None and (row := txn.one(_FIND, *_key(file, size))) is not None:
        known = Made(*row)
        txn.fill(_cache(txn), (file, size), known)
    return known


def save(txn: Transaction, file: bytes, size: Size, made: Made) -> None:
    txn.execute(
        """
        INSERT INTO media_thumbnails (file, width, height, method, animated, outcome, content_type,
            bytes, used_ts)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (file, width, height, method, animated) DO UPDATE SET
            outcome = excluded.outcome, content_type = excluded.content_type,
            bytes = excluded.bytes, used_ts = excluded.used_ts
        """,
        *_key(file, size),
        made.outcome,
        made.content_type,
        made.size,
        made.used_ts,
    )
    txn.put(_cache(txn), (file, size), made)


def touch(txn: Transaction, file: bytes, size: Size, now_ms: int) -> None:
    txn.execute(f"UPDATE media_thumbnails SET used_ts = ? WHERE {_KEY}", now_ms, *_key(file, size))
    txn.drop(_cache(txn), (file, size))


def total_bytes(txn: Transaction) -> int:
    rows = txn.query("SELECT COALESCE(SUM(bytes), 0) FROM media_thumbnails")
    return int(rows[0][0])


def remove_of(txn: Transaction, file: bytes) -> None:
    rows = txn.query(
        "SELECT width, height, method, animated FROM media_thumbnails WHERE file = ?", file
    )
    txn.execute("DELETE FROM media_thumbnails WHERE file = ?", file)
    for row in rows:
        txn.drop(_cache(txn), (file, _size(*row)))


def take_oldest(txn: Transaction, surplus: int, limit: int) -> list[tuple[bytes, Size, int]]:
    """Forget those that nobody has asked for longest, until so many bytes are gone, but not more
    than `limit` of them; files, what they were, and their bytes.
    """
    rows = txn.query(
        """
        SELECT file, width, height, method, animated, bytes FROM media_thumbnails
        WHERE outcome = 'made' ORDER BY used_ts LIMIT ?
        """,
        limit,
    )
    taken: list[tuple[bytes, Size, int]] = []
    for file, *size, length in rows:
        if surplus <= 0:
            break
        taken.append((bytes(file), _size(*size), length))
        surplus -= length
    txn.execute_many(
        f"DELETE FROM media_thumbnails WHERE {_KEY}", [_key(file, size) for file, size, _ in taken]
    )
    for of_file, of_size, _ in taken:
        txn.drop(_cache(txn), (of_file, of_size))
    return taken


def _cache(txn: Transaction) -> Cache[tuple[bytes, Size], Made]:
    return txn.memory.cache("media_thumbnails", CACHE_BYTES, lambda _, __: 700)


_KEY = "file = ? AND width = ? AND height = ? AND method = ? AND animated = ?"
_FIND = f"SELECT outcome, content_type, bytes, used_ts FROM media_thumbnails WHERE {_KEY}"


def _key(file: bytes, size: Size) -> Row:
    return (file, size.width, size.height, size.method, int(size.animated))


def _size(width: int, height: int, method: str, animated: int) -> Size:
    return Size(width, height, method, bool(animated))
