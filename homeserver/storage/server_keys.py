"""Keys of other servers, and the signed documents that vouch for them."""

from collections.abc import Collection, Mapping

from attrs import frozen

from homeserver.storage.transaction import Transaction

MAX_KEYS_OF_SERVER = 500


@frozen
class KeyRow:
    key: bytes
    valid_until_ts: int


@frozen
class DocumentRow:
    """`json` is the document as text."""

    server_name: str
    json: str
    valid_until_ts: int
    fetched_ts: int


def find(txn: Transaction, servers: Collection[str]) -> dict[tuple[str, str], KeyRow]:
    """All keys of the servers, by server name and key id."""
    rows = txn.query(
        f"""
        SELECT server_name, key_id, key, valid_until_ts FROM server_keys
        WHERE server_name IN ({txn.in_list(servers)})
        """,
        *servers,
    )
    return {
        (server, key_id): KeyRow(bytes(key), valid_until_ts)
        for server, key_id, key, valid_until_ts in rows
    }


def save(txn: Transaction, document: DocumentRow, keys: Mapping[str, KeyRow]) -> None:
    """Keep what the document says of each key, unless a later one has said otherwise."""
    server = document.server_name
    rows = txn.query("SELECT key_id, said_ts FROM server_keys WHERE server_name = ?", server)
    said: dict[str, int] = {row[0]: row[1] for row in rows}
    room = MAX_KEYS_OF_SERVER - len(said)
    unknown = [id for id in keys if id not in said][: max(room, 0)]
    news = [id for id in keys if id in said and said[id] <= document.valid_until_ts]
    if not unknown and not news:
        return
    number = txn.next_position()
    txn.insert(
        """
        INSERT INTO server_key_documents (id, server_name, json, valid_until_ts, fetched_ts)
        VALUES (?, ?, ?, ?, ?)
        """,
        number,
        server,
        document.json,
        document.valid_until_ts,
        document.fetched_ts,
    )
    for id in (*unknown, *news):
        _save_key(txn, document, number, id, keys[id])
    _forget_unused_documents(txn, server)


def documents(txn: Transaction, servers: Collection[str]) -> list[DocumentRow]:
    """All that vouch for some key of the servers, the newest first."""
    rows = txn.query(
        f"""
        SELECT server_name, json, valid_until_ts, fetched_ts FROM server_key_documents
        WHERE server_name IN ({txn.in_list(servers)}) ORDER BY id DESC
        """,
        *servers,
    )
    return [DocumentRow(*row) for row in rows]


def _save_key(
    txn: Transaction, document: DocumentRow, number: int, key_id: str, row: KeyRow
) -> None:
    txn.insert(
        """
        INSERT INTO server_keys (server_name, key_id, key, valid_until_ts, said_ts, document)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (server_name, key_id) DO UPDATE SET
            key = excluded.key,
            valid_until_ts = excluded.valid_until_ts,
            said_ts = excluded.said_ts,
            document = excluded.document
        """,
        document.server_name,
        key_id,
        row.key,
        row.valid_until_ts,
        document.valid_until_ts,
        number,
    )


def _forget_unused_documents(txn: Transaction, server: str) -> None:
    txn.execute(
        """
        DELETE FROM server_key_documents
        WHERE server_name = ? AND id NOT IN (SELECT document FROM server_keys WHERE server_name = ?)
        """,
        server,
        server,
    )
