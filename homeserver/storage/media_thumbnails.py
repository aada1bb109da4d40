"""What came of making thumbnails."""

from attrs import frozen

from homeserver.storage.transaction import Row, Transaction


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
    row = txn.one(
        f"SELECT outcome, content_type, bytes, used_ts FROM media_thumbnails WHERE {_KEY}",
        *_key(file, size),
    )
    return None if row is None else Made(*row)


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


def touch(txn: Transaction, file: bytes, size: Size, now_ms: int) -> None:
    txn.execute(f"UPDATE media_thumbnails SET used_ts = ? WHERE {_KEY}", now_ms, *_key(file, size))


def total_bytes(txn: Transaction) -> int:
    rows = txn.query("SELECT COALESCE(SUM(bytes), 0) FROM media_thumbnails")
    return int(rows[0][0])


def remove_of(txn: Transaction, file: bytes) -> None:
    txn.execute("DELETE FROM media_thumbnails WHERE file = ?", file)


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
    return taken


_KEY = "file = ? AND width = ? AND height = ? AND method = ? AND animated = ?"


def _key(file: bytes, size: Size) -> Row:
    return (file, size.width, size.height, size.method, int(size.animated))


def _size(width: int, height: int, method: str, animated: int) -> Size:
    return Size(width, height, method, bool(animated))
