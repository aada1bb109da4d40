"""What was found behind URLs."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class Preview:
    """`answer` is JSON, or empty where nothing was to be had; `media_id` is its picture's."""

    answer: str
    media_id: str | None
    fetched_ts: int


def find(txn: Transaction, url: bytes) -> Preview | None:
    """By the hash of the URL."""
    row = txn.one("SELECT answer, media_id, fetched_ts FROM url_previews WHERE url = ?", url)
    return None if row is None else Preview(*row)


def save(txn: Transaction, url: bytes, preview: Preview) -> str | None:
    """The id of the picture that the preview before had, if it is another."""
    before = find(txn, url)
    txn.execute(
        """
        INSERT INTO url_previews (url, answer, media_id, fetched_ts) VALUES (?, ?, ?, ?)
        ON CONFLICT (url) DO UPDATE SET answer = excluded.answer, media_id = excluded.media_id,
            fetched_ts = excluded.fetched_ts
        """,
        url,
        preview.answer,
        preview.media_id,
        preview.fetched_ts,
    )
    return None if before is None or before.media_id == preview.media_id else before.media_id


def take_older(txn: Transaction, before_ms: int, limit: int) -> list[str]:
    """Forget some that are older; the ids of their pictures."""
    return _taken(txn, "fetched_ts < ?", before_ms, limit)


def take_beyond(txn: Transaction, count: int, limit: int) -> list[str]:
    """Forget some of the oldest, if there are more than so many; the ids of their pictures."""
    rows = txn.query("SELECT COUNT(*) FROM url_previews")
    surplus = min(limit, int(rows[0][0]) - count)
    return _taken(txn, "fetched_ts >= ?", 0, surplus) if surplus > 0 else []


def _taken(txn: Transaction, condition: str, value: int, limit: int) -> list[str]:
    rows = txn.query(
        f"SELECT url, media_id FROM url_previews WHERE {condition} ORDER BY fetched_ts LIMIT ?",
        value,
        limit,
    )
    txn.execute_many("DELETE FROM url_previews WHERE url = ?", [(url,) for url, _ in rows])
    return [media_id for _, media_id in rows if media_id is not None]
