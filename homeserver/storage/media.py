"""What stands behind mxc:// URIs, and the files by their content."""

from collections.abc import Sequence

from attrs import field, frozen

from homeserver.storage import media_contents
from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Row, Transaction

CACHE_BYTES = 2 * 1024 * 1024

MAX_HIDDEN = 10_000
"""Quarantined files that memory knows: enough that an upload asks no row whether it is one."""
HIDDEN_BYTES = 2 * 1024 * 1024
ALL = "all"


@frozen
class Media:
    """`file` is the SHA-256 of the content, or None as long as nothing has been uploaded.

    `user_id` is None for pictures of URL previews and for files of other servers.
    """

    origin: str
    media_id: str
    user_id: str | None
    created_ts: int
    expires_ts: int | None
    file: bytes | None
    size: int
    content_type: str
    file_name: str | None
    needs_token: bool
    is_quarantined: bool = False
    used_ts: int | None = field(default=None, eq=False)
    """When somebody asked for it last, to a day; None for files of our own users."""
    asked_ts: int | None = field(default=None, eq=False)
    """The same for these; None where nobody has yet, or nobody wants to know."""

    @property
    def is_of_others(self) -> bool:
        return self.used_ts is not None


_COLUMNS = """
    media.origin, media.media_id, media.user_id, media.created_ts, media.expires_ts, media.file,
    media.bytes, media.content_type, media.file_name, media.needs_token, media.used_ts,
    media.asked_ts
"""


def find(txn: Transaction, origin: str, media_id: str) -> Media | None:
    known: Media | None = txn.see(_cache(txn), (origin, media_id))
    if known is not None:
        return known
    row = txn.one(
        f"""
        SELECT {_COLUMNS}, media_files.is_quarantined
        FROM media LEFT JOIN media_files ON media_files.hash = media.file
        WHERE media.origin = ? AND media.media_id = ?
        """,
        origin,
        media_id,
    )
    if row is None:
        return None
    found = _media(row)
    if found.file is not None:
        # What is only announced will change, or expire.
        txn.fill(_cache(txn), (origin, media_id), found)
    return found


def add(txn: Transaction, media: Media) -> None:
    txn.insert(
        """
        INSERT INTO media (origin, media_id, user_id, created_ts, expires_ts, file, bytes,
            content_type, file_name, needs_token, used_ts)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        media.origin,
        media.media_id,
        media.user_id,
        media.created_ts,
        media.expires_ts,
        media.file,
        media.size,
        media.content_type,
        media.file_name,
        int(media.needs_token),
        media.used_ts,
    )


def remove(txn: Transaction, media: Media) -> None:
    txn.execute("DELETE FROM media WHERE origin = ? AND media_id = ?", media.origin, media.media_id)
    forget(txn, media)


def forget(txn: Transaction, media: Media) -> None:
    """Its row has changed: memory must not tell of the old one."""
    txn.drop(_cache(txn), (media.origin, media.media_id))


def of_user(txn: Transaction, user_id: str, limit: int) -> list[tuple[str, str]]:
    """Origins and ids of some of what somebody has uploaded."""
    rows = txn.query(
        "SELECT origin, media_id FROM media WHERE user_id = ? AND file IS NOT NULL LIMIT ?",
        user_id,
        limit,
    )
    return [(origin, media_id) for origin, media_id in rows]


def files_of_user(
    txn: Transaction, user_id: str, after: str, limit: int
) -> list[tuple[str, bytes]]:
    """Media ids and hashes of the next of somebody's uploads."""
    rows = txn.query(
        """
        SELECT media_id, file FROM media WHERE user_id = ? AND file IS NOT NULL AND media_id > ?
        ORDER BY media_id LIMIT ?
        """,
        user_id,
        after,
        limit,
    )
    return [(media_id, bytes(file)) for media_id, file in rows]


def bytes_of_user(txn: Transaction, user_id: str) -> int:
    rows = txn.query("SELECT COALESCE(SUM(bytes), 0) FROM media WHERE user_id = ?", user_id)
    return int(rows[0][0])


def touch(txn: Transaction, media: Media, now_ms: int) -> None:
    txn.execute(
        "UPDATE media SET used_ts = ? WHERE origin = ? AND media_id = ?",
        now_ms,
        media.origin,
        media.media_id,
    )
    forget(txn, media)


# -- files of other servers


def bytes_of_others(txn: Transaction, own: str) -> int:
    rows = txn.query("SELECT COALESCE(SUM(bytes), 0) FROM media WHERE origin <> ?", own)
    return int(rows[0][0])


def least_used_of_others(txn: Transaction, own: str, limit: int) -> list[Media]:
    """Those that nobody asked for longest, in order."""
    rows = txn.query(
        f"""
        SELECT {_COLUMNS}, media_files.is_quarantined
        FROM media LEFT JOIN media_files ON media_files.hash = media.file
        WHERE media.origin <> ? AND media.used_ts IS NOT NULL ORDER BY media.used_ts LIMIT ?
        """,
        own,
        limit,
    )
    return [_media(row) for row in rows]


# -- what will be uploaded later


def pending_of_user(txn: Transaction, user_id: str, now_ms: int) -> int:
    rows = txn.query(
        """
        SELECT COUNT(*) FROM media
        WHERE user_id = ? AND file IS NULL AND expires_ts IS NOT NULL AND expires_ts > ?
        """,
        user_id,
        now_ms,
    )
    return int(rows[0][0])


def remove_expired(txn: Transaction, now_ms: int) -> int:
    """Forget ids that nobody has uploaded to in time; how many."""
    return txn.execute("DELETE FROM media WHERE expires_ts IS NOT NULL AND expires_ts <= ?", now_ms)


# -- files


def quarantined_by(txn: Transaction, hash: bytes) -> str | None:
    row = txn.one("SELECT quarantined_by FROM media_files WHERE hash = ?", hash)
    return row[0] if row else None


def is_quarantined(txn: Transaction, hash: bytes) -> bool:
    hidden = _hidden(txn)
    if hash in hidden or len(hidden) < MAX_HIDDEN:
        return hash in hidden
    row = txn.one("SELECT is_quarantined FROM media_files WHERE hash = ?", hash)
    return row is not None and bool(row[0])


def quarantine(txn: Transaction, hash: bytes, by: str | None) -> None:
    """Let nobody have this content, or (None) everybody again; also content that is not here yet.

    `by` is the administrator who says so.
    """
    txn.execute(
        """
        INSERT INTO media_files (hash, bytes, uses, is_quarantined, quarantined_by)
        VALUES (?, 0, 0, ?, ?)
        ON CONFLICT (hash) DO UPDATE SET is_quarantined = excluded.is_quarantined,
            quarantined_by = excluded.quarantined_by
        """,
        hash,
        int(by is not None),
        by,
    )
    txn.execute("DELETE FROM media_files WHERE hash = ? AND uses = 0 AND is_quarantined = 0", hash)
    txn.drop(_hidden_cache(txn), ALL)
    for address in txn.query("SELECT origin, media_id FROM media WHERE file = ?", hash):
        txn.drop(_cache(txn), address)


def use(txn: Transaction, hash: bytes, size: int) -> None:
    """Count one more use of a file."""
    txn.insert(
        """
        INSERT INTO media_files (hash, bytes, uses) VALUES (?, ?, 1)
        ON CONFLICT (hash) DO UPDATE SET uses = media_files.uses + 1, bytes = excluded.bytes
        """,
        hash,
        size,
    )


def release(txn: Transaction, hash: bytes) -> int:
    """Count one use less; the bytes of the database that this frees."""
    txn.execute("UPDATE media_files SET uses = uses - 1 WHERE hash = ?", hash)
    freed = 0 if is_used(txn, hash) else media_contents.remove(txn, hash)
    txn.execute("DELETE FROM media_files WHERE hash = ? AND uses <= 0 AND is_quarantined = 0", hash)
    return freed


def is_used(txn: Transaction, hash: bytes) -> bool:
    row = txn.one("SELECT uses FROM media_files WHERE hash = ?", hash)
    return row is not None and row[0] > 0


def used_among(txn: Transaction, hashes: Sequence[bytes]) -> set[bytes]:
    """Those that somebody uses."""
    rows = txn.query(
        f"SELECT hash FROM media_files WHERE uses > 0 AND hash IN ({txn.in_list(hashes)})", *hashes
    )
    return {bytes(row[0]) for row in rows}


def _hidden(txn: Transaction) -> frozenset[bytes]:
    """Of the quarantined files all, or as many as memory takes."""
    known: frozenset[bytes] | None = txn.see(_hidden_cache(txn), ALL)
    if known is None:
        rows = txn.query(
            "SELECT hash FROM media_files WHERE is_quarantined = 1 LIMIT ?", MAX_HIDDEN
        )
        known = frozenset(bytes(row[0]) for row in rows)
        txn.fill(_hidden_cache(txn), ALL, known)
    return known


def _hidden_cache(txn: Transaction) -> Cache[str, frozenset[bytes]]:
    return txn.memory.cache("hidden media", HIDDEN_BYTES, lambda _, hashes: 200 + 150 * len(hashes))


def _cache(txn: Transaction) -> Cache[tuple[str, str], Media]:
    return txn.memory.cache("media", CACHE_BYTES, lambda _, __: 1200)


def _media(row: Row) -> Media:
    origin, media_id, user_id, created_ts, expires_ts, file, *rest = row
    size, content_type, file_name, needs_token, used_ts, asked_ts, quarantined = rest
    return Media(
        origin,
        media_id,
        user_id,
        created_ts,
        expires_ts,
        None if file is None else bytes(file),
        size,
        content_type,
        file_name,
        bool(needs_token),
        bool(quarantined),
        used_ts,
        asked_ts,
    )
