"""Which files may go: of accounts that are erased, and those that nobody asks for."""

from homeserver.storage.media import Media, forget
from homeserver.storage.transaction import Transaction

Address = tuple[str, str]
"""Origin and media id."""


def of_erased(txn: Transaction, limit: int) -> list[Address]:
    """Some of what people had uploaded whose accounts were erased."""
    rows = txn.query(
        """
        SELECT media.origin, media.media_id FROM accounts
        JOIN media ON media.user_id = accounts.user_id
        WHERE accounts.is_erased = 1 LIMIT ?
        """,
        limit,
    )
    return [(origin, media_id) for origin, media_id in rows]


def unused_of_ours(txn: Transaction, before_ts: int, limit: int) -> list[Address]:
    """Uploads for which nobody has asked since, or at all."""
    rows = txn.query(
        """
        SELECT origin, media_id FROM media
        WHERE created_ts < ? AND COALESCE(asked_ts, created_ts) < ?
            AND user_id IS NOT NULL AND file IS NOT NULL
        ORDER BY created_ts LIMIT ?
        """,
        before_ts,
        before_ts,
        limit,
    )
    return [(origin, media_id) for origin, media_id in rows]


def old_and_large(
    txn: Transaction, before_ts: int, larger_than: int, after: str, limit: int
) -> list[Address]:
    """The next uploads, by id, for which nobody asked since; larger than that, not protected."""
    rows = txn.query(
        """
        SELECT origin, media_id FROM media
        WHERE created_ts < ? AND COALESCE(asked_ts, created_ts) < ? AND bytes > ?
            AND user_id IS NOT NULL AND file IS NOT NULL
            AND media_id NOT IN (SELECT media_id FROM protected_media) AND media_id > ?
        ORDER BY media_id LIMIT ?
        """,
        before_ts,
        before_ts,
        larger_than,
        after,
        limit,
    )
    return [(origin, media_id) for origin, media_id in rows]


def unused_of_others(txn: Transaction, before_ts: int, limit: int) -> list[Address]:
    rows = txn.query(
        """
        SELECT origin, media_id FROM media WHERE used_ts IS NOT NULL AND used_ts < ?
        ORDER BY used_ts LIMIT ?
        """,
        before_ts,
        limit,
    )
    return [(origin, media_id) for origin, media_id in rows]


def note_asked(txn: Transaction, media: Media, now_ms: int) -> None:
    txn.execute(
        "UPDATE media SET asked_ts = ? WHERE origin = ? AND media_id = ?",
        now_ms,
        media.origin,
        media.media_id,
    )
    forget(txn, media)


def bytes_of_ours(txn: Transaction) -> int:
    row = txn.one("SELECT COALESCE(SUM(bytes), 0) FROM media WHERE user_id IS NOT NULL")
    return int(row[0]) if row else 0
