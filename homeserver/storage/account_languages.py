"""The language in which the server speaks to somebody."""

from homeserver.storage.transaction import Transaction


def save(txn: Transaction, user_id: str, language: str) -> None:
    if language and find(txn, user_id) != language:
        txn.execute(
            """
            INSERT INTO account_languages (user_id, language) VALUES (?, ?)
            ON CONFLICT (user_id) DO UPDATE SET language = excluded.language
            """,
            user_id,
            language,
        )


def find(txn: Transaction, user_id: str) -> str:
    """Empty where it is not known."""
    row = txn.one("SELECT language FROM account_languages WHERE user_id = ?", user_id)
    return str(row[0]) if row else ""


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM account_languages WHERE user_id = ?", user_id)
