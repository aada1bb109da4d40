"""Who somebody is elsewhere: accounts that a sign-in at another provider leads to."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class ExternalId:
    provider: str
    id: str


def add(txn: Transaction, user_id: str, it: ExternalId) -> bool:
    """False if it leads to an account already."""
    return bool(
        txn.execute(
            """
            INSERT INTO external_ids (provider, external_id, user_id) VALUES (?, ?, ?)
            ON CONFLICT DO NOTHING
            """,
            it.provider,
            it.id,
            user_id,
        )
    )


def find(txn: Transaction, it: ExternalId) -> str | None:
    """The user whom it leads to."""
    row = txn.one(
        "SELECT user_id FROM external_ids WHERE provider = ? AND external_id = ?",
        it.provider,
        it.id,
    )
    return row[0] if row else None


def of_user(txn: Transaction, user_id: str) -> list[ExternalId]:
    rows = txn.query(
        """
        SELECT provider, external_id FROM external_ids WHERE user_id = ?
        ORDER BY provider, external_id
        """,
        user_id,
    )
    return [ExternalId(provider, id) for provider, id in rows]


def remove(txn: Transaction, user_id: str, provider: str) -> None:
    """All of somebody's ids at one provider."""
    txn.execute("DELETE FROM external_ids WHERE user_id = ? AND provider = ?", user_id, provider)


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM external_ids WHERE user_id = ?", user_id)
