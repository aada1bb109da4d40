"""Where users want to be notified."""

from homeserver.json_values import JsonObject, decode, encode
from homeserver.storage.transaction import Transaction


def of_user(txn: Transaction, user_id: str) -> list[JsonObject]:
    """The pushers of a user as clients see them, oldest first."""
    rows = txn.query("SELECT content FROM pushers WHERE user_id = ? ORDER BY position", user_id)
    return [decode(content) for (content,) in rows]


def save(txn: Transaction, user_id: str, device_id: str, pusher: JsonObject) -> None:
    """Add a pusher, or replace the user's one with the same app and push key."""
    txn.execute(
        """
        INSERT INTO pushers (user_id, app_id, pushkey, device_id, position, content)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (user_id, app_id, pushkey) DO UPDATE
        SET device_id = excluded.device_id, content = excluded.content
        """,
        user_id,
        pusher["app_id"],
        pusher["pushkey"],
        device_id,
        txn.next_position(),
        encode(pusher).decode(),
    )


def delete(txn: Transaction, user_id: str, app_id: str, pushkey: str) -> None:
    txn.execute(
        "DELETE FROM pushers WHERE user_id = ? AND app_id = ? AND pushkey = ?",
        user_id,
        app_id,
        pushkey,
    )


def delete_of_others(txn: Transaction, user_id: str, app_id: str, pushkey: str) -> None:
    """One telephone belongs to one user, unless its app says otherwise."""
    txn.execute(
        "DELETE FROM pushers WHERE pushkey = ? AND app_id = ? AND user_id <> ?",
        pushkey,
        app_id,
        user_id,
    )


def delete_of_device(txn: Transaction, user_id: str, device_id: str) -> None:
    """With a device that logs out go the pushers that it set."""
    txn.execute("DELETE FROM pushers WHERE user_id = ? AND device_id = ?", user_id, device_id)
