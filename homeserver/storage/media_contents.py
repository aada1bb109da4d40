"""The contents of small files, by their hash: in the row that counts their uses."""

from homeserver.storage.transaction import Transaction


def find(txn: Transaction, hash: bytes) -> bytes | None:
    """None for what is in the folder, or nowhere."""
    row = txn.one("SELECT content FROM media_files WHERE hash = ?", hash)
    return None if row is None or row[0] is None else bytes(row[0])


def use(txn: Transaction, hash: bytes, content: bytes) -> None:
    """Count one more use of a small file, and keep it if it is new."""
    txn.insert(
        """
        INSERT INTO media_files (hash, bytes, uses, content) VALUES (?, ?, 1, ?)
        ON CONFLICT (hash) DO UPDATE SET uses = media_files.uses + 1, bytes = excluded.bytes,
            content = COALESCE(media_files.content, excluded.content)
        """,
        hash,
        len(content),
        content,
    )


def remove(txn: Transaction, hash: bytes) -> int:
    """The bytes that this frees. The row of a quarantined file stays without its content."""
    row = txn.one("SELECT LENGTH(content) FROM media_files WHERE hash = ?", hash)
    if row is None or row[0] is None:
        return 0
    txn.execute("UPDATE media_files SET content = NULL WHERE hash = ?", hash)
    return int(row[0])
