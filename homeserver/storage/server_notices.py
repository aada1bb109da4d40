"""The rooms in which the server speaks to its users: one for each."""

from homeserver.storage.transaction import Transaction


def room_of(txn: Transaction, user_id: str) -> str | None:
    row = txn.one("SELECT room_id FROM server_notice_rooms WHERE user_id = ?", user_id)
    return row[0] if row else None


def save(txn: Transaction, user_id: str, room_id: str) -> None:
    txn.execute(
        "INSERT INTO server_notice_rooms (user_id, room_id) VALUES (?, ?)", user_id, room_id
    )
