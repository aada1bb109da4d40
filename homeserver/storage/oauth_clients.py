"""Apps that have registered themselves for OAuth 2.0."""

from homeserver.json_values import JsonObject, decode, encode
from homeserver.storage.transaction import Transaction


def save(txn: Transaction, client_id: str, metadata: JsonObject, now_ms: int) -> None:
    txn.execute(
        """
        INSERT INTO oauth_clients (client_id, metadata, used_ts) VALUES (?, ?, ?)
        ON CONFLICT (client_id) DO UPDATE SET used_ts = excluded.used_ts
        """,
        client_id,
        encode(metadata).decode(),
        now_ms,
    )


def find(txn: Transaction, client_id: str) -> JsonObject | None:
    row = txn.one("SELECT metadata FROM oauth_clients WHERE client_id = ?", client_id)
    if row is None:
        return None
    metadata: JsonObject = decode(row[0])
    return metadata


def delete_unused(txn: Transaction, oldest_ts: int) -> None:
    """Those that registered before this time, and that nobody is logged in with."""
    txn.execute(
        """
        DELETE FROM oauth_clients WHERE used_ts < ? AND NOT EXISTS (
            SELECT 1 FROM oauth_sessions WHERE oauth_sessions.client_id = oauth_clients.client_id
        )
        """,
        oldest_ts,
    )
