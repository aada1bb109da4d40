"""What people want to be otherwise than it is by itself."""

from bridges.storage.database import Transaction


def wants_no_puppet(txn: Transaction, user_id: str) -> bool:
    return txn.one("SELECT 1 FROM no_puppets WHERE user_id = ?", user_id) is not None


def set_puppet(txn: Transaction, user_id: str, wanted: bool) -> None:
    if wanted:
        txn.execute("DELETE FROM no_puppets WHERE user_id = ?", user_id)
    else:
        txn.execute("INSERT INTO no_puppets (user_id) VALUES (?) ON CONFLICT DO NOTHING", user_id)
